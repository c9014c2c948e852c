"""Error against training rows: a power law above a floor, and its band from resampled items and seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

EXPONENTS = np.linspace(0.05, 2.0, 40)
"""Exponents tried: from a curve that is nearly flat to one that falls with the square of the rows."""
RESAMPLES = 300
SEED = 20261125

Scores = NDArray[np.float64]
"""Amounts x seeds x items, 0 to 1."""


class Law(NamedTuple):
    """error = floor + scale * rows ** -exponent."""

    floor: float
    """0 or more."""
    scale: float
    """0 or more, so that the error never grows with rows."""
    exponent: float
    """One of EXPONENTS."""

    def score(self, rows: float) -> float:
        """1 - error."""
        return 1.0 - self.floor - self.scale * math.pow(rows, -self.exponent)


def fit(rows: Sequence[int], errors: Sequence[float]) -> Law:
    """Least squares with floor and scale of 0 or more, for each exponent; ties go to the smaller exponent."""
    wanted = np.asarray(errors, dtype=np.float64)
    best, least = Law(float(wanted.mean()), 0.0, float(EXPONENTS[0])), np.inf
    for exponent in EXPONENTS:
        columns = np.stack([np.ones(len(wanted)), np.asarray(rows, dtype=np.float64) ** -exponent], axis=1)
        (floor, scale), residual = nnls(columns, wanted)
        if residual < least - 1e-12:
            best, least = Law(float(floor), float(scale), float(exponent)), float(residual)
    return best


def resampled(rows: Sequence[int], scores: Scores) -> list[Law]:
    """Laws fitted to draws with replacement: the same items for every amount, seeds anew for each."""
    generator = np.random.default_rng(SEED)
    amounts, seeds, items = scores.shape
    laws = []
    for _ in range(RESAMPLES):
        chosen = generator.integers(0, items, size=items)
        errors = [
            1.0 - float(scores[at][generator.integers(0, seeds, size=seeds)][:, chosen].mean())
            for at in range(amounts)
        ]
        laws.append(fit(rows, errors))
    return laws


def band(laws: Sequence[Law], rows: float) -> tuple[float, float]:
    """2.5th and 97.5th percentile of the score that the laws give."""
    low, high = np.quantile([law.score(rows) for law in laws], (0.025, 0.975))
    return float(low), float(high)


def rows_for(scores: Sequence[float], rows: Sequence[int], target: float) -> int | None:
    """The first of these amounts whose score reaches the target."""
    return next((amount for amount, score in zip(rows, scores, strict=True) if score >= target), None)
