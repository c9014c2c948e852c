"""Every number of a report, unrounded and one to a line, from the typed records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.engagement.records.advice import Range, Recommendation
from advisor.engagement.records.automation import Automation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Money, Verdict
from advisor.engagement.records.curve import LearningCurve
from advisor.engagement.records.intake import Profile

from .advised import running_period
from .titles import APPROACHES


class Figure(NamedTuple):
    """One number or one statement."""

    section: str
    """Part of the report."""
    item: str
    """What it is said of."""
    measure: str
    """What is said."""
    value: str | float | None
    """Number, or words in its place; None: no result."""
    low: float | None = None
    """Lower end: of the 95 % interval where it was measured, of the band where it is an estimate."""
    high: float | None = None
    """Upper end."""
    n: int | None = None
    """Items it rests on."""
    unit: str = ""
    """Of value, low and high."""
    note: str = ""
    """Source, certainty or verdict in words."""


def figures(
    advice: Recommendation | None,
    comparison: Comparison | None = None,
    verdict: Verdict | None = None,
    profile: Profile | None = None,
    curve: LearningCurve | None = None,
    automation: Automation | None = None,
) -> list[Figure]:
    """Verdict, options, differences, data, advice, money and open questions, as far as there are any."""
    return [
        *(_verdict(verdict) if verdict else ()),
        *(_bill(verdict.money) if verdict and verdict.money else ()),
        *(_measured(comparison) if comparison else ()),
        *(_curve(curve) if curve else ()),
        *(_alone(automation) if automation else ()),
        *(_data(profile) if profile else ()),
        *(_advised(advice) if advice else ()),
        *(_money(advice) if advice else ()),
        *(_open(advice) if advice else ()),
    ]


def _verdict(verdict: Verdict) -> Iterator[Figure]:
    yield Figure("verdict", "verdict", "decision", verdict.decision, note=verdict.because)
    yield Figure("verdict", "verdict", "sentence", verdict.sentence)
    yield Figure("verdict", "verdict", "winner", verdict.winner or "none")
    yield Figure("verdict", "verdict", "advised", verdict.advised or "none")
    yield Figure("verdict", "verdict", "held-out items that would settle it", verdict.needed_n, unit="items")
    yield Figure("verdict", "verdict", "next step", verdict.next_step)


def _bill(money: Money) -> Iterator[Figure]:
    """At the client's volume; people are not in it."""
    for measure, value, unit in (
        ("volume", money.requests_per_month, "requests per month"),
        ("winner, a month", money.usd_per_month, "USD"),
        ("best prompting option, a month", money.baseline_usd_per_month, "USD"),
        ("training once", money.training_usd, "USD"),
        ("training is earned back after", money.break_even_requests, "requests"),
        ("each further right answer", money.usd_per_extra_right, "USD"),
        ("winner, three years", money.three_years_usd, "USD"),
        ("best prompting option, three years", money.baseline_three_years_usd, "USD"),
    ):
        yield Figure("bill", "winner", measure, value, unit=unit)


def _curve(curve: LearningCurve) -> Iterator[Figure]:
    for point in curve.points:
        ends = (point.score.value, point.score.low, point.score.high, point.score.n)
        yield Figure("learning curve", curve.arm, f"{curve.metric} with {point.rows} rows", *ends, "share")
    for ahead in curve.ahead:
        ends_ahead = (ahead.value, ahead.low, ahead.high, None)
        measure = f"{curve.metric} foreseen with {ahead.rows} rows"
        yield Figure("learning curve", curve.arm, measure, *ends_ahead, "share", "by the fitted curve")
    needed = (curve.needed, curve.needed_low, curve.needed_high, None)
    yield Figure("learning curve", curve.arm, "rows that reach the target", *needed, "rows", curve.answer)


def _alone(automation: Automation) -> Iterator[Figure]:
    for run in automation.arms:
        item = f"{run.arm}, seed {run.seed}"
        for one in run.points:
            told = f"{'holds' if one.holds else 'does not hold'}; confidence from {one.threshold}"
            ends = (one.share, one.share_low, one.share_high, one.n)
            measure = f"answered alone at {one.required:g} right"
            yield Figure("automation", item, measure, *ends, "share", told)
        for measure, value in (
            ("Brier score", run.calibration.brier),
            ("Brier score after temperature", run.calibration.brier_after),
        ):
            yield Figure("automation", item, measure, value, n=run.n_test)


def _measured(comparison: Comparison) -> Iterator[Figure]:
    for arm in comparison.arms:
        for name, score in arm.metrics.items():
            ends = (score.value, score.low, score.high)
            yield Figure("options", arm.title, name, *ends, score.n, _share(name), arm.word)
        yield from _effort(arm)
        for name, found in (arm.retrieval.found if arm.retrieval else {}).items():
            ends = (found.value, found.low, found.high)
            yield Figure("retrieval", arm.title, name, *ends, found.n, "share")
    titles = {arm.name: arm.title for arm in comparison.arms}
    for one in comparison.differences:
        yield from _difference(one, titles)
    for lost in comparison.forgetting:
        told, ends = f"{lost.word}; {lost.before} before, {lost.after} after", (lost.low, lost.high, lost.n)
        gap = (lost.after - lost.before) / lost.n if lost.n else None
        item = f"{titles.get(lost.arm, lost.arm)}, seed {lost.seed}"
        yield Figure("forgetting", item, "general tasks, after minus before", gap, *ends, "share", told)
    for entry in comparison.excluded:
        yield Figure("options", titles.get(entry["name"], entry["name"]), "not ranked", entry["why"])


