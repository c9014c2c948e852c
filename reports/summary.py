"""One page for those who read no more: the decision, what it rests on, what it costs and what comes next."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict

from . import comparison as compared
from . import scoping, titles
from .advised import flip_rows, reason_rows
from .charts import Chart
from .numbers import count, in_words, milliseconds, money, points, span

MOST_BARS = 8
"""Options in the chart: as many as leave room for the words."""
MOST_LINES = 3
LONGEST, HEADLINE, LINE = 240, 150, 140
"""Characters of a paragraph, of the headline and of an entry in a list."""


class View(NamedTuple):
    """Everything the one page shows."""

    headline: str
    """The decision in a sentence."""
    decision: str
    """In the fixed words."""
    because: str
    """Why, in a sentence or two; empty where the reasons below say it."""
    next_step: str
    """What to do now."""
    glance: list[tuple[str, str]]
    """Name and value."""
    chart: Chart | None
    """Differences, or probabilities."""
    lists: list[tuple[str, list[str]]]
    """Titles with at most three sentences each."""


def measured(comparison: Comparison, verdict: Verdict, advice: Recommendation | None) -> View:
    """After a comparison."""
    leading = compared.leader(comparison, verdict)
    gap = compared.between(comparison, comparison.baseline, leading.name if leading else None)
    return View(
        headline=cut(verdict.sentence, HEADLINE) + ".",
        decision=titles.decision(verdict),
        because=cut(verdict.because),
        next_step=cut(verdict.next_step),
        glance=_figures(comparison, leading, gap),
        chart=compared.gaps(_leading_options(comparison), verdict),
        lists=_lists(
            ("What would change it", compared.changes(comparison, verdict, gap)),
            ("Keep in mind", verdict.caveats),
            ("Still to find out", _unknown(advice)),
        ),
    )


def advised(advice: Recommendation) -> View:
    """Before anything is measured."""
    return View(
        headline=cut(advice.sentence, HEADLINE),
        decision="Advice, not yet measured",
        because=cut(titles.capital(titles.missing(advice))),
        next_step=cut(advice.next_steps[0]) if advice.next_steps else "",
        glance=scoping.glance(advice),
        chart=scoping.ranking(advice),
        lists=_lists(
            ("Why", [one.because for one in reason_rows(advice.reasons_for)]),
            ("Against it", [one.because for one in reason_rows(advice.reasons_against)]),
            ("What would change it", _flips(advice)),
            ("Still to find out", _unknown(advice)),
        ),
    )


def cut(text: str, longest: int = LONGEST) -> str:
    """At most so many characters, the end marked where it is not the text's."""
    one = " ".join(text.split())
    return one if len(one) <= longest else f"{one[: longest - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _figures(
    comparison: Comparison, leading: ArmSummary | None, gap: Difference | None
) -> list[tuple[str, str]]:
    """Score and difference with interval and n, cost, time."""
    if leading is None:
        return []
    told = []
    score = leading.metrics.get(comparison.metric)
    if score is not None and score.value is not None:
        name = titles.capital(titles.METRICS[comparison.metric])
        told.append((name, _with_interval(points(score.value), span(score.low, score.high), score.n)))
    if gap is not None and gap.value is not None:
        ends = span(gap.low, gap.high, signed=True)
        shown = _with_interval(points(gap.value, signed=True), ends, gap.n)
        told.append(("Against the best prompting", shown))
    if leading.cost_usd_per_1000 is not None:
        told.append((in_words("Computing per 1,000 requests"), money(leading.cost_usd_per_1000, "USD")))
    if leading.train_cost_usd is not None:
        told.append(("One training", money(leading.train_cost_usd, "USD")))
    if leading.p95_seconds is not None:
        told.append(("95 % of answers within", f"{milliseconds(leading.p95_seconds)} ms"))
    return told


def _with_interval(value: str, interval: str, n: int) -> str:
    basis = ", ".join(filter(None, (interval, f"n={count(n)}")))
    return f"{value} points ({basis})"


def _leading_options(comparison: Comparison) -> Comparison:
    ranked = sorted(comparison.differences, key=lambda one: -(one.value or 0.0))
    kept = [one for one in ranked if one.a == comparison.baseline][:MOST_BARS]
    return msgspec.structs.replace(comparison, differences=kept)


def _lists(*lists: tuple[str, list[str]]) -> list[tuple[str, list[str]]]:
    return [(title, [cut(one, LINE) for one in lines[:MOST_LINES]]) for title, lines in lists if lines]


def _flips(advice: Recommendation) -> list[str]:
    return [
        f"{row.question} Now: {row.now}. With another answer: {row.turns[0].becomes}."
        for row in flip_rows(advice)
    ]


def _unknown(advice: Recommendation | None) -> list[str]:
    return [f"{one.question_text} Ask: {one.who}." for one in advice.find_out] if advice else []
