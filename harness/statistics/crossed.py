"""Differences over seeds and items at once: another seed would move the mean too, so it counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from harness.statistics.clustered import Codes, Flags, Tested, Values, drawn


class Parts(NamedTuple):
    """Where the uncertainty of a mean over seeds and items comes from."""

    items: float
    """Variance of the mean for the items drawn; their clusters count."""
    seeds: float
    """Variance of the mean for the seeds drawn, above what chance per item and seed explains; 0 or more."""
    variance: float
    """Of the mean, for both."""
    freedom: float
    """Degrees of freedom, by Satterthwaite's rule."""
    centre: float
    """Middle of the interval: the mean, nearer to 0 where few items differ (`clustered.Drawn.steadied`)."""

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.sqrt(self.variance))


def parts(values: Values, clusters: Codes, differ: Flags | None = None) -> Parts:
    """Two-way random effects of seeds x clusters, two seeds or more (Searle et al. 1992, chapter 4).

    Chance per item and seed is in the spread of the items' means and in that of the seeds' means, and counts
    once. It stays with the seeds, which are few: whether they differ by more than chance is not asked first,
    since of three seeds that do, one set in six seems not to, and the interval would be too short for it.
    Items differ where their mean is not 0, or where `differ` says so.
    """
    seeds, n = values.shape
    by_seed, by_item = values.mean(axis=1), values.mean(axis=0)
    steadied = drawn(by_item, clusters).steadied(by_item != 0 if differ is None else differ)
    count = len(steadied.sums)
    rest = values - by_seed[:, None] - by_item[None, :] + values.mean()
    apart = sum(float(np.sum(drawn(one, clusters).sums ** 2)) for one in rest)
    chance = apart / ((seeds - 1) * n**2 * seeds) * count / max(1, count - 1)
    of_seeds = float(by_seed.var(ddof=1)) / seeds
    of_items = steadied.error() ** 2
    alone = max(0.0, of_items - chance)
    total = alone + of_seeds
    freedom = count - 1.0
    if total > 0:
        freedom = total**2 / (alone**2 / max(1, count - 1) + of_seeds**2 / (seeds - 1))
    return Parts(of_items, max(0.0, of_seeds - chance), total, float(max(1.0, freedom)), steadied.centre())


def mean_difference(values: Values, clusters: Codes, differ: Flags | None = None) -> Tested:
    """Mean of seeds x items differences with a t interval and test over seeds and items."""
    found = parts(values, clusters, differ)
    mean, centre = float(values.mean()), found.centre
    reach = float(stdtrit(found.freedom, 0.975)) * found.error
    if found.error == 0:
        return Tested(mean, centre, centre, 0.0)
    p = 2 * float(stdtr(found.freedom, -abs(centre) / found.error))
    return Tested(mean, centre - reach, centre + reach, p)
