"""From how many requests a month an approach is cheaper than prompting a hosted model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

from advisor.engagement.records.advice import Approach, BreakEven
from advisor.engagement.records.settings import Prices

from . import one_off, per_month
from .case import Case, is_tuned, uses_retrieval
from .hosted import LEAST_CACHED, Way
from .lines import Line, Values, at, inputs, usd
from .sensitivity import MONTHS, Draws, draw, quantile, tenth

PLAIN = "prompting a hosted model"
ANY = 1e6
"""Stands for the volume, which is what we look for; at this one a cache always holds the fixed text."""


class Straight(NamedTuple):
    """A monthly bill over the volume: a fixed part, a slope, and cards that are added one by one."""

    fixed: float
    """USD a month without any request."""
    slope: float
    """USD per request."""
    hours: float = 0.0
    """Card hours per request, room for peaks included."""
    card: float = 0.0
    """USD of a card for a month; 0: no card."""


class Curve(NamedTuple):
    """One bill over the volume, at the best guess and in every draw: running costs, then with set-up."""

    likely: tuple[Straight, Straight]
    """Every input at its best guess."""
    drawn: list[tuple[Straight, Straight]]
    """One a draw."""


def break_even(cases: Sequence[Case], prompting: Case, prices: Prices) -> list[BreakEven]:
    """Every approach but prompting itself, against prompting as it is and at its cheapest."""
    asked = [case for case in cases if case.approach not in ("prompting", "not_ready")]
    rivals = [(against, _all_lines(prompting, prices, way)) for against, way in _rivals(prompting)]
    ours = {case.approach: _all_lines(case, prices, "plain") for case in asked if not never(case)}
    every = [line for lines in (*ours.values(), *(lines for _, lines in rivals)) for line in lines]
    ranks = draw([known.name for known in inputs(every) if known.name != per_month.VOLUME])
    curves = {against: _curve(lines, ranks) for against, lines in rivals} if ours else {}
    found = []
    for case in asked:
        if never(case):
            found += [_never(case, running_only=only) for only in (True, False)]
            continue
        curve = _curve(ours[case.approach], ranks)
        for against, theirs in curves.items():
            found += [
                _compared(case, curve, theirs, against=against, running_only=only) for only in (True, False)
            ]
    return found


def _compared(case: Case, ours: Curve, theirs: Curve, *, against: str, running_only: bool) -> BreakEven:
    """One approach against one way of prompting."""
    which = 0 if running_only else 1
    likely = crossing(ours.likely[which], theirs.likely[which])
    points = sorted(
        crossing(one[which], other[which]) for one, other in zip(ours.drawn, theirs.drawn, strict=True)
    )
    low, high = tenth(points)
    low, high = min(low, likely), max(high, likely)
    share = sum(math.isinf(point) for point in points) / len(points)
    rarely = f"No volume makes it cheaper in {100 * share:.0f} of 100 draws of the uncertain inputs."
    return BreakEven(
        approach=cast(Approach, case.approach),
        against=against,
        running_only=running_only,
        low=_shown(low),
        likely=_shown(likely),
        high=_shown(high),
        reason="" if math.isfinite(high) else rarely,
    )


def _never(case: Case, *, running_only: bool) -> BreakEven:
    return BreakEven(
        approach=cast(Approach, case.approach),
        against=PLAIN,
        running_only=running_only,
        low=None,
        likely=None,
        high=None,
        reason=never(case),
    )


def likely_volume(case: Case, prompting: Case, prices: Prices) -> float | None:
    """Running costs only, every input at its best guess."""
    if never(case):
        return None
    ours, theirs = (_all_lines(one, prices, "plain") for one in (case, prompting))
    return _shown(crossing(_curve(ours, []).likely[0], _curve(theirs, []).likely[0]))


def never(case: Case) -> str:
    """Why no volume can make it cheaper; empty where one may."""
    if case.approach in ("prompting", "not_ready"):
        return "It is what the others are compared with, or nothing is run."
    if case.in_house:
        return "Prompting in-house needs a card all month too, so no volume makes it dearer."
    if uses_retrieval(case) and not is_tuned(case):
        return "Passages make every request longer, so it pays by better answers and not by volume."
    return ""


def _rivals(prompting: Case) -> list[tuple[str, Way]]:
    found: list[tuple[str, Way]] = [(PLAIN, "plain")]
    if prompting.latency == "over_10s":
        found.append((f"{PLAIN} in batches", "batch"))
    if prompting.fixed_text >= LEAST_CACHED:
        found.append((f"{PLAIN} with its fixed text cached", "cached"))
    return found


def _all_lines(case: Case, prices: Prices, way: Way) -> list[Line]:
    sized = case._replace(requests_per_month=ANY)
    return [*one_off.lines(case, prices), *per_month.lines(sized, prices, way=way)]


def crossing(ours: Straight, theirs: Straight) -> float:
    """The smallest volume at which `ours` costs no more than `theirs`; infinite where there is none."""
    slope, fixed = theirs.slope - ours.slope, ours.fixed - theirs.fixed
    if slope <= 0:
        return math.inf
    if not ours.card:
        return max(0.0, fixed / slope)
    each = ours.card * ours.hours / per_month.HOURS
    # with k cards the volume is (fixed + k x card) / slope, and must be within what k cards can answer
    room = slope - each
    if room <= 0:
        first = (fixed + ours.card) / slope
        return max(0.0, first) if first * ours.hours <= per_month.HOURS else math.inf
    cards = max(1, math.ceil(ours.hours * fixed / (per_month.HOURS * room)))
    volume = (fixed + ours.card * cards) / slope
    return max(0.0, volume, (cards - 1) * per_month.HOURS / ours.hours)


def _curve(lines: list[Line], ranks: Draws) -> Curve:
    known = inputs(lines)
    drawn = ({one.name: quantile(one.band, rank.get(one.name, 0.5)) for one in known} for rank in ranks)
    return Curve(_straight(lines, at(known, "likely")), [_straight(lines, values) for values in drawn])


def _straight(lines: list[Line], values: Values) -> tuple[Straight, Straight]:
    fixed = slope = hours = card = once = 0.0
    for line in lines:
        if line.period == "one_off":
            once += usd(line, values)
        elif all(factor.name != per_month.VOLUME for factor in line.factors):
            fixed += usd(line, values)
        elif line.step:
            hours += math.prod(values[one.name] for one in line.factors if one.name != per_month.VOLUME)
            card = line.step * values[line.price.name]
        else:
            slope += usd(line, {**values, per_month.VOLUME: 1.0})
    return Straight(fixed, slope, hours, card), Straight(fixed + once / MONTHS, slope, hours, card)


def _shown(volume: float) -> float | None:
    """Three digits: more would pretend to be known."""
    return float(f"{volume:.3g}") if math.isfinite(volume) else None
