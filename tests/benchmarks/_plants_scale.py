"""Files of any size with rows like those of a help desk: word frequencies by Zipf, labels, planted copies."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from advisor.engagement.records.examples import Example

from ._plants import TUNED

VOCABULARY, LABELS = 30_000, 20
SMALL = (
    "the to i a my is of in for and can you what how do it on that this with not when have please be are "
    "if was at me from your or but we an so no why all where which will would there has by about"
).split()
TOPICAL = 60
"""Words of a label's own, so that labels can be learnt from texts."""
EXACT, NEAR = 0.02, 0.02
"""Shares of rows that repeat, and nearly repeat, an earlier one."""
REMEMBERED = 20_000
"""Latest rows that a copy may be of."""
SYLLABLES = tuple(f"{a}{b}{c}" for a in "bdfgklmnprstvz" for b in "aeiou" for c in ("", "n", "r", "s", "l"))


class Written(NamedTuple):
    """What a generated file holds."""

    rows: int
    """Lines."""
    size: int
    """Bytes."""
    near: list[tuple[int, int]]
    """Places of an original and of its near-copy."""
    exact: int
    """Rows that repeat an earlier one."""


class _Language:
    """Words in the order of their frequency, 1 / rank; the small ones first."""

    def __init__(self, draw: random.Random) -> None:
        made = dict.fromkeys(SMALL)
        while len(made) < VOCABULARY:
            made["".join(draw.choices(SYLLABLES, k=draw.choice((1, 2, 2, 3, 3, 4))))] = None
        self.words = list(made)
        self.weights = list(accumulate(1 / rank for rank in range(2, VOCABULARY + 2)))
        rare = self.words[500:5_000]
        self.topics = [draw.sample(rare, TOPICAL) for _ in range(LABELS)]

    def row(self, draw: random.Random, label: int, count: int) -> str:
        """About one word in eight is of the label's topic."""
        own = draw.choices(self.topics[label], k=count // 8 + 1)
        text = draw.choices(self.words, cum_weights=self.weights, k=count - len(own)) + own
        draw.shuffle(text)
        return " ".join(text)


def write(path: Path, *, rows: int | None = None, size: int | None = None, words: tuple[int, int]) -> Written:
    """JSON lines with `input` and `output` until there are so many rows or bytes; the same every time."""
    draw = random.Random(0)
    language = _Language(draw)
    kinds = [kind for name, kind in TUNED.items() if name != "expanded"]
    latest: list[tuple[int, str, int]] = []
    near: list[tuple[int, int]] = []
    count = written = exact = 0
    with path.open("w", encoding="utf-8") as file:
        while (rows is None or count < rows) and (size is None or written < size):
            chance = draw.random() if len(latest) >= 1_000 else 1.0
            if chance < EXACT + NEAR:
                original, text, label = draw.choice(latest)
                copy = text if chance < EXACT else draw.choice(kinds)(draw, text)
                if copy is None:
                    continue
                if chance < EXACT:
                    exact += 1
                else:
                    near.append((original, count))
                text = copy
            else:
                label = draw.randrange(LABELS)
                text = language.row(draw, label, draw.randint(*words))
                here = (count, text, label)
                if len(latest) < REMEMBERED:
                    latest.append(here)
                else:
                    latest[draw.randrange(REMEMBERED)] = here
            line = json.dumps({"input": text, "output": f"label {label:02}"}) + "\n"
            file.write(line)
            written += len(line)
            count += 1
    return Written(count, written, near, exact)


def written_rows(path: Path, rows: Iterable[Example]) -> Path:
    """Rows as JSON lines with `input` and `output`."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"input": row.input_text(), "output": row.output}) + "\n")
    return path
