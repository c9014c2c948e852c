"""The bill at the client's volume by measured prices, when a training pays, and what limits set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison, Limits, Verdict

from .numbers import Shown, count, money, two_digits
from .plots import Area, Axis, Plot, Series, plot

USD = "USD"
YEAR, THREE_YEARS, DAYS = 12, 36, 365.25 / 12
UNPRICED = "no price"


class BillRow(NamedTuple):
    """One option at the client's volume."""

    title: str
    """In words."""
    thousand: str
    """Of 1,000 requests."""
    monthly: str
    """Answering for a month."""
    training: str
    """Once."""
    first_year: str
    """Training once and answering for 12 months."""
    three_years: str
    """The same for 36 months."""
    word: str
    """winner, the best prompting option, set aside, or nothing."""


class Bill(NamedTuple):
    """The section on money at the client's volume."""

    title: str
    """What it costs."""
    limits: list[tuple[str, str]]
    """What the answers ask besides quality."""
    aside: list[tuple[str, str]]
    """Options that a limit keeps from winning, and why."""
    rows: list[BillRow]
    """Every option; empty where the volume is not known."""
    sentences: list[str]
    """What follows for the leading option."""
    chart: Plot | None
    """Cost by requests of the leading and the best prompting option; None where one has no price."""


class Spread(NamedTuple):
    """Costs of an arm over its runs, in USD."""

    rate: tuple[float, float, float]
    """Per request: least, mean, most."""
    once: tuple[float, float, float]
    """Of training: least, mean, most; zeros where there is none."""
    runs: int
    """Runs that both rest on."""


def bill(
    engagement: Engagement, comparison: Comparison, verdict: Verdict, leading: ArmSummary | None
) -> Bill | None:
    """From the comparison's prices and limits; None where neither volume, limit nor break-even is known."""
    limits = comparison.limits
    baseline = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    pair = None
    if leading is not None and baseline is not None and leading is not baseline:
        mine, theirs = spread(engagement, leading), spread(engagement, baseline)
        pair = (leading, baseline, mine, theirs) if mine and theirs else None
    chart = _chart(limits, *pair) if pair else None
    if limits == Limits() and not comparison.aside and chart is None:
        return None
    names = {arm.name: arm.title for arm in comparison.arms}
    return Bill(
        title=_title(comparison, verdict, leading),
        limits=_limits(limits, names),
        aside=[(names.get(one["name"], one["name"]), one["why"]) for one in comparison.aside],
        rows=_rows(comparison, verdict),
        sentences=_sentences(verdict, limits.requests_per_month, *pair) if pair else [],
        chart=chart,
    )


def spread(engagement: Engagement, arm: ArmSummary) -> Spread | None:
    """What one request and the training cost, from the cheapest run to the dearest; None without a price.

    The mean is the record's; runs are spread around it as the seconds that they took, or as their bills.
    """
    if arm.cost_usd_per_1000 is None:
        return None
    answered = [one for name in arm.runs if (one := engagement.run(name).result()) is not None]
    bills = [one.usd for one in answered if one.usd is not None]
    seconds = [one.seconds for one in answered if one.seconds is not None]
    made = [done for name in arm.models if (done := engagement.training_result(name)) is not None]
    basis = bills if len(bills) == len(answered) else seconds
    return Spread(
        rate=_around(arm.cost_usd_per_1000 / 1000, basis),
        once=_around(arm.train_cost_usd or 0.0, [done.seconds for done in made]),
        runs=max(1, len(basis)),
    )


def _around(mean: float, measured: Sequence[float]) -> tuple[float, float, float]:
    centre = sum(measured) / len(measured) if measured else 0.0
    if not centre:
        return mean, mean, mean
    return mean * min(measured) / centre, mean, mean * max(measured) / centre


def break_even(mine: Spread, theirs: Spread) -> tuple[float | None, float | None, float | None]:
    """Requests after which the training is earned back: fewest, by the means, most; None where never."""
    ends = (
        (mine.once[0], theirs.rate[2] - mine.rate[0]),
        (mine.once[1], theirs.rate[1] - mine.rate[1]),
        (mine.once[2], theirs.rate[0] - mine.rate[2]),
    )
    fewest, middle, most = (once / saved if saved > 0 and once else None for once, saved in ends)
    return fewest, middle, most


def _title(comparison: Comparison, verdict: Verdict, leading: ArmSummary | None) -> str:
    volume, said = comparison.limits.requests_per_month, verdict.money
    if volume is None:
        return "The bill by requests; how many there are a month is not known"
    at = f"At {count(volume)} requests a month"
    if said is not None and leading is not None:
        mine = f"{at} {leading.title} costs {money(said.usd_per_month, USD)} a month"
        if said.baseline_usd_per_month is None:
            return mine
        return f"{mine}, the best prompting option {money(said.baseline_usd_per_month, USD)}"
    known = [arm.cost_usd_per_1000 for arm in comparison.arms if arm.cost_usd_per_1000 is not None]
    if not known:
        return f"{at} the bill is not known: no option has a price"
    low, high = (money(volume * each / 1000, USD) for each in (min(known), max(known)))
    return f"{at} the options cost {low} to {high} a month"


