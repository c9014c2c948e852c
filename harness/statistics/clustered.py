"""Differences on items that come in clusters: one passage with many questions, one client with many messages.

Items of a cluster tend to be right or wrong together, so that clusters, not items, are what was drawn.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FLIPS = 4000
BLOCK = 250
SEED = 20261124

Values = NDArray[np.float64]
Codes = NDArray[np.int64]


class Tested(NamedTuple):
    """A mean difference with what is known of it."""

    value: float
    """Mean."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end."""
    p: float
    """Two-sided."""


def coded(keys: Sequence[Hashable]) -> Codes:
    """Clusters as numbers from 0, in the order in which they appear."""
    place: dict[Hashable, int] = {}
    return np.array([place.setdefault(one, len(place)) for one in keys], dtype=np.int64)


def standard_error(values: Values, clusters: Codes) -> tuple[float, int]:
    """Of a mean, robust to correlation within clusters, and the number of clusters.

    sqrt(C / (C - 1) sum over clusters (sum of residuals)^2) / n: the cluster-robust error of least squares
    on a constant, with the correction for few clusters (Cameron and Miller 2015, J. Hum. Resour. 50, 317).
    """
    count = int(clusters.max()) + 1
    sums = np.bincount(clusters, weights=values - values.mean(), minlength=count)
    if count < 2:
        return float("inf"), count
    return float(np.sqrt(count / (count - 1) * np.sum(sums**2)) / len(values)), count


def mean_difference(values: Sequence[float], clusters: Codes) -> Tested:
    """Mean of paired differences: t interval with C - 1 degrees of freedom, sign flips of whole clusters.

    At least two clusters. The flip of a cluster's sign is what the null allows: which arm is which.
    """
    found = np.asarray(values, dtype=np.float64)
    error, count = standard_error(found, clusters)
    centre = float(found.mean())
    reach = float(stats.t.ppf(0.975, count - 1)) * error
    sums = np.bincount(clusters, weights=found, minlength=count).astype(np.float64)
    return Tested(centre, centre - reach, centre + reach, sign_flips(sums))


def sign_flips(sums: Values) -> float:
    """Share of random signs under which the sum lies as far from 0 as it does; the observed one counts."""
    moved = sums[sums != 0]
    if not len(moved):
        return 1.0
    observed = abs(float(moved.sum())) - 1e-9
    generator = np.random.default_rng(SEED)
    extreme = 0
    for _ in range(FLIPS // BLOCK):
        signs = 2.0 * generator.integers(0, 2, size=(BLOCK, len(moved)), dtype=np.int8) - 1.0
        extreme += int((np.abs(signs @ moved) >= observed).sum())
    return (extreme + 1) / (FLIPS + 1)


def design_effect(values: Values, clusters: Codes) -> float:
    """How many times as many items are needed as without clusters, 1 or more."""
    single, _ = standard_error(values, np.arange(len(values)))
    robust, _ = standard_error(values, clusters)
    return max(1.0, (robust / single) ** 2) if single > 0 and np.isfinite(robust) else 1.0
