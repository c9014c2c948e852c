"""Label flips, planted by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from advisor.engagement.records.examples import Example
from harness.intake.vectors import word_vectors


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


def flip_to_nearest(rows: Sequence[Example], seed: int, share: float) -> tuple[list[Example], list[int]]:
    """As `flip`, but to the class whose mean word vector is nearest to that of the row's own class."""
    draw = random.Random(seed)
    made, _ = word_vectors([row.input_text() for row in rows])
    classes, code = np.unique([row.output for row in rows], return_inverse=True)
    means = np.stack([np.asarray(made[code == one].mean(axis=0)).ravel() for one in range(len(classes))])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    likeness = means @ means.T
    np.fill_diagonal(likeness, -1)
    nearest = likeness.argmax(axis=1)
    chosen = sorted(draw.sample(range(len(rows)), round(share * len(rows))))
    flipped = list(rows)
    for number in chosen:
        other = str(classes[nearest[code[number]]])
        flipped[number] = replace(rows[number], output=other, label=other)
    return flipped, chosen
