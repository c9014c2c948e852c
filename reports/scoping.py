"""The scoping report: what the advice says before anything is measured."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import Recommendation

from . import roadmap, titles
from .advised import (
    AnswerRow,
    FlipRow,
    MoneyRow,
    ReasonRow,
    SourceRow,
    UnknownRow,
    answer_groups,
    flip_rows,
    money_rows,
    money_totals,
    reason_rows,
    running_period,
    source_rows,
    to_confirm,
    unknown_rows,
)
from .charts import NARROW, Chart, Spot, dot_plot
from .considered import ModelRow, OptionRow, model_rows, option_rows
from .costed import (
    alternative_rows,
    break_even_chart,
    break_even_rows,
    first_year,
    running,
    swing_rows,
    tornado,
    what_moves,
)
from .numbers import count, percent, weeks
from .quality import DataFacts

LABELS = 232
"""Pixels for the names of approaches."""


class View(NamedTuple):
    """Everything the scoping template shows."""

    advice: Recommendation
    """The record itself."""
    missing: str
    """Why it is not ready, in plain words; empty where it is."""
    glance: list[tuple[str, str]]
    """What a hurried reader takes away: name and value."""
    titles: dict[str, str]
    """Section titles by name."""
    ranking: Chart
    """Probabilities."""
    options: list[OptionRow]
    """All approaches, and doing nothing."""
    period: str
    """per month or per 1,000 requests."""
    reasons_for: list[ReasonRow]
    """Strongest first."""
    reasons_against: list[ReasonRow]
    """Strongest first."""
    flips: list[FlipRow]
    """What would change it, by question."""
    unknowns: list[UnknownRow]
    """Open questions with whom to ask."""
    confirm: list[str]
    """Assumed answers that would change it if they were wrong."""
    totals: list[tuple[str, str]]
    """Money in two lines."""
    money: list[MoneyRow]
    """The bill."""
    break_even: str
    """Requests a month from which it is cheaper than prompting; empty where there is no such number."""
    first_year: str
    """What the first year costs, in a sentence; empty where the volume is not known."""
    running: str
    """Head of a column of running costs."""
    alternatives: list[tuple[str, str, str]]
    """Other ways to run it."""
    break_evens: list[tuple[str, str, str, str, str]]
    """Each approach against prompting, with bands."""
    break_even_chart: Chart | None
    """Volumes from which approaches pay; None where there are none."""
    tornado: Chart | None
    """What moves the bill; None where nothing does."""
    swings: list[tuple[str, str, str, str, str]]
    """The same in figures."""
    moved: str
    """What is moved: the first year or the set-up."""
    steps: list[roadmap.Step]
    """The iterations."""
    timeline: Chart | None
    """Their likely weeks; None where there are no iterations."""
    models: list[ModelRow]
    """Open models with licences."""
    sources: list[SourceRow]
    """Whom the advice cites."""
    answers: list[tuple[str, list[AnswerRow]]]
    """Sections with question, answer, certainty, note."""
    data: DataFacts | None
    """What `check` found; None before it ran."""


def view(advice: Recommendation, data: DataFacts | None = None) -> View:
    """What the template needs, from the recommendation and, where data were checked, their profile."""
    pays = advice.cost.break_even_requests_per_month
    return View(
        advice=advice,
        missing=titles.missing(advice),
        glance=[*glance(advice), *([("Data", data.glance)] if data and data.glance else [])],
        titles=_titles(advice),
        ranking=ranking(advice),
        options=option_rows(advice),
        period=running_period(advice),
        reasons_for=reason_rows(advice.reasons_for),
        reasons_against=reason_rows(advice.reasons_against),
        flips=flip_rows(advice),
        unknowns=unknown_rows(advice.find_out),
        confirm=to_confirm(advice),
        totals=money_totals(advice),
        money=money_rows(advice),
        break_even=count(pays) if pays else "",
        first_year=first_year(advice),
        running=running(advice),
        alternatives=alternative_rows(advice),
        break_evens=break_even_rows(advice),
        break_even_chart=break_even_chart(advice),
        tornado=tornado(advice.cost),
        swings=swing_rows(advice.cost),
        moved=what_moves(advice.cost),
        steps=roadmap.steps(advice.roadmap),
        timeline=roadmap.timeline(advice.roadmap),
        models=model_rows(advice.base_models),
        sources=source_rows(advice),
        answers=answer_groups(advice.answered),
        data=data,
    )


def _titles(advice: Recommendation) -> dict[str, str]:
    in_all = weeks(roadmap.total(advice.roadmap))
    barred = sum(one.barred for one in model_rows(advice.base_models))
    return {
        "reasons": titles.reasons(
            len(reason_rows(advice.reasons_for)), len(reason_rows(advice.reasons_against))
        ),
        "options": titles.ranking(advice),
        "money": titles.cost(advice.cost, per=running_period(advice)),
        "flips": titles.flips(len(flip_rows(advice))),
        "unknowns": titles.open_questions(advice),
        "roadmap": titles.roadmap(len(advice.roadmap), in_all),
        "risks": titles.risks(advice),
        "models": titles.models(len(advice.base_models), barred),
        "answers": titles.answers(advice),
    }


def glance(advice: Recommendation) -> list[tuple[str, str]]:
    """Money, time and how much is known."""
    in_all = weeks(roadmap.total(advice.roadmap))
    known = f"{titles.certain(advice, 'known')} of {len(advice.answered)}"
    return [
        *((f"Cost {when}", amount) for when, amount in money_totals(advice)),
        ("Time", f"{len(advice.roadmap)} iterations, {in_all}"),
        ("Answers known", f"{known}; {titles.certain(advice, 'assumed')} assumed"),
    ]


def ranking(advice: Recommendation) -> Chart:
    """Probabilities of the approaches, the recommended one marked."""
    spots = [
        Spot(
            label=titles.APPROACHES[one.approach],
            value=100 * one.probability,
            low=None,
            high=None,
            text=percent(one.probability),
            kind="winner" if number == 0 else "other",
        )
        for number, one in enumerate(advice.ranking)
    ]
    return dot_plot(
        spots,
        id="ranking",
        title="Probability of each approach, given the answers",
        description=f"{spots[0].label} {spots[0].text}, then {spots[1].label} {spots[1].text}.",
        unit="probability in %",
        reach=(0.0, 100.0),
        left=LABELS,
        width=NARROW,
    )
