"""Differences on items that come in clusters: one passage with many questions, one client with many messages.

Items of a cluster tend to be right or wrong together, so that clusters, not items, are what was drawn.

Where few items differ, the t interval is too sure of itself: where none does it is a point. Of 13 clusters of
which one in twenty differs, always one way, it held the true difference in half of the draws. What Bonett and
Price (2012) do to items is therefore done to clusters: one more is counted for each arm, as `Drawn` says.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

FLIPS = 4000
BLOCK = 250
ALL_SIGNS = 15
"""Clusters up to which every combination of signs is counted instead of a random part of them."""
SEED = 20261124

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
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


class Drawn(NamedTuple):
    """What each cluster adds to a mean."""

    sums: Values
    """Of the values of each cluster."""
    sizes: Values
    """Items of each cluster."""

    def centre(self) -> float:
        """Mean over all items."""
        return float(self.sums.sum() / self.sizes.sum())

    def error(self) -> float:
        """Standard error of that mean, robust to correlation within clusters; infinite for one cluster.

        sqrt(C / (C - 1) sum over clusters (sum of residuals)^2) / n: the cluster-robust error of least
        squares on a constant, with the correction for few clusters (Cameron and Miller 2015, J. Hum. Resour.
        50, 317).
        """
        count = len(self.sums)
        if count < 2:
            return float("inf")
        residuals = self.sums - self.sizes * self.centre()
        return float(np.sqrt(count / (count - 1) * np.sum(residuals**2)) / self.sizes.sum())

    def interval(self) -> tuple[float, float]:
        """95 % t interval of that mean, C - 1 degrees of freedom."""
        reach = float(stdtrit(len(self.sums) - 1, 0.975)) * self.error()
        return self.centre() - reach, self.centre() + reach

    def steadied(self, differ: Flags) -> Drawn:
        """With one more cluster for each arm, where fewer than half of the items differ; else as it is.

        Each is of average size. Its sum is the root mean square of those of the clusters that differ and of
        one that differs as a whole: with one item to a cluster, Bonett and Price's two further items.
        """
        if 2 * differ.sum() >= len(differ):
            return self
        moved = self.sums[self.sums != 0]
        size = float(self.sizes.mean())
        further = float(np.sqrt((np.sum(moved**2) + size**2) / (len(moved) + 1)))
        return Drawn(np.append(self.sums, [further, -further]), np.append(self.sizes, [size, size]))


def drawn(values: Values, clusters: Codes) -> Drawn:
    """Values as the clusters that they were drawn in."""
    sizes = np.bincount(clusters).astype(np.float64)
    return Drawn(np.bincount(clusters, weights=values).astype(np.float64), sizes)


def standard_error(values: Values, clusters: Codes) -> tuple[float, int]:
    """Of a mean, robust to correlation within clusters, and the number of clusters."""
    found = drawn(values, clusters)
    return found.error(), len(found.sums)


def mean_difference(values: Sequence[float] | Values, clusters: Codes, differ: Flags | None = None) -> Tested:
    """Mean of paired differences: interval as below, sign flips of whole clusters. At least two clusters.

    The flip of a cluster's sign is what the null allows: which arm is which.
    """
    found = np.asarray(values, dtype=np.float64)
    low, high = interval(found, clusters, differ)
    return Tested(float(found.mean()), low, high, sign_flips(drawn(found, clusters).sums))


def interval(values: Values, clusters: Codes, differ: Flags | None = None) -> tuple[float, float]:
    """95 % t interval of a mean difference, C - 1 degrees of freedom, steadied where few items differ.

    Items differ where their value is not 0, or where `differ` says so.
    """
    return drawn(values, clusters).steadied(values != 0 if differ is None else differ).interval()


def by_t(values: Values, clusters: Codes) -> Tested:
    """Mean of paired differences: the same interval, and the p-value that belongs to it."""
    found = drawn(values, clusters).steadied(values != 0)
    low, high = found.interval()
    error = found.error()
    p = 2 * float(stdtr(len(found.sums) - 1, -abs(found.centre()) / error)) if error else 0.0
    return Tested(float(values.mean()), low, high, p)


def sign_flips(sums: Values) -> float:
    """Share of signs under which the sum lies as far from 0 as it does, the observed one included.

    Of few clusters all signs are counted, as Fisher (1935, section 21) does; of many a random part.
    """
    moved = sums[sums != 0]
    if not len(moved):
        return 1.0
    observed = abs(float(moved.sum())) - 1e-9
    if len(moved) <= ALL_SIGNS:
        numbers = np.arange(2 ** len(moved))[:, None]
        every = 2.0 * (numbers >> np.arange(len(moved)) & 1) - 1.0
        return float((np.abs(every @ moved) >= observed).mean())
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
