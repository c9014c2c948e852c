"""Every question in the order of asking, and which of them a set of answers makes visible."""

from __future__ import annotations

from functools import cache

from advisor.engagement.catalogue import items
from advisor.engagement.records.answers import UNKNOWN, Answers, Value

from . import questions
from ._kind import Band, Number, Question, Section

PLAUSIBLE_TARGET = (80.0, 95.0)
"""Percent, our assumption: where no target is known, a score that falls in one band for both is read so."""


@cache
def sections() -> tuple[Section, ...]:
    """The sections in their order."""
    return tuple(sorted(items(questions, Section).values(), key=lambda section: section.order))


@cache
def all_questions() -> tuple[Question, ...]:
    """Core questions first, each group in the order of the sections."""
    listed = [question for section in sections() for question in section.questions]
    return tuple(sorted(listed, key=lambda question: not question.core))


@cache
def by_id() -> dict[str, Question]:
    """Questions by id."""
    return {question.id: question for question in all_questions()}


@cache
def section_of(question: str) -> Section:
    """The section a question stands in."""
    return next(s for s in sections() if question in {q.id for q in s.questions})


def is_visible(question: Question, answers: Answers) -> bool:
    """Whether the question makes sense; an unknown condition does not hide it."""
    condition = question.shown_when
    if condition is None:
        return True
    said = answers.value(condition.question)
    return said is None or said in condition.answers


def visible(answers: Answers) -> list[Question]:
    """Questions that the answers so far call for."""
    return [question for question in all_questions() if is_visible(question, answers)]


def reading(question: Question, answers: Answers) -> str | None:
    """What criteria see: the option's id or the number's band; None where it cannot be known."""
    if question.number is None:
        value = answers.value(question.id)
        return str(value) if value is not None else None
    band = _band(question.number, answers.number(question.id), answers)
    return band.id if band is not None else None


def _band(number: Number, value: float | None, answers: Answers) -> Band | None:
    if value is None:
        return None
    if not number.share_of:
        return _at(number, value)
    whole = answers.number(number.share_of)
    if whole is not None:
        return _at(number, value / whole) if whole else None
    low, high = (_at(number, value / target) for target in PLAUSIBLE_TARGET)
    return low if low == high else None


def _at(number: Number, value: float) -> Band | None:
    return next((band for band in number.bands if value < band.below), None)


def in_words(question: Question, value: Value | None) -> str:
    """An answer as a person says it."""
    if value is None or value == UNKNOWN:
        return UNKNOWN
    if question.number is not None:
        return f"{value:,.15g} {question.number.unit}"
    return next((option.text for option in question.options if option.id == value), str(value))


def usual(question: Question) -> tuple[float, ...]:
    """How common each reading is, summing to one."""
    given = question.number.bands if question.number is not None else question.options
    whole = sum(one.usual for one in given)
    return tuple(one.usual / whole for one in given)


def readings(question: Question) -> tuple[str, ...]:
    """Every option or band a criterion may refer to."""
    if question.number is not None:
        return tuple(band.id for band in question.number.bands)
    return tuple(option.id for option in question.options)
