"""What a held-out set of this size can show, by the test that decides: exact McNemar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

ALPHA = 0.05
POWER = 0.8
LARGEST_N = 200_000
Counts = NDArray[np.int64]


def _critical(discordant: Counts) -> Counts:
    """Largest k with two-sided exact p = 2 P(X <= k) <= alpha, X ~ Bin(discordant, 1/2); -1: none."""
    k: Counts = binom.ppf(ALPHA / 2, discordant, 0.5).astype(np.int64)
    too_large: Counts = (2 * binom.cdf(k, discordant, 0.5) > ALPHA).astype(np.int64)
    return k - too_large


def mcnemar_power(n: int, discordance: float, difference: float) -> float:
    """Probability that exact McNemar rejects, for n items, P(discordant) and b - a accuracy difference.

    The number of discordant items is Bin(n, discordance); given it, the items won by b are
    Bin(., (discordance + difference) / (2 discordance)). Both tails count.
    """
    share = (discordance + difference) / (2 * discordance)
    spread = 6 * (n * discordance * (1 - discordance)) ** 0.5 + 6
    low, high = max(0, int(n * discordance - spread)), min(n, int(n * discordance + spread))
    counts = np.arange(low, high + 1)
    weights = binom.pmf(counts, n, discordance)
    critical = _critical(counts)
    reject = binom.cdf(critical, counts, share) + binom.sf(counts - critical - 1, counts, share)
    return float(np.sum(weights * np.where(critical < 0, 0.0, reject)))


def minimum_detectable(n: int, discordance: float) -> float | None:
    """Smallest difference found with power 0.8; None where even the whole discordance is too little."""
    if n < 1 or discordance <= 0 or mcnemar_power(n, discordance, discordance) < POWER:
        return None
    low, high = 0.0, discordance
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if mcnemar_power(n, discordance, middle) >= POWER else (middle, high)
    return high


def needed_n(discordance: float, difference: float) -> int | None:
    """Items for power 0.8 at that difference; None where no number up to 200,000 suffices."""
    discordance = max(discordance, difference)
    if difference <= 0 or mcnemar_power(LARGEST_N, discordance, difference) < POWER:
        return None
    low, high = 1, 8
    while mcnemar_power(high, discordance, difference) < POWER:
        low, high = high, 2 * high
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (
            (low, middle) if mcnemar_power(middle, discordance, difference) >= POWER else (middle, high)
        )
    return high
