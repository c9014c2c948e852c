"""What share of the inputs an option may answer alone, and how far its confidence is to be trusted."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.automation import ArmAutomation, Automated, Automation, Bin
from advisor.engagement.records.comparison import ArmSummary, Comparison

from . import titles
from .charts import Kind
from .numbers import Shown, count, loss, percent, points, span
from .plots import Axis, Plot, Point, Series, plot

NOBODY = "No option that gives its confidence is shown to be right often enough to answer alone"
FEWEST = 5
"""Items of a bin that is drawn."""
EVEN = 1.1
"""Temperatures nearer to 1 than this factor change little."""


class AloneRow(NamedTuple):
    """One required precision."""

    title: str
    """Option, first seed."""
    required: str
    """Share that has to be right."""
    threshold: str
    """Confidence from which answers count."""
    share: Shown
    """Share answered alone."""
    counted: str
    """Answers alone, of all."""
    right: Shown
    """Share of them that is right, with its lower bound."""
    word: str
    """Whether the bound reaches what is required."""


class TrustRow(NamedTuple):
    """One run."""

    title: str
    """Arm, with its seed where there are several."""
    alone: Shown
    """Share at the highest precision that is shown."""
    at: str
    """That precision."""
    brier: str
    """As predicted."""
    temperature: str
    """Fitted on validation items."""
    brier_after: str
    """After the temperature."""
    n: str
    """Held-out items."""


class Alone(NamedTuple):
    """The section on automation."""

    title: str
    """What may be answered alone."""
    unknown: str
    """That the leading option is another one, which gives no confidence; empty where it does."""
    monthly: str
    """The same at the client's volume, in a sentence; empty where the volume is not known."""
    rows: list[AloneRow]
    """Each required precision, of the leading and the best prompting option."""
    runs: list[TrustRow]
    """Every run that gives probabilities."""
    charts: list[Plot]
    """Share answered alone, and reliability."""
    n_validation: str
    """Items on which thresholds and temperature were chosen."""


def alone(engagement: Engagement, comparison: Comparison, leading: ArmSummary | None) -> Alone | None:
    """From `runs/automation.json`; None where no run gives probabilities."""
    record = engagement.automation()
    if record is None or not record.arms:
        return None
    shown = _of(record, leading.name if leading else None) or _best(record)
    known = {one.arm for one in record.arms if _highest(one)} | {leading.name if leading else ""}
    name = titles.arm_title(comparison, shown.arm)
    rival = _of(record, comparison.baseline)
    pair = [(name, shown)]
    if rival is not None and rival is not shown:
        pair.append((titles.arm_title(comparison, rival.arm), rival))
    return Alone(
        title=_title(name, _highest(shown)) if shown.arm in known else NOBODY,
        unknown=_unknown(shown, leading),
        monthly=_monthly(_highest(shown), comparison.limits.requests_per_month),
        rows=[_row(title, alike) for title, one in pair for alike in _alike(one.points)],
        runs=[_trust(titles.arm_title(comparison, one.arm, one.seed), one) for one in record.arms],
        charts=[
            *([_curve(pair)] if any(_highest(one) for _, one in pair) else []),
            _reliability(name, shown),
        ],
        n_validation=count(shown.n_validation),
    )


def _of(record: Automation, arm: str | None) -> ArmAutomation | None:
    """The arm's first run."""
    return next((one for one in record.arms if one.arm == arm), None)


def _best(record: Automation) -> ArmAutomation:
    """The run that may answer most at the highest precision that is shown."""

    def reach(one: ArmAutomation) -> tuple[float, float]:
        highest = _highest(one)
        return (highest.required, highest.share) if highest else (0.0, 0.0)

    return max(record.arms, key=reach)


def _highest(one: ArmAutomation) -> Automated | None:
    """The highest required precision whose bound holds."""
    return max((point for point in one.points if point.holds), key=lambda p: p.required, default=None)


def _title(name: str, highest: Automated | None) -> str:
    if highest is None:
        return f"{name} is not shown to be right often enough to answer alone"
    right = f"{percent(highest.required)} of them right or more"
    return f"{name} may answer {points(highest.share)} of 100 inputs alone, {right}"


def _unknown(shown: ArmAutomation, leading: ArmSummary | None) -> str:
    if leading is None or shown.arm == leading.name:
        return ""
    return f"{leading.title} gives no confidence with its answers: what it may answer alone is not known."


def _monthly(highest: Automated | None, volume: float | None) -> str:
    if highest is None or volume is None:
        return ""
    likely, low, high = (
        count(round(volume * share)) for share in (highest.share, highest.share_low, highest.share_high)
    )
    return (
        f"Of {count(volume)} requests a month that is about {likely} ({low} to {high}); "
        "people answer the others."
    )