def _limits(limits: Limits, names: dict[str, str]) -> list[tuple[str, str]]:
    told = []
    if limits.requests_per_month is not None:
        told.append(("requests a month", count(limits.requests_per_month)))
    if limits.seconds is not None:
        told.append(("latency", f"one output may take {count(limits.seconds)} s"))
    if not limits.may_leave:
        told.append(("hosting", "data is processed on the client's own machines only"))
    if limits.elsewhere:
        told.append(
            ("answered by machines of others", ", ".join(names.get(one, one) for one in limits.elsewhere))
        )
    if limits.budget_usd is not None:
        told.append(
            ("budget", f"{money(limits.budget_usd, USD)} for the first year, people and machines together")
        )
    return told


def _rows(comparison: Comparison, verdict: Verdict) -> list[BillRow]:
    volume = comparison.limits.requests_per_month
    if volume is None:
        return []
    aside = {one["name"] for one in comparison.aside}
    rows = []
    for arm in comparison.arms:
        rate, once = arm.cost_usd_per_1000, arm.train_cost_usd or 0.0
        monthly = None if rate is None else volume * rate / 1000
        first_year, three_years = (
            UNPRICED if monthly is None else money(once + months * monthly, USD)
            for months in (YEAR, THREE_YEARS)
        )
        word = "the best prompting option" if arm.name == comparison.baseline else ""
        word = "winner" if arm.name == verdict.winner else word
        rows.append(
            BillRow(
                title=arm.title,
                thousand=UNPRICED if rate is None else money(rate, USD),
                monthly=UNPRICED if monthly is None else money(monthly, USD),
                training="none" if arm.train_cost_usd is None else money(arm.train_cost_usd, USD),
                first_year=first_year,
                three_years=three_years,
                word="set aside" if arm.name in aside else word,
            )
        )
    return rows


def _sentences(
    verdict: Verdict,
    volume: float | None,
    leading: ArmSummary,
    baseline: ArmSummary,
    mine: Spread,
    theirs: Spread,
) -> list[str]:
    told = [_earned(leading, baseline, volume, break_even(mine, theirs), mine)]
    said = verdict.money
    if said is not None and said.baseline_three_years_usd is not None:
        told.append(
            f"Three years cost {money(said.three_years_usd, USD)} with {leading.title} and "
            f"{money(said.baseline_three_years_usd, USD)} with {baseline.title}."
        )
    if said is not None and said.usd_per_extra_right is not None:
        told.append(
            f"Each further right answer costs {money(said.usd_per_extra_right, USD)}, training left out."
        )
    return [one for one in told if one]


def _earned(
    leading: ArmSummary,
    baseline: ArmSummary,
    volume: float | None,
    found: tuple[float | None, float | None, float | None],
    mine: Spread,
) -> str:
    """When the training is paid for by cheaper answers."""
    if not mine.once[1]:
        return ""
    fewest, middle, most = found
    if middle is None:
        return f"Cheaper answers never earn the training back: {leading.title} saves nothing per request."
    told = f"Cheaper answers earn the training back after about {_requests(middle)} requests"
    if mine.runs > 1 and fewest is not None:
        told += f" ({_requests(fewest)} to {'never' if most is None else _requests(most)} over its runs)"
    if volume:
        told += f", {_long(middle / volume)} at this volume"
    return f"{told}, beside {baseline.title}."


def _requests(value: float) -> str:
    return count(two_digits(value))


def _long(months: float) -> str:
    if months < 1 / DAYS:
        return "less than a day"
    if months < 2:
        return f"{count(round(months * DAYS))} days"
    return f"{count(two_digits(months))} months"


def _chart(
    limits: Limits, leading: ArmSummary, baseline: ArmSummary, mine: Spread, theirs: Spread
) -> Plot | None:
    """Cost by requests, to twice the break-even or over three years; None where there is nothing to draw."""
    _, middle, _ = found = break_even(mine, theirs)
    volume = limits.requests_per_month
    furthest = 2 * middle if middle else THREE_YEARS * volume if volume else None
    if not furthest:
        return None
    ends = (0.0, furthest)

    def line(one: Spread, which: int) -> list[tuple[float, float]]:
        return [(at, one.once[which] + one.rate[which] * at) for at in ends]

    pairs = [(leading, mine), (baseline, theirs)]
    areas = [
        Area("from the cheapest run to the dearest" if one is mine else "", line(one, 0), line(one, 2))
        for _, one in pairs
        if one.runs > 1
    ]
    series = [
        Series(leading.title, line(mine, 1), kind="winner", marks=False),
        Series(baseline.title, line(theirs, 1), kind="baseline", line="dashed", marks=False),
    ]
    if middle is not None:
        meeting = (middle, mine.once[1] + mine.rate[1] * middle)
        series.append(Series("break-even", [meeting], line="none"))
    basis = "" if areas else " Each ran once: no band can be given."
    saved = "never" if found[1] is None else f"after about {_requests(found[1])} requests"
    return plot(
        series,
        id="break-even",
        title="Cost by requests: training once, and answering",
        description=f"The training is earned back {saved}.{basis}" if mine.once[1] else basis.strip(),
        x=Axis("requests", count, reach=(0.0, furthest)),
        y=Axis("cost", lambda value: money(value, USD), reach=(0.0, 0.0)),
        areas=areas,
        columns=["Requests", *(arm.title for arm, _ in pairs)],
        rows=[_figures(furthest * step / 4, [mine, theirs]) for step in range(5)],
    )


def _figures(at: float, both: Sequence[Spread]) -> list[str | Shown]:
    cells: list[str | Shown] = [count(two_digits(at))]
    for one in both:
        low, middle, high = (
            money(once + rate * at, USD) for once, rate in zip(one.once, one.rate, strict=True)
        )
        cells.append(Shown(middle, "" if one.runs == 1 else f"{low} to {high}"))
    return cells