def _share(metric: str) -> str:
    return "share" if metric != "mcc" else "from -1 to 1"


def _effort(arm: ArmSummary) -> Iterator[Figure]:
    for measure, value, unit in (
        ("cost of 1,000 requests", arm.cost_usd_per_1000, "USD"),
        ("median time of an answer", arm.p50_seconds, "seconds"),
        ("95th percentile of the time of an answer", arm.p95_seconds, "seconds"),
        ("training time", arm.train_seconds, "seconds"),
        ("training cost", arm.train_cost_usd, "USD"),
        ("peak memory", arm.peak_memory_gib, "GiB"),
        ("requests without an answer", arm.failed, "requests"),
        ("outputs that are no label", arm.unparsed, "outputs"),
    ):
        yield Figure("effort", arm.title, measure, value, unit=unit)


def _difference(one: Difference, titles: dict[str, str]) -> Iterator[Figure]:
    item = f"{titles.get(one.b, one.b)} against {titles.get(one.a, one.a)}"
    told = f"{one.word}; {one.method}"
    yield Figure("differences", item, one.metric, one.value, one.low, one.high, one.n, "share", told)
    for measure, value, unit in (
        ("p, adjusted", one.p_adjusted, ""),
        ("items fixed", one.fixed, "items"),
        ("items broken", one.broken, "items"),
        ("smallest difference that would have been found", one.minimum_detectable, "share"),
    ):
        yield Figure("differences", item, measure, value, n=one.n, unit=unit)


def _data(profile: Profile) -> Iterator[Figure]:
    for name, rows in profile.rows.items():
        yield Figure("data", "rows", name, rows, unit="rows")
    for name, rows in profile.labels.items():
        yield Figure("data", "classes", name, rows, unit="rows")


def _advised(advice: Recommendation) -> Iterator[Figure]:
    yield Figure("advice", "advice", "sentence", advice.sentence, note=f"as of {advice.as_of}")
    for option in advice.options:
        if option.probability is not None:
            yield Figure("advice", option.title, "probability", option.probability, unit="share")
    for reason in (*advice.reasons_for, *advice.reasons_against):
        told = f"{reason.question_text} {reason.answer}. Source: {reason.source}"
        yield Figure("reasons", reason.because, "weight", reason.weight, unit="log-odds", note=told)
    for flip in advice.flips:
        becomes = APPROACHES[flip.becomes]
        yield Figure("flips", flip.question_text, f"if it were: {flip.to}", becomes, note=f"now: {flip.now}")
    for one in advice.roadmap:
        yield _band("roadmap", one.title, "time", one.weeks, unit="weeks", note=one.gate)


def _money(advice: Recommendation) -> Iterator[Figure]:
    cost, running = advice.cost, running_period(advice)
    yield _band("money", "all", "once", cost.one_off, unit=cost.currency)
    yield _band("money", "all", running, cost.per_month, unit=cost.currency)
    for option in advice.options:
        for when, band in (("once", option.one_off), (running, option.per_month)):
            if band is not None:
                yield _band("options considered", option.title, when, band, unit=cost.currency)
    if cost.first_year:
        yield _band("money", "all", "first year", cost.first_year, unit=cost.currency)
    for item in cost.items:
        when = "once" if item.period == "one_off" else running
        told = f"{item.quantity:g} {item.unit} at {item.unit_price:g}; {item.source} {item.as_of}".rstrip()
        yield Figure("money", item.name, when, item.likely, item.low, item.high, None, cost.currency, told)
    for one in cost.break_even:
        measure = "pays from, running costs only" if one.running_only else "pays from, with set-up"
        pair, unit = f"{APPROACHES[one.approach]} against {one.against}", "requests per month"
        yield Figure("money", pair, measure, one.likely, one.low, one.high, None, unit, one.reason)
    for swing in cost.tornado:
        told = f"{swing.input_low:g} to {swing.input_high:g} {swing.unit}; {swing.source}"
        ends = (None, swing.low, swing.high, None, cost.currency)
        yield Figure("sensitivity", swing.input, "bill", *ends, told)


def _open(advice: Recommendation) -> Iterator[Figure]:
    for risk in advice.risks:
        yield Figure("risks", "risk", "text", risk)
    for unknown in advice.find_out:
        told = f"ask: {unknown.who}"
        yield Figure("open questions", unknown.question_text, "why and how", unknown.why, note=told)
    for one in advice.answered:
        value = one.answer if one.number is None else one.number
        told = "; ".join(filter(None, (one.certainty, one.note)))
        yield Figure("answers", one.text, "answer", value, note=told)


def _band(section: str, item: str, measure: str, band: Range, *, unit: str, note: str = "") -> Figure:
    return Figure(section, item, measure, band.likely, band.low, band.high, None, unit, note)
