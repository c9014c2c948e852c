"""Answers to probabilities: added log-odds and a softmax, so that every step can be said aloud.

The weights in the files are calibrated on published cases (tests/benchmarks/advice_cases.py), so answers that
overlap do not count twice; an assumed answer counts for less than a known one. What an answer adds is its
weight less what its question adds on average over all possible answers, so an unknown answer adds nothing. It
flattens the result, core ones more, and flattening never changes the order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, cast

from advisor import approaches, techniques
from advisor.approaches._kind import Approach
from advisor.engagement.catalogue import items
from advisor.engagement.records import advice
from advisor.engagement.records.answers import Answers
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import all_questions, reading, readings, usual, visible
from advisor.questionnaire.criterion import Criterion, Gate
from advisor.techniques._kind import Technique

ASSUMED = 0.8
"""Share of an answer's weight that counts when it is assumed."""
GATE = -30.0
"""Log-odds of a closed gate: as good as out, yet comparable if every gate is closed."""
CORE_UNKNOWN, OTHER_UNKNOWN = 0.02, 0.01
"""How much an unknown answer flattens: our assumption."""

LAPSE = 0.05
"""Share of cases no questionnaire decides, our assumption; spread evenly, it keeps advice at 96 % or less."""


class Fact(NamedTuple):
    """One answer as criteria see it."""

    reading: str | None
    """Option or band; None where the answer is unknown."""
    share: float
    """1 for known, less for assumed."""


class Spoken(NamedTuple):
    """A criterion or gate that an answer has set off."""

    rule: Criterion | Gate
    """Which."""
    weight: float
    """Log-odds it adds, certainty counted."""


@cache
def all_approaches() -> dict[str, Approach]:
    """Approaches by name."""
    found = items(approaches, Approach)
    return {name: found[name] for name in advice.APPROACHES}


@cache
def all_techniques() -> dict[str, Technique]:
    """Techniques by name."""
    return items(techniques, Technique)


def facts(answers: Answers) -> dict[str, Fact]:
    """What visible questions say; the band of a share counts as assumed unless both numbers are known."""
    return {
        question.id: Fact(reading(question, answers), _share(question, answers))
        for question in visible(answers)
        if readings(question)
    }


def _share(question: Question, answers: Answers) -> float:
    behind = [question.id]
    if question.number is not None and question.number.share_of:
        behind.append(question.number.share_of)
        if answers.value(question.number.share_of) is None:
            return ASSUMED
    given = [answers.by_question[name] for name in behind if name in answers.by_question]
    return ASSUMED if any(one.certainty == "assumed" for one in given) else 1.0


def flattening(answers: Answers) -> float:
    """1 with every visible question answered, less for each unknown one."""
    unknown = [question for question in visible(answers) if answers.value(question.id) is None]
    return 1.0 / (1.0 + sum(CORE_UNKNOWN if question.core else OTHER_UNKNOWN for question in unknown))


def rules(item: Approach | Technique) -> list[Criterion | Gate]:
    """Criteria, then gates."""
    return [*item.criteria, *item.gates]


def spoken(item: Approach | Technique, known: Mapping[str, Fact]) -> list[Spoken]:
    """What the answers set off for one approach or technique."""
    found = []
    for rule in rules(item):
        fact = known.get(rule.question)
        if fact is not None and fact.reading in rule.answers:
            weight = rule.weight if isinstance(rule, Criterion) else GATE
            found.append(Spoken(rule, fact.share * weight))
    return found


@cache
def _table() -> dict[tuple[str, str], tuple[float, ...]]:
    """What each reading adds to each approach, in the order of the approaches."""
    table: dict[tuple[str, str], list[float]] = {}
    for place, approach in enumerate(all_approaches().values()):
        for rule in rules(approach):
            weight = rule.weight if isinstance(rule, Criterion) else GATE
            for answer in rule.answers:
                row = table.setdefault((rule.question, answer), [0.0] * len(all_approaches()))
                row[place] += weight
    return {key: tuple(row) for key, row in table.items()}


@cache
def _averages() -> dict[str, tuple[float, ...]]:
    """What a question adds on average: the mean of the odds over its possible answers, as log-odds."""
    table, found = _table(), {}
    for question in all_questions():
        rows = [table.get((question.id, one), (0.0,) * len(all_approaches())) for one in readings(question)]
        if rows:
            found[question.id] = tuple(
                math.log(
                    sum(
                        share * math.exp(weight)
                        for share, weight in zip(usual(question), column, strict=True)
                    )
                )
                for column in zip(*rows, strict=True)
            )
    return found


def _added(question: str, fact: Fact) -> tuple[float, ...]:
    average = _averages()[question]
    if fact.reading is None:
        return (0.0,) * len(average)
    weights = _table().get((question, fact.reading), (0.0,) * len(average))
    return tuple(fact.share * (weight - usual) for weight, usual in zip(weights, average, strict=True))


def log_odds(known: Mapping[str, Fact]) -> list[float]:
    """Log-odds of the approaches, before flattening."""
    totals = [approach.prior for approach in all_approaches().values()]
    for question, fact in known.items():
        for place, weight in enumerate(_added(question, fact)):
            totals[place] += weight
    # sums of the same weights in another order differ in the last bits; equal must stay equal
    return [round(total, 9) for total in totals]


def probabilities(known: Mapping[str, Fact], flat: float) -> dict[advice.Approach, float]:
    """Softmax over the five approaches, and a share of doubt spread over all of them."""
    totals = [flat * total for total in log_odds(known)]
    top = max(totals)
    odds = [math.exp(total - top) for total in totals]
    whole = sum(odds)
    return {
        cast(advice.Approach, name): (1 - LAPSE) * odd / whole + LAPSE / len(odds)
        for name, odd in zip(all_approaches(), odds, strict=True)
    }


def leader(known: Mapping[str, Fact]) -> advice.Approach:
    """The approach with the highest log-odds; the earlier listed one of equals."""
    totals = log_odds(known)
    return advice.APPROACHES[totals.index(max(totals))]


def best_technique(known: Mapping[str, Fact]) -> Technique:
    """The technique with the highest log-odds."""

    def total(technique: Technique) -> float:
        return technique.prior + sum(one.weight for one in spoken(technique, known))

    return max(all_techniques().values(), key=total)
