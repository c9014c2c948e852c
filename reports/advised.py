"""The parts of a report that come from the advice: reasons, flips, unknowns, sources, answers, money."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from advisor.engagement.records.advice import (
    AnsweredQuestion,
    CostItem,
    FindOut,
    Flip,
    Reason,
    Recommendation,
)

from .numbers import count, in_words, money, money_range, two_digits, weight
from .titles import APPROACHES, capital

PER_THOUSAND = "1,000 requests"
LEAST_WEIGHT = 0.05
"""A reason nearer to zero than this needs no row."""
VOLUME = "requests_per_month"


class ReasonRow(NamedTuple):
    """One reason as shown."""

    because: str
    """Why it matters."""
    question: str
    """What was asked."""
    answer: str
    """What was answered."""
    weight: str
    """Log-odds, signed."""
    source: str
    """Who says so."""


class Turn(NamedTuple):
    """Other answers to one question that lead to the same approach."""

    becomes: str
    """What it would be."""
    answers: list[str]
    """Any of them, in words."""


class FlipRow(NamedTuple):
    """One question whose answer decides."""

    question: str
    """Its wording."""
    now: str
    """The present answer; an assumed one says so."""
    turns: list[Turn]
    """What it would be under which other answers."""


class UnknownRow(NamedTuple):
    """One open question as shown; beside it stands an empty field for a name."""

    question: str
    """Its wording."""
    why: str
    """Why it matters and how to find out."""
    could_become: str
    """Approaches that an answer could lead to."""
    owner: str
    """Whom to ask, by role."""


class SourceRow(NamedTuple):
    """One source that the advice cites."""

    source: str
    """Who says so."""
    used_for: str
    """How many reasons, or which lines of the bill."""
    as_of: str
    """ISO date of a price; empty where there is none."""


class MoneyRow(NamedTuple):
    """One line of the bill as shown."""

    name: str
    """What is paid for."""
    period: str
    """once or per month."""
    quantity: str
    """How much of which unit."""
    price: str
    """Of one unit."""
    amount: str
    """Low to high, likely."""
    source: str
    """Who says so, and of which date."""


AnswerRow = tuple[str, str, str, str]
"""Question, answer, certainty, note."""


def reason_rows(reasons: list[Reason]) -> list[ReasonRow]:
    """Reasons in the order of the record; those near zero are left out."""
    return [
        ReasonRow(
            capital(one.because),
            one.question_text,
            one.answer,
            weight(one.weight),
            one.source,
        )
        for one in reasons
        if abs(one.weight) >= LEAST_WEIGHT
    ]


def flip_rows(advice: Recommendation) -> list[FlipRow]:
    """One row for each question, however many of its answers would change the advice."""
    assumed = {one.question for one in advice.answered if one.certainty == "assumed"}
    by_question: dict[str, list[Flip]] = {}
    for flip in advice.flips:
        by_question.setdefault(flip.question, []).append(flip)
    return [
        FlipRow(
            flips[0].question_text,
            f"{flips[0].now} (assumed)" if question in assumed else flips[0].now,
            _turns(flips),
        )
        for question, flips in by_question.items()
    ]


def unknown_rows(unknown: list[FindOut]) -> list[UnknownRow]:
    """In the order of the record: most useful first."""
    return [
        UnknownRow(
            one.question_text,
            one.why,
            ", ".join(APPROACHES[name] for name in one.could_become) or "nothing else",
            f"ask: {one.who}",
        )
        for one in unknown
    ]


def to_confirm(advice: Recommendation) -> list[str]:
    """Assumed answers that would change the advice if they were wrong."""
    deciding = {flip.question for flip in advice.flips}
    return [
        f"{one.text} Assumed: {one.answer}."
        for one in advice.answered
        if one.certainty == "assumed" and one.question in deciding
    ]


def source_rows(advice: Recommendation) -> list[SourceRow]:
    """Every source once: those of the reasons, most cited first, then those of the prices."""
    cited: dict[str, int] = {}
    for reason in (*advice.reasons_for, *advice.reasons_against):
        cited[reason.source] = cited.get(reason.source, 0) + 1
    rows = [
        SourceRow(source, f"{times} reason{'s' if times > 1 else ''}", "")
        for source, times in sorted(cited.items(), key=lambda pair: -pair[1])
    ]
    priced: dict[tuple[str, str], list[str]] = {}
    for item in advice.cost.items:
        priced.setdefault((item.source, item.as_of), []).append(item.name)
    return rows + [
        SourceRow(source, f"price: {', '.join(names)}", as_of) for (source, as_of), names in priced.items()
    ]


def answer_groups(answered: list[AnsweredQuestion]) -> list[tuple[str, list[AnswerRow]]]:
    """Sections with their answers, in the order of the questionnaire."""
    return [
        (section, [(one.text, one.answer, one.certainty, one.note) for one in group])
        for section, group in groupby(answered, key=lambda one: one.section)
    ]


def money_rows(advice: Recommendation) -> list[MoneyRow]:
    """The bill, line by line."""
    return [_money_row(item, advice) for item in advice.cost.items]


def money_totals(advice: Recommendation) -> list[tuple[str, str]]:
    """Once, and per month or per 1,000 requests, where it costs anything to run."""
    cost = advice.cost
    running = (running_period(advice), money_range(cost.per_month, cost.currency))
    return [
        ("once", money_range(cost.one_off, cost.currency)),
        running if cost.per_month.high else ("to run", "nothing"),
    ]


def volume(advice: Recommendation) -> float | None:
    """Requests a month as answered; None where nobody knows."""
    return next((one.number for one in advice.answered if one.question == VOLUME), None)


def running_period(advice: Recommendation) -> str:
    """`per month`, or `per 1,000 requests` where the volume is unknown."""
    return in_words(f"per {PER_THOUSAND}") if volume(advice) is None else "per month"


def _turns(flips: list[Flip]) -> list[Turn]:
    """Answers by what they lead to, first seen first."""
    found: dict[str, list[str]] = {}
    for flip in flips:
        found.setdefault(APPROACHES[flip.becomes], []).append(flip.to)
    return [Turn(becomes, answers) for becomes, answers in found.items()]


def _money_row(item: CostItem, advice: Recommendation) -> MoneyRow:
    currency = advice.cost.currency
    dated = f"{item.source}, {item.as_of}" if item.as_of else item.source
    return MoneyRow(
        name=item.name,
        period="once" if item.period == "one_off" else running_period(advice),
        quantity=f"{count(two_digits(item.quantity))} \N{MULTIPLICATION SIGN} {item.unit}",
        price=money(item.unit_price, currency),
        amount=f"{money(item.low, currency)} to {money(item.high, currency)}, "
        f"likely {money(item.likely, currency)}"
        if item.low != item.high
        else money(item.likely, currency),
        source=dated,
    )
