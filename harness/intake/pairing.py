"""Preference pairs that come beside the examples: read, cleaned of what is held out, and parted."""

from __future__ import annotations

import random
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Preference

from .corpus import Found, found
from .rows import Asked, read_content
from .splitting import key, normalised
from .store import Rows

HELD_OUT_SHARE = 0.1
SPLITS = ("train", "validation", "test")


class Pairs(NamedTuple):
    """The pairs of a file."""

    kept: list[Preference]
    """With `meta.split`."""
    found: list[Found]
    """What their owner should hear; not about the examples' rows."""
    said: str
    """What the file was taken for."""


def read_pairs(path: Path, asked: Asked, *, held_out: Container[int], seed: int) -> Pairs:
    """Pairs whose prompt is not a held-out input; a tenth of them held out where the file does not say.

    `held_out` has the keys of the normalised inputs of the test split.
    """
    rows = Rows()
    try:
        content = read_content(rows, path, asked)
        if content.task != "preference":
            raise DataError(
                f"{path}: {content.format} holds no pairs",
                fix="name a file with `prompt`, `chosen` and `rejected` on every row",
            )
        rows.seal()
        numbered = list(enumerate(rows))
        leaking = [number for number, row in numbered if key(normalised(row.input_text())) in held_out]
        kept = [row for number, row in numbered if number not in set(leaking)]
        told = [Found(finding, ()) for finding in content.noted]
        if leaking:
            message = f"{path.name}: {len(leaking):,} pairs ask what is held out and were left out"
            do = "collect pairs on other prompts than those of the test split"
            leak = found(rows, "pair_leak", message, numbers=leaking, severity="serious", do=do)
            told.append(leak._replace(numbers=()))
    finally:
        rows.close()
    return Pairs(list(_parted(kept, seed=seed)), told, content.format)


def as_pair(row: Example) -> Preference:
    """A canonical row of the task preference as a pair."""
    meta = {name: value for name, value in row.meta.items() if name != "rejected"}
    worse = str(row.meta.get("rejected", ""))
    return Preference(id=row.id, prompt=row.input, chosen=row.output, rejected=worse, meta=meta)


def _parted(rows: list[Example], *, seed: int) -> Iterator[Preference]:
    """The file's own split where every row names one; else by prompt, so that a prompt stays on one side."""
    own = all(row.meta.get("split") in SPLITS for row in rows)
    prompts = sorted({normalised(row.input_text()) for row in rows})
    random.Random(f"pairs/{seed}").shuffle(prompts)
    away = set(prompts[: round(HELD_OUT_SHARE * len(prompts))])
    for row in rows:
        pair = as_pair(row)
        if own:
            yield pair
            continue
        split = "validation" if normalised(row.input_text()) in away else "train"
        yield Preference(
            id=pair.id,
            prompt=pair.prompt,
            chosen=pair.chosen,
            rejected=pair.rejected,
            meta={**pair.meta, "split": split},
        )
