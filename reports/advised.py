"""The parts of a report that come from the advice: reasons, flips, money, unknowns, answers."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import (
    AnsweredQuestion,
    CostItem,
    FindOut,
    Flip,
    Reason,
    Recommendation,
)

from .numbers import count, money, money_range, two_digits
from .titles import APPROACHES

PER_THOUSAND = "1,000 requests"
TO_BE_NAMED = "to be named"


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


def reason_rows(reasons: list[Reason]) -> list[ReasonRow]:
    """Reasons in the order of the record."""
    return [
        ReasonRow(
            one.because,
            one.question_text,
            one.answer,
            f"{one.weight:+.2f}".replace("-", "\N{MINUS SIGN}"),
            one.source,
        )
        for one in reasons
    ]


def flip_sentences(flips: list[Flip]) -> list[str]:
    """`question: from X to Y, and it becomes RAG`."""
    return [
        f"{one.question_text} If the answer were \N{LEFT DOUBLE QUOTATION MARK}{one.to}"
        f"\N{RIGHT DOUBLE QUOTATION MARK} instead of \N{LEFT DOUBLE QUOTATION MARK}{one.now}"
        f"\N{RIGHT DOUBLE QUOTATION MARK}, it would be {APPROACHES[one.becomes]}."
        for one in flips
    ]


def unknown_rows(unknown: list[FindOut]) -> list[tuple[str, str, str, str]]:
    """Question, how to find out, what it could turn the advice to, and room for an owner."""
    return [
        (
            one.question_text,
            one.why,
            ", ".join(APPROACHES[name] for name in one.could_become) or "nothing else",
            TO_BE_NAMED,
        )
        for one in unknown
    ]


def answer_rows(answered: list[AnsweredQuestion]) -> list[tuple[str, str, str, str]]:
    """Question, answer, certainty and note, in the order of the questionnaire."""
    return [(one.text, one.answer, one.certainty, one.note) for one in answered]


def money_rows(advice: Recommendation) -> list[MoneyRow]:
    """The bill, line by line."""
    return [_money_row(item, advice) for item in advice.cost.items]


def money_totals(advice: Recommendation) -> list[tuple[str, str]]:
    """Once, and per month or per 1,000 requests."""
    cost = advice.cost
    return [
        ("once", money_range(cost.one_off, cost.currency)),
        (running_period(advice), money_range(cost.per_month, cost.currency)),
    ]


def running_period(advice: Recommendation) -> str:
    """`per month`, or `per 1,000 requests` where the volume is unknown."""
    unknown = any(PER_THOUSAND in sentence for sentence in advice.cost.assumptions)
    return f"per {PER_THOUSAND}" if unknown else "per month"


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
