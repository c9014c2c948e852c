"""What share may go unread at a required precision: chosen on validation, bounded exactly on test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import beta

from advisor.engagement.records.automation import Automated, Bin

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
TEMPERATURES = (0.05, 20.0)
BINS = 10


def probabilities(logits: Array, temperature: float = 1.0) -> Array:
    """Softmax over the labels of each row."""
    shares: Array = np.exp(log_softmax(logits / temperature, axis=1))
    return shares


def threshold(confidence: Array, right: Flags, required: float) -> float | None:
    """The lowest confidence that keeps the required right share on validation; equal ones stay together."""
    order = np.argsort(-confidence, kind="stable")
    ordered, hits = confidence[order], np.cumsum(right[order])
    reached = hits >= required * np.arange(1, len(order) + 1) - 1e-12
    last_of_equals = np.append(ordered[1:] != ordered[:-1], True) if len(order) else reached
    found = np.flatnonzero(reached & last_of_equals)
    return float(ordered[found[-1]]) if len(found) else None


def lower_bound(hits: int, n: int, level: float = 0.95) -> float:
    """Clopper-Pearson, one-sided."""
    return float(beta.ppf(1 - level, hits, n - hits + 1)) if hits else 0.0


def interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson, two-sided."""
    one_side = (1 + level) / 2
    return lower_bound(hits, n, one_side), 1.0 - lower_bound(n - hits, n, one_side)


def automated(confidence: Array, right: Flags, cut: float | None, required: float) -> Automated:
    """What a threshold does on test rows that had no part in choosing it."""
    over = confidence >= cut if cut is not None else np.zeros(len(right), dtype=bool)
    kept, hits, n = int(over.sum()), int(right[over].sum()), len(right)
    low, high = interval(kept, n) if n else (0.0, 1.0)
    bound = lower_bound(hits, kept) if kept else None
    return Automated(
        required=required,
        threshold=cut,
        automated=kept,
        right=hits,
        n=n,
        share=kept / n if n else 0.0,
        share_low=low,
        share_high=high,
        precision=hits / kept if kept else None,
        precision_low=bound,
        holds=bound is not None and bound >= required,
    )


def temperature(logits: Array, targets: Sequence[int]) -> float:
    """That under which the validation targets are likeliest."""
    rows = np.arange(len(targets))
    if not len(rows):
        return 1.0

    def loss(logarithm: float) -> float:
        return -float(log_softmax(logits / np.exp(logarithm), axis=1)[rows, targets].mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def brier(shares: Array, targets: Sequence[int]) -> float:
    """Mean over rows of the squared errors of all labels."""
    wanted = np.zeros_like(shares)
    wanted[np.arange(len(targets)), targets] = 1.0
    return float(((shares - wanted) ** 2).sum(axis=1).mean())


def reliability(confidence: Array, right: Flags) -> list[Bin]:
    """Ten bins of equal width; the last one holds its upper end."""
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        inside = places == place
        n = int(inside.sum())
        found.append(
            Bin(
                low=place / BINS,
                high=(place + 1) / BINS,
                n=n,
                confidence=float(confidence[inside].mean()) if n else None,
                right=float(right[inside].mean()) if n else None,
            )
        )
    return found
