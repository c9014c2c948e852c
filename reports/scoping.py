"""The scoping report: what the advice says before anything is measured."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import Recommendation

from . import titles
from .advised import (
    MoneyRow,
    ReasonRow,
    answer_rows,
    flip_sentences,
    money_rows,
    money_totals,
    reason_rows,
    running_period,
    unknown_rows,
)
from .charts import Chart, Spot, dot_plot
from .numbers import count, percent

OPTIONS = {
    "prompting": "A general model with instructions and examples in the prompt; nothing is trained.",
    "rag": "Passages from the client's documents are looked up and put into the prompt.",
    "fine_tuning": "A model is trained on the client's examples.",
    "fine_tuning_rag": "A trained model that also reads looked-up passages.",
    "not_ready": "First settle what is missing; building now would be guessing.",
}


class OptionRow(NamedTuple):
    """One approach considered."""

    title: str
    """In words."""
    what: str
    """What it means."""
    technique: str
    """What one would use within it."""
    probability: str
    """How likely it is the right one."""


class View(NamedTuple):
    """Everything the scoping template shows."""

    advice: Recommendation
    """The record itself."""
    titles: dict[str, str]
    """Section titles by name."""
    ranking: Chart
    """Probabilities."""
    options: list[OptionRow]
    """All five approaches."""
    reasons_for: list[ReasonRow]
    """Strongest first."""
    reasons_against: list[ReasonRow]
    """Strongest first."""
    flips: list[str]
    """What would change it."""
    unknowns: list[tuple[str, str, str, str]]
    """Question, how to find out, what it could become, owner."""
    totals: list[tuple[str, str]]
    """Money in two lines."""
    money: list[MoneyRow]
    """The bill."""
    break_even: str
    """Requests a month from which it is cheaper than prompting; empty where there is no such number."""
    models: list[tuple[str, str, str]]
    """Open models: id, licence, why."""
    answers: list[tuple[str, str, str, str]]
    """Question, answer, certainty, note."""


def view(advice: Recommendation) -> View:
    """What the template needs, from the recommendation alone."""
    return View(
        advice=advice,
        titles={
            "reasons": titles.reasons(advice),
            "flips": titles.flips(advice),
            "options": titles.ranking(advice),
            "money": titles.cost(advice.cost, per=running_period(advice)),
            "unknowns": titles.unknowns(advice),
        },
        ranking=_ranking(advice),
        options=[_option(one.approach, one.technique, one.probability) for one in advice.ranking],
        reasons_for=reason_rows(advice.reasons_for),
        reasons_against=reason_rows(advice.reasons_against),
        flips=flip_sentences(advice.flips),
        unknowns=unknown_rows(advice.find_out),
        totals=money_totals(advice),
        money=money_rows(advice),
        break_even=count(pays) if (pays := advice.cost.break_even_requests_per_month) else "",
        models=[(model.hub_id, model.licence, model.why) for model in advice.base_models],
        answers=answer_rows(advice.answered),
    )


def _option(approach: str, technique: str, probability: float) -> OptionRow:
    name = titles.APPROACHES[approach]
    used = titles.TECHNIQUES.get(technique, technique.replace("_", " "))
    return OptionRow(name[:1].upper() + name[1:], OPTIONS[approach], used, percent(probability))


def _ranking(advice: Recommendation) -> Chart:
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
    )
