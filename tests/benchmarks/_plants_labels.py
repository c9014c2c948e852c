"""Label flips, planted by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from msgspec.structs import replace

from advisor.engagement.records.examples import Example


def flip(rows: Sequence[Example], seed: int, share: float) -> tuple[list[Example], list[int]]:
    """Rows with this share of labels changed to any other class, and which rows they are."""
    draw = random.Random(seed)
    classes = sorted({row.output for row in rows})
    chosen = sorted(draw.sample(range(len(rows)), round(share * len(rows))))
    flipped = list(rows)
    for number in chosen:
        other = draw.choice([name for name in classes if name != rows[number].output])
        flipped[number] = replace(rows[number], output=other, label=other)
    return flipped, chosen
