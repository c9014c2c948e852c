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
    freedom: float
    """Degrees of freedom, by Satterthwaite's rule."""
    centre: float
    """Middle of the interval: the mean, nearer to 0 where few items differ (`clustered.Drawn.steadied`)."""

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.sqrt(self.items + self.seeds))


def parts(values: Values, clusters: Codes, differ: Flags | None = None) -> Parts:
    """Two-way random effects of seeds x items differences, two seeds or more (Searle et al. 1992, chapter 4).

    Var(mean) = (MS_items + MS_seeds - MS_rest) / (R n); the first term by clusters, the others as far as
    seeds differ by more than chance. Items differ where their mean is not 0, or where `differ` says so.
    """
    seeds, n = values.shape
    by_seed, by_item = values.mean(axis=1), values.mean(axis=0)
    steadied = drawn(by_item, clusters).steadied(by_item != 0 if differ is None else differ)
    robust, count = steadied.error(), len(steadied.sums)
    rest = values - by_seed[:, None] - by_item[None, :] + values.mean()
    ms_rest = float(np.sum(rest**2)) / max(1, (seeds - 1) * (n - 1))
    ms_seeds = n * float(np.sum((by_seed - values.mean()) ** 2)) / (seeds - 1)
    between = max(0.0, ms_seeds - ms_rest) / (seeds * n)
    items = robust**2
    total = items + between
    if total == 0 or between == 0:
        return Parts(items, between, max(1.0, count - 1.0), steadied.centre())
    freedom = total**2 / (items**2 / max(1, count - 1) + between**2 / (seeds - 1))
    return Parts(items, between, float(freedom), steadied.centre())


def mean_difference(values: Values, clusters: Codes, differ: Flags | None = None) -> Tested:
    """Mean of seeds x items differences with a t interval and test over seeds and items."""
    found = parts(values, clusters, differ)
    mean, centre = float(values.mean()), found.centre
    reach = float(stdtrit(found.freedom, 0.975)) * found.error
    if found.error == 0:
        return Tested(mean, centre, centre, 0.0)
    p = 2 * float(stdtr(found.freedom, -abs(centre) / found.error))
    return Tested(mean, centre - reach, centre + reach, p)