def _alike(points: list[Automated]) -> list[list[Automated]]:
    """Neighbouring levels that one threshold serves, and whose bound holds or not for all of them."""
    return [
        list(group) for _, group in groupby(points, key=lambda one: (one.threshold, one.automated, one.holds))
    ]


def _row(title: str, alike: list[Automated]) -> AloneRow:
    one, last = alike[0], alike[-1]
    required = percent(one.required)
    return AloneRow(
        title=title,
        required=required if one is last else f"{required} to {percent(last.required)}",
        threshold="none reaches it" if one.threshold is None else points(one.threshold),
        share=_share(one),
        counted=f"{count(one.automated)} of {count(one.n)}",
        right=_precision(one),
        word="holds" if one.holds else "not shown",
    )


def _share(one: Automated) -> Shown:
    return Shown(points(one.share), span(one.share_low, one.share_high))


def _precision(one: Automated) -> Shown:
    """The right share with its lower bound; nothing where nothing is answered alone."""
    if one.precision is None or one.precision_low is None:
        return Shown("none answered")
    return Shown(points(one.precision), f"at least {points(one.precision_low)}")


def _trust(title: str, one: ArmAutomation) -> TrustRow:
    highest = _highest(one)
    return TrustRow(
        title=title,
        alone=_share(highest) if highest else Shown("none"),
        at=percent(highest.required) if highest else "",
        brier=loss(one.calibration.brier),
        temperature=loss(one.calibration.temperature),
        brier_after=loss(one.calibration.brier_after),
        n=count(one.n_test),
    )


def _curve(pair: list[tuple[str, ArmAutomation]]) -> Plot:
    """Share answered alone by required precision; open marks where the bound does not hold."""
    series, open_points = [], []
    for number, (name, one) in enumerate(pair):
        kind: Kind = "baseline" if number else "winner"
        line = [(100 * p.required, 100 * p.share) for p in one.points]
        held = [p for p in one.points if p.holds]
        open_points += [(100 * p.required, 100 * p.share) for p in one.points if not p.holds]
        series.append(Series(name, line, kind=kind, line="dashed" if number else "solid", marks=False))
        series.append(
            Series(
                "",
                [(100 * p.required, 100 * p.share) for p in held],
                kind=kind,
                line="none",
                upright=[(100 * p.share_low, 100 * p.share_high) for p in held],
            )
        )
    if open_points:
        series.append(Series("not shown on held-out items", open_points, line="none"))
    named = [f"{points(p.share)} at {percent(p.required)}" for p in pair[0][1].points]
    return plot(
        series,
        id="automation",
        title=f"Inputs answered alone by the share that has to be right (n={count(pair[0][1].n_test)})",
        description=f"{pair[0][0]}: {', '.join(named)}.",
        x=Axis("right answers required, %", reach=(80.0, 100.0), cut=(0.0, 100.0)),
        y=Axis("inputs answered alone, of 100", reach=(0.0, 100.0)),
    )


def _reliability(name: str, one: ArmAutomation) -> Plot:
    found = one.calibration
    briers = f"Brier score {loss(found.brier)}, and {loss(found.brier_after)} after temperature"
    return plot(
        [
            Series("as sure as right", [(0.0, 0.0), (100.0, 100.0)], line="dotted", marks=False),
            Series("as predicted", _bins(found.bins), line="dashed"),
            Series("after temperature", _bins(found.bins_after), kind="winner"),
        ],
        id="reliability",
        title=f"How often {name} is right by how sure it is (n={count(one.n_test)})",
        description=f"{_sure(found.temperature)} {briers} {loss(found.temperature)}."
        + _left_out([*found.bins, *found.bins_after]),
        x=Axis("confidence, %", reach=(0.0, 100.0), cut=(0.0, 100.0)),
        y=Axis("right, of 100", reach=(0.0, 100.0), cut=(0.0, 100.0)),
        columns=["Confidence", "Right as predicted", "Right after temperature"],
        rows=[
            [f"{count(100 * before.low)} to {count(100 * before.high)} %", _right(before), _right(after)]
            for before, after in zip(found.bins, found.bins_after, strict=True)
            if before.n or after.n
        ],
    )


def _left_out(bins: list[Bin]) -> str:
    few = any(0 < one.n < FEWEST for one in bins)
    return f" Bins of fewer than {FEWEST} items stand in the figures only." if few else ""


def _right(one: Bin) -> str:
    return "no items" if one.right is None else f"{points(one.right)} (n={count(one.n)})"


def _bins(bins: list[Bin]) -> list[Point]:
    return [
        (100 * one.confidence, 100 * one.right)
        for one in bins
        if one.confidence is not None and one.right is not None and one.n >= FEWEST
    ]


def _sure(temperature: float) -> str:
    """Which way the confidence is off."""
    if temperature > EVEN:
        return "Below the dotted line it is surer than it is right."
    if temperature < 1 / EVEN:
        return "Above the dotted line it is right more often than it is sure."
    return "It is about as sure as it is right."
