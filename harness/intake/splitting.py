"""Who learns, who chooses, who judges: seeded, stratified, duplicates kept together."""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from advisor.engagement.records.examples import Example

SHARES = {"validation": 0.10, "test": 0.20}
VALIDATION_FROM_TRAIN = 0.12


def normalised(text: str) -> str:
    """Text for telling doubles: NFKC, case folded, blanks squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def given_splits(rows: Sequence[Example]) -> dict[str, list[str]] | None:
    """The client's own splits, if every row names one of the three."""
    named = [row.meta.get("split") for row in rows]
    if not rows or not set(named) <= {"train", "validation", "test"} or not {"train", "test"} <= set(named):
        return None
    found = {
        name: [row.id for row in rows if row.meta["split"] == name]
        for name in ("train", "validation", "test")
    }
    if not found["validation"]:
        learning = [row for row in rows if row.meta["split"] == "train"]
        found["train"], found["validation"] = carve(learning, VALIDATION_FROM_TRAIN, seed=0)
    return found


def random_splits(rows: Sequence[Example], *, seed: int) -> dict[str, list[str]]:
    """70 / 10 / 20 by label, rows with the same normalised input in the same split."""
    rest_ids, test = carve(rows, SHARES["test"], seed=seed)
    kept = set(rest_ids)
    rest = [row for row in rows if row.id in kept]
    train, validation = carve(rest, SHARES["validation"] / (1 - SHARES["test"]), seed=seed + 1)
    return {"train": train, "validation": validation, "test": test}


def carve(rows: Sequence[Example], share: float, *, seed: int) -> tuple[list[str], list[str]]:
    """Split off about `share` of each label; returns ids kept and ids taken, in file order."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[normalised(row.input_text())].append(row)
    by_label: dict[str, list[list[Example]]] = defaultdict(list)
    for group in groups.values():
        by_label[group[0].label or ""].append(group)
    generator = random.Random(f"split/{seed}")
    taken: set[str] = set()
    for label in sorted(by_label):
        members = by_label[label]
        generator.shuffle(members)
        wanted = round(share * sum(len(group) for group in members))
        for group in members:
            if wanted <= 0:
                break
            taken |= {row.id for row in group}
            wanted -= len(group)
    return [row.id for row in rows if row.id not in taken], [row.id for row in rows if row.id in taken]
