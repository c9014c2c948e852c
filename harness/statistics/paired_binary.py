"""Two arms, right or wrong on the same items: Bonett-Price interval and exact McNemar.

Coverage of the alternatives was compared for few discordant items: the t interval and the bootstrap
under-cover there, Bonett-Price does not (Bonett and Price 2012, J. Educ. Behav. Stat. 37, 479).
"""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import binomtest, norm


class PairedCounts(NamedTuple):
    """Discordant items of b against a."""

    fixed: int
    """a wrong, b right."""
    broken: int
    """a right, b wrong."""
    n: int
    """All paired items."""


def interval(counts: PairedCounts, *, level: float = 0.95) -> tuple[float, float]:
    """Bonett-Price: cells (x + 1) / (n + 2), Wald interval on their difference, cut at -1 and 1."""
    up, down = (counts.fixed + 1) / (counts.n + 2), (counts.broken + 1) / (counts.n + 2)
    reach = float(norm.ppf(0.5 + level / 2)) * ((up + down - (up - down) ** 2) / (counts.n + 2)) ** 0.5
    return max(-1.0, up - down - reach), min(1.0, up - down + reach)


def exact_mcnemar(counts: PairedCounts) -> float:
    """Two-sided p: under the null each discordant item falls either way with probability one half."""
    discordant = counts.fixed + counts.broken
    return float(binomtest(counts.fixed, discordant, 0.5).pvalue) if discordant else 1.0
