"""Entries of approaches and techniques, made of their own records: what speaks for them, against, and why."""

from __future__ import annotations

from collections.abc import Sequence

from advisor import approaches, techniques
from advisor.approaches._kind import Approach
from advisor.engagement.catalogue import items
from advisor.engagement.records.advice import APPROACHES
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import by_id, in_words
from advisor.questionnaire.criterion import Criterion, Gate
from advisor.techniques._kind import Technique

from ._kind import Block, Entry, Line

SCALE = "Reasons stand in order of weight; +0.7 doubles the odds, +2.3 makes them ten times as high."


def known_approaches() -> list[Approach]:
    """In the order of the recommendation's contract."""
    found = items(approaches, Approach)
    return [found[name] for name in APPROACHES]


def known_techniques() -> list[Technique]:
    """In file order."""
    return list(items(techniques, Technique).values())


def approach_entries() -> list[Entry]:
    """One entry per approach."""
    return [
        Entry(
            name=one.name,
            title=one.title,
            kind="approach",
            what=one.what,
            paragraphs=(f"First step: {one.first_step}", SCALE),
            blocks=(*_reasons(one.criteria, one.gates), _risks(one.risks)),
            see_also=("log_odds", "criterion", "confidence"),
        )
        for one in known_approaches()
    ]


def technique_entries() -> list[Entry]:
    """One entry per technique."""
    return [
        Entry(
            name=one.name,
            title=one.title,
            kind="technique",
            what=one.what,
            paragraphs=(SCALE,),
            blocks=(*_reasons(one.criteria, one.gates), _risks((one.risk,))),
            see_also=(*(arm for arm in one.arms if arm != one.name), "fine_tuning", "log_odds"),
        )
        for one in known_techniques()
    ]


def answer_text(question: Question, answer: str) -> str:
    """An option's or a band's words."""
    bands = question.number.bands if question.number is not None else ()
    return next((band.text for band in bands if band.id == answer), None) or in_words(question, answer)


def _reasons(criteria: Sequence[Criterion], gates: Sequence[Gate]) -> list[Block]:
    ordered = sorted(criteria, key=lambda one: -abs(one.weight))
    found = [
        Block("Speaks for it", tuple(_reason(one) for one in ordered if one.weight > 0)),
        Block("Speaks against it", tuple(_reason(one) for one in ordered if one.weight < 0)),
        Block("Rules it out", tuple(_line("", one) for one in gates)),
    ]
    return [block for block in found if block.lines]


def _reason(criterion: Criterion) -> Line:
    return _line(f"{criterion.weight:+.1f}", criterion)


def _line(mark: str, rule: Criterion | Gate) -> Line:
    question = by_id()[rule.question]
    answers = "; or ".join(answer_text(question, answer) for answer in rule.answers)
    return Line(mark, f"{question.text} {answers}", (rule.because, f"source: {rule.source}"))


def _risks(risks: Sequence[str]) -> Block:
    return Block("Watch", tuple(Line("", risk) for risk in risks))
