"""How sure the bill is: bands by drawing all inputs at once, and a tornado by moving one at a time."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from advisor.engagement.records.advice import Range, Swing

from .lines import Line, Values, at, inputs, usd

SEED = 20261125
DRAWS = 800
"""Over 20 seeds the ends of a band then move by 3 % up or down in the first year, 5 % in break-even."""
MONTHS = 12
SHOWN = 8
"""Inputs in the tornado at most."""
LEAST = 0.01
"""Share of the bill that an input has to move to be shown."""

Draws = Sequence[Mapping[str, float]]


def draw(names: Sequence[str], *, seed: int = SEED, number: int = DRAWS) -> Draws:
    """Ranks between 0 and 1, one a name and draw: a name has the same rank in the bill of every approach."""
    ranks = random.Random(seed)
    return [{name: ranks.random() for name in names} for _ in range(number)]


def quantile(band: Range, rank: float) -> float:
    """The value of that rank, more often near the best guess than near an end.

    Half of all values lie on each side of the best guess, each half a triangle: a long tail upwards must not
    make the best guess an unlikely low one.
    """
    if rank < 0.5:
        return band.low + (band.likely - band.low) * math.sqrt(2 * rank)
    return band.high - (band.high - band.likely) * math.sqrt(2 * (1 - rank))


def first_year(lines: Sequence[Line], values: Values) -> float:
    """Set-up and twelve months, USD."""
    return sum((1 if line.period == "one_off" else MONTHS) * usd(line, values) for line in lines)


def band(lines: Sequence[Line], *, seed: int = SEED) -> Range:
    """The first year: eight of ten draws lie inside."""
    known = inputs(lines)
    totals = sorted(
        first_year(lines, {one.name: quantile(one.band, ranks[one.name]) for one in known})
        for ranks in draw([one.name for one in known], seed=seed)
    )
    likely = first_year(lines, at(known, "likely"))
    low, high = tenth(totals)
    return Range(low=min(low, likely), likely=likely, high=max(high, likely))


def tenth(ordered: Sequence[float]) -> tuple[float, float]:
    """The values that a tenth of the draws lie below, and above."""
    return ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]


def tornado(lines: Sequence[Line], factor: float) -> list[Swing]:
    """Each input at both ends, all others at their best guess; `factor` turns USD into the bill's money."""
    known = inputs(lines)
    likely = at(known, "likely")
    found = []
    for one in known:
        if one.band.low == one.band.high:
            continue
        low = first_year(lines, likely | {one.name: one.band.low})
        high = first_year(lines, likely | {one.name: one.band.high})
        money = factor if one.money else 1.0
        found.append(
            Swing(
                input=one.name,
                unit=one.unit,
                input_low=one.band.low * money,
                input_likely=one.band.likely * money,
                input_high=one.band.high * money,
                low=round(low * factor, 2),
                high=round(high * factor, 2),
                source=one.source,
            )
        )
    found.sort(key=lambda swing: swing.low - swing.high)
    least = LEAST * factor * first_year(lines, likely)
    return [swing for swing in found if swing.high - swing.low > least][:SHOWN]
