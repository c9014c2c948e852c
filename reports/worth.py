"""Cost beside quality: which options no other one beats in both."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from advisor.engagement.records.comparison import ArmSummary, Comparison, Verdict

from . import titles
from .advised import PER_THOUSAND
from .charts import Kind
from .numbers import LEAST_MONEY, estimate, in_words, money
from .plots import Axis, Plot, Series, plot

USD = "USD"
WIDE = 4.0
"""Costs that differ by more than this factor stand on an axis of ratios."""


class Worth(NamedTuple):
    """Options by cost and quality."""

    title: str
    """How many are worth their price."""
    chart: Plot
    """Cost, score with interval, and the frontier."""


def worth(comparison: Comparison, verdict: Verdict) -> Worth | None:
    """None where fewer than two options have both a price and a score."""
    priced = [
        (arm, arm.cost_usd_per_1000, value)
        for arm in comparison.arms
        if arm.cost_usd_per_1000 is not None and (value := titles.value(comparison, arm)) is not None
    ]
    if len(priced) < 2:
        return None
    best = frontier(comparison)
    costs = [max(cost, LEAST_MONEY) for _, cost, _ in priced]
    measure = titles.metric(comparison.metric)
    steps = [
        (max(cost, LEAST_MONEY), 100 * value)
        for arm, cost, value in sorted(priced, key=lambda one: one[1])
        if arm in best
    ]
    corners = [corner for a, b in pairwise(steps) for corner in (a, (b[0], a[1]))]
    line = [*corners, steps[-1], (max(costs), steps[-1][1])]
    series = [Series("frontier: none is both cheaper and better", line, line="dashed", marks=False)]
    series += [
        _option(number, arm, cost, comparison, verdict)
        for number, (arm, cost, _) in enumerate(priced, start=1)
    ]
    verb = "is" if len(best) == 1 else "are"
    title = (
        f"{len(best)} of {len(priced)} options {verb} worth the price: no other is both cheaper and better"
    )
    return Worth(
        title=title,
        chart=plot(
            series,
            id="worth",
            title=f"{titles.capital(measure)} by the cost of {in_words(PER_THOUSAND)}, with 95 % intervals",
            description=f"On the frontier: {', '.join(arm.title for arm in best)}.{_cheapest(costs)}",
            x=_axis(costs),
            y=Axis(f"{measure}, points of 100", cut=(0.0, 100.0)),
            columns=["Option", f"Cost of {in_words(PER_THOUSAND)}", "Score", "On the frontier"],
            rows=[
                [
                    f"{number} {arm.title}",
                    money(cost, USD),
                    estimate(arm.metrics[comparison.metric]),
                    "yes" if arm in best else "no",
                ]
                for number, (arm, cost, value) in enumerate(priced, start=1)
            ],
        ),
    )


def frontier(comparison: Comparison) -> list[ArmSummary]:
    """Options that no other one beats in both, cheapest first; of equals the first in the plan stays."""
    known = [
        (arm.cost_usd_per_1000, -value, arm)
        for arm in comparison.arms
        if arm.cost_usd_per_1000 is not None and (value := titles.value(comparison, arm)) is not None
    ]
    kept: list[ArmSummary] = []
    highest = -1.0
    for _, against, arm in sorted(known, key=lambda one: one[:2]):
        if -against > highest:
            highest = -against
            kept.append(arm)
    return kept


def _option(number: int, arm: ArmSummary, cost: float, comparison: Comparison, verdict: Verdict) -> Series:
    score = arm.metrics[comparison.metric]
    kind: Kind = "baseline" if arm.name == comparison.baseline else "other"
    ends = None if score.low is None or score.high is None else (100 * score.low, 100 * score.high)
    return Series(
        f"{number} {arm.title}",
        [(max(cost, LEAST_MONEY), 100 * (score.value or 0.0))],
        kind="winner" if arm.name == verdict.winner else kind,
        line="none",
        upright=[ends],
        labels=[str(number)],
    )


def _cheapest(costs: list[float]) -> str:
    """Where what costs next to nothing stands."""
    least = _price(LEAST_MONEY)
    return f" What costs {least} or less stands at {least}." if min(costs) <= LEAST_MONEY else ""


def _axis(costs: list[float]) -> Axis:
    """Ratios where costs are far apart, else amounts from nothing on."""
    far = max(costs) > WIDE * min(costs)
    return Axis(
        f"cost of {in_words(PER_THOUSAND)}", _price, reach=None if far else (0.0, max(costs)), log=far
    )


def _price(amount: float) -> str:
    return money(amount, USD)
