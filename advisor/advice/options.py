"""Every option as a client compares them, doing nothing included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.engagement.records.advice import Approach, Considered, Cost, Ranked
from advisor.engagement.records.answers import Answers

from .explaining import reasons
from .weighing import all_approaches, all_techniques

DO_NOTHING = "do_nothing"


def options(answers: Answers, ranking: Sequence[Ranked], bills: Mapping[Approach, Cost]) -> list[Considered]:
    """The approaches, best first, then doing nothing."""
    return [*(_considered(answers, one, bills[one.approach]) for one in ranking), _nothing(answers)]


def _considered(answers: Answers, one: Ranked, bill: Cost) -> Considered:
    approach = all_approaches()[one.approach]
    found = reasons(one.approach, answers)
    return Considered(
        name=one.approach,
        title=approach.title,
        what=approach.what,
        technique=all_techniques()[one.technique].title if one.technique != "none" else "none",
        probability=one.probability,
        strongest_for=next((reason.because for reason in found if reason.weight > 0), ""),
        strongest_against=next((reason.because for reason in found if reason.weight < 0), ""),
        one_off=bill.one_off,
        per_month=bill.per_month,
    )


def _nothing(answers: Answers) -> Considered:
    """Keeping what is there: the option that every other one has to beat."""
    fine = answers.value("failure") == "none"
    in_use = answers.value("simpler_method") == "in_use"
    kept = "the present system reaches its target" if in_use else "fewer than 1 output in 20 fails today"
    wrong = answers.value("failure") in ("facts", "form", "both", "cost")
    return Considered(
        name=DO_NOTHING,
        title="do nothing",
        what="Today's way of working stays as it is, with its quality and its cost.",
        technique="none",
        probability=None,
        strongest_for=kept if fine or in_use else "it costs nothing to start and breaks nothing",
        strongest_against="what goes wrong today goes on going wrong"
        if wrong
        else "what could be gained stays open",
        one_off=None,
        per_month=None,
    )
