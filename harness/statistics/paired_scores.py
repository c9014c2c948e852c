"""Two arms, graded scores or macro-F1 on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 4000
SEED = 20261124


def t_interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """Low, high and the sign-flip permutation p of a mean of paired differences."""
    values = np.asarray(differences)
    reach = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)) if len(values) > 1 else 1.0
    generator = np.random.default_rng(SEED)
    signs = generator.choice((-1.0, 1.0), size=(RESAMPLES, len(values)))
    extreme = np.abs(signs @ values / len(values)) >= abs(values.mean()) - 1e-12
    return (
        float(values.mean()) - reach,
        float(values.mean()) + reach,
        float((extreme.sum() + 1) / (RESAMPLES + 1)),
    )


def macro_f1(targets: Sequence[str], outputs: Sequence[str | None], labels: Sequence[str]) -> float:
    """Unweighted mean of F1 over the labels that occur among targets or outputs."""
    hits, given, wanted = _one_hot(targets, outputs, labels)
    return float(_macro(np.ones((1, len(targets))), hits, given, wanted)[0])


def macro_f1_interval(
    targets: Sequence[str], outputs: Sequence[str | None], labels: Sequence[str]
) -> tuple[float, float]:
    """Percentile bootstrap over items, 95 %."""
    sample = _macro(_weights(len(targets)), *_one_hot(targets, outputs, labels))
    low, high = np.quantile(sample, (0.025, 0.975))
    return float(low), float(high)


def macro_f1_difference(
    targets: Sequence[str], a: Sequence[str | None], b: Sequence[str | None], labels: Sequence[str]
) -> tuple[float, float, float, float]:
    """b minus a: value, low, high, two-sided p; the same resampled items for both arms."""
    weights = _weights(len(targets))
    sample = _macro(weights, *_one_hot(targets, b, labels)) - _macro(weights, *_one_hot(targets, a, labels))
    low, high = np.quantile(sample, (0.025, 0.975))
    below, above = float((sample <= 0).sum()), float((sample >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (RESAMPLES + 1))
    value = macro_f1(targets, b, labels) - macro_f1(targets, a, labels)
    return value, float(low), float(high), p


def _weights(n: int) -> NDArray[Any]:
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)


def _one_hot(
    targets: Sequence[str], outputs: Sequence[str | None], labels: Sequence[str]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    names = np.array(labels)
    wanted = np.array(targets)[:, None] == names[None, :]
    given = np.array([output if output is not None else "" for output in outputs])[:, None] == names[None, :]
    return (wanted & given).astype(float), given.astype(float), wanted.astype(float)


def _macro(
    weights: NDArray[Any], hits: NDArray[Any], given: NDArray[Any], wanted: NDArray[Any]
) -> NDArray[Any]:
    """Macro-F1 per resample: weights [resamples, items] times one-hot [items, labels]."""
    both = weights @ given + weights @ wanted
    present = both > 0
    f1 = np.divide(2 * (weights @ hits), both, out=np.zeros_like(both), where=present)
    return np.asarray(f1.sum(1) / np.maximum(present.sum(1), 1))
