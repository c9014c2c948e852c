"""Two arms, graded scores or macro-F1 on the same items; every draw is seeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
SEED = 20261124

Runs = Sequence[Sequence[str]]
"""Outputs of one arm, one sequence of items per seed."""


def macro_f1(targets: Sequence[str], runs: Runs, labels: Sequence[str]) -> float:
    """Unweighted mean of F1 over the labels that occur among targets or outputs, averaged over seeds.

    A label that occurs in neither has no F1 and does not count.
    """
    weights, wanted, given = _cells(targets, runs, labels, resamples=0)
    return float(_macro(weights, wanted, given)[0])


def macro_f1_interval(targets: Sequence[str], runs: Runs, labels: Sequence[str]) -> tuple[float, float]:
    """Percentile bootstrap over items, 95 %."""
    weights, wanted, given = _cells(targets, runs, labels, resamples=RESAMPLES)
    low, high = np.quantile(_macro(weights, wanted, given), (0.025, 0.975))
    return float(low), float(high)


def macro_f1_difference(
    targets: Sequence[str], a: Runs, b: Runs, labels: Sequence[str]
) -> tuple[float, float, float, float]:
    """b minus a: value, low, high, two-sided bootstrap p; the same resampled items for both arms."""
    weights, wanted, given = _cells(targets, [*a, *b], labels, resamples=RESAMPLES)
    sample = _macro(weights, wanted, given[len(a) :]) - _macro(weights, wanted, given[: len(a)])
    low, high = np.quantile(sample, (0.025, 0.975))
    tail = min(int((sample <= 0).sum()), int((sample >= 0).sum()))
    value = macro_f1(targets, b, labels) - macro_f1(targets, a, labels)
    return value, float(low), float(high), min(1.0, 2 * (tail + 1) / (RESAMPLES + 1))


def _cells(
    targets: Sequence[str], runs: Runs, labels: Sequence[str], *, resamples: int
) -> tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]:
    """Items with the same target and outputs are one cell: weights per resample, one-hot targets and outputs.

    Resampling items is drawing cell counts from a multinomial distribution. Without resamples: the counts.
    """
    counts = Counter(zip(targets, *runs, strict=True))
    cells = sorted(counts)
    sizes = np.array([counts[cell] for cell in cells], dtype=float)
    total = len(targets)
    weights = (
        np.random.default_rng(SEED).multinomial(total, sizes / total, size=resamples).astype(float)
        if resamples
        else sizes[None, :]
    )
    columns = list(zip(*cells, strict=True))
    one_hot = [
        np.array([[value == label for label in labels] for value in column], float) for column in columns
    ]
    return weights, one_hot[0], one_hot[1:]


def _macro(weights: NDArray[Any], wanted: NDArray[Any], given: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Macro-F1 per resample, averaged over seeds."""
    return np.asarray(np.mean([_one_macro(weights, wanted, outputs) for outputs in given], axis=0))


def _one_macro(weights: NDArray[Any], wanted: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    both = weights @ given + weights @ wanted
    present = both > 0
    f1 = np.divide(2 * (weights @ (wanted * given)), both, out=np.zeros_like(both), where=present)
    return np.asarray(f1.sum(1) / np.maximum(present.sum(1), 1))
