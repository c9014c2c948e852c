"""Who learns, who chooses, who judges: seeded, stratified, duplicates kept together."""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from advisor.engagement.records.examples import Example

TEST_SHARE = 0.20
VALIDATION_SHARE = 0.10
VALIDATION_FROM_TRAIN = 0.12
OWN_NAMES = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


class Parts(NamedTuple):
    """Ids per split, in file order."""

    train: list[str]
    """To learn from."""
    validation: list[str]
    """For choices."""
    test: list[str]
    """Held out."""


def normalised(text: str) -> str:
    """Text for telling doubles: NFKC, case folded, blanks squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def own_splits(rows: Sequence[Example], *, seed: int) -> Parts | None:
    """The client's own splits, if `meta.split` of every row names one."""
    named = [OWN_NAMES.get(str(row.meta.get("split")).lower()) for row in rows]
    if None in named or not {"train", "test"} <= set(named):
        return None
    found = Parts(
        *([row.id for row, name in zip(rows, named, strict=True) if name == part] for part in Parts._fields)
    )
    if found.validation:
        return found
    learning = [row for row, name in zip(rows, named, strict=True) if name == "train"]
    train, validation = carve(learning, VALIDATION_FROM_TRAIN, seed=seed)
    return Parts(train, validation, found.test)


def random_splits(rows: Sequence[Example], *, seed: int) -> Parts:
    """70 / 10 / 20 by label, rows with the same normalised input in the same split."""
    learning, test = carve(rows, TEST_SHARE, seed=seed)
    kept = set(learning)
    rest = [row for row in rows if row.id in kept]
    train, validation = carve(rest, VALIDATION_SHARE / (1 - TEST_SHARE), seed=seed + 1)
    return Parts(train, validation, test)


def carve(rows: Sequence[Example], share: float, *, seed: int) -> tuple[list[str], list[str]]:
    """Take about `share` of the rows of each label; returns ids kept and ids taken, in file order.

    Each label keeps at least one row. Where every label has a single row, labels are ignored.
    """
    taken = _taken(rows, [row.label or "" for row in rows], share, seed=seed)
    if not taken:
        taken = _taken(rows, [""] * len(rows), share, seed=seed)
    return [row.id for row in rows if row.id not in taken], [row.id for row in rows if row.id in taken]


def _taken(rows: Sequence[Example], strata: Sequence[str], share: float, *, seed: int) -> set[str]:
    """Ids taken: what one stratum is owed in fractions of a row is carried to the next."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[normalised(row.input_text())].append(number)
    by_stratum: dict[str, list[list[int]]] = defaultdict(list)
    for group in groups.values():
        by_stratum[strata[group[0]]].append(group)
    generator = random.Random(f"split/{seed}")
    taken: set[str] = set()
    seen = 0
    for stratum in sorted(by_stratum):
        generator.shuffle(by_stratum[stratum])
        for place, group in enumerate(by_stratum[stratum]):
            seen += len(group)
            if place > 0 and len(taken) + len(group) / 2 <= share * seen:
                taken |= {rows[number].id for number in group}
    return taken
