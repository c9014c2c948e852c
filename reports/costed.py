"""What a client asks after the bill: cheaper ways, the volume from which it pays, and what moves it."""

from __future__ import annotations

from advisor.engagement.records.advice import BreakEven, Cost, Recommendation, Swing

from .advised import running_period, volume
from .charts import Chart, Spot, dot_plot
from .numbers import count, money, money_range, short, two_digits
from .titles import APPROACHES, capital

NO_VOLUME = "no volume"
RUNNING_ONLY, WITH_SET_UP = "running costs only", "with set-up"
LABELS = 300
"""Pixels for approaches with what is counted."""


def alternative_rows(advice: Recommendation) -> list[tuple[str, str, str]]:
    """The bill as it stands, then every other way: name, running cost, what has to be true."""
    cost = advice.cost
    if not cost.alternatives:
        return []
    first = ("As in the bill", money_range(cost.per_month, cost.currency), "")
    return [
        first,
        *(
            (capital(one.name), money_range(one.per_month, cost.currency), one.when)
            for one in cost.alternatives
        ),
    ]


def break_even_rows(advice: Recommendation) -> list[tuple[str, str, str, str, str]]:
    """The recommended approach first: approach, against what, running costs only, with set-up, reason."""
    pairs: dict[tuple[str, str], dict[bool, BreakEven]] = {}
    for one in advice.cost.break_even:
        pairs.setdefault((one.approach, one.against), {})[one.running_only] = one
    rows = []
    for (_, against), pair in sorted(pairs.items(), key=lambda item: item[0][0] != advice.approach):
        running, whole = pair.get(True), pair.get(False)
        reasons = [one.reason for one in (running, whole) if one and one.reason]
        rows.append(
            (
                capital(APPROACHES[running.approach if running else advice.approach]),
                against,
                _volume(running),
                _volume(whole),
                reasons[0] if reasons else "",
            )
        )
    return rows


def break_even_chart(advice: Recommendation) -> Chart | None:
    """Volumes from which approaches pay, on an axis of ratios; None where no volume makes any cheaper.

    A row without a whisker has draws of the uncertain inputs in which no volume does.
    """
    known = [one for one in advice.cost.break_even if one.likely]
    if not known:
        return None
    asked, first = volume(advice), min(known, key=lambda one: one.likely or 0.0)
    spots = [
        Spot(
            label=f"{capital(APPROACHES[one.approach])}, {RUNNING_ONLY if one.running_only else WITH_SET_UP}",
            value=one.likely or 0.0,
            low=one.low if one.high else None,
            high=one.high if one.low else None,
            text=count(two_digits(one.likely or 0.0)),
            kind="winner" if one.approach == advice.approach else "other",
        )
        for one in sorted(known, key=lambda one: one.approach != advice.approach)
    ]
    ends = [end for one in known for end in (one.low, one.likely, one.high) if end]
    cheapest = capital(APPROACHES[first.approach])
    return dot_plot(
        spots,
        id="break-even",
        title="Requests a month from which an approach is cheaper, with the band of eight of ten draws",
        description=f"{cheapest} pays first, from about {count(two_digits(first.likely or 0.0))} requests.",
        unit="requests a month" + (f"; the line stands at today's {count(asked)}" if asked else ""),
        reach=(min(ends), max(ends)),
        line=asked or None,
        log=True,
        left=LABELS,
    )


def tornado(cost: Cost) -> Chart | None:
    """A bar for each input from the bill at its lowest value to the bill at its highest."""
    if not cost.tornado:
        return None
    spots = [
        Spot(
            label=one.input,
            value=one.high,
            low=None,
            high=None,
            text=money(one.high - one.low, cost.currency),
            start=one.low,
        )
        for one in cost.tornado
    ]
    counted = what_moves(cost)
    return dot_plot(
        spots,
        id="tornado",
        title=f"{capital(counted)} when one input moves from its lowest to its highest value",
        description=f"{spots[0].label} moves it by {spots[0].text}.",
        unit=f"{counted} in {cost.currency}",
        reach=(min(one.low for one in cost.tornado), max(one.high for one in cost.tornado)),
        band=(cost.first_year.low, cost.first_year.high) if cost.first_year else None,
        band_text="shaded: eight of ten draws of all inputs" if cost.first_year else "",
    )


def swing_rows(cost: Cost) -> list[tuple[str, str, str, str, str]]:
    """Input, its values, the bill at the lowest and at the highest, source."""
    return [
        (
            capital(one.input),
            _values(one),
            money(one.low, cost.currency),
            money(one.high, cost.currency),
            one.source,
        )
        for one in cost.tornado
    ]


def what_moves(cost: Cost) -> str:
    """The first year, or the set-up alone where nobody knows the volume."""
    return "cost of the first year" if cost.first_year else "cost of setting it up"


def first_year(advice: Recommendation) -> str:
    """A sentence; empty where the volume is not known."""
    band = advice.cost.first_year
    if band is None:
        return ""
    return f"The first year costs {money_range(band, advice.cost.currency)}: eight of ten draws lie inside."


def running(advice: Recommendation) -> str:
    """Head of the column of running costs."""
    return f"Cost {running_period(advice)}"


def _values(one: Swing) -> str:
    low, likely, high = (short(two_digits(end)) for end in (one.input_low, one.input_likely, one.input_high))
    return f"{low} to {high}, likely {likely} ({one.unit})"


def _volume(one: BreakEven | None) -> str:
    if one is None:
        return ""
    low, likely, high = (
        NO_VOLUME if end is None else count(two_digits(end)) for end in (one.low, one.likely, one.high)
    )
    if one.low is None and one.high is None:
        return NO_VOLUME
    return f"{likely} ({low} to {high})"
