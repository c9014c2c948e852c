"""Is something more frequent in one group than in another? Exact, one-sided, many questions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import hypergeom

ALPHA = 0.05


class Table(NamedTuple):
    """Rows with and without something, in a group and outside."""

    marked: int
    """With it, in the group."""
    n: int
    """The group."""
    outside_marked: int
    """With it, outside."""
    outside_n: int
    """Outside."""


class Answered(NamedTuple):
    """One question answered."""

    p: float
    """Fisher's exact test, one-sided: more frequent in the group."""
    attainable: float
    """The smallest p that the margins of the table allow."""


def fisher(table: Table) -> Answered | None:
    """None where a side is empty."""
    if not table.n or not table.outside_n:
        return None
    total, marked = table.n + table.outside_n, table.marked + table.outside_marked
    p, least = (
        float(hypergeom.sf(count - 1, total, marked, table.n))
        for count in (table.marked, min(marked, table.n))
    )
    return Answered(min(1.0, p), min(1.0, least))


def corrected(tested: Sequence[Answered]) -> list[float]:
    """p-values times the number of tables that could be significant at all (Tarone 1990, Biometrics 46, 515).

    A table whose margins allow no small p cannot be a false alarm, so that it need not be paid for: with
    many rare classes this is far less than Bonferroni's factor, and any false alarm stays below 0.05.
    """
    factor = next(
        (
            size
            for size in range(1, len(tested) + 1)
            if sum(one.attainable <= ALPHA / size for one in tested) <= size
        ),
        1,
    )
    return [min(1.0, factor * one.p) for one in tested]
