"""Entries of questions, made of their own records and of what the rules make of each answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.approaches._kind import Approach
from advisor.questionnaire._kind import Number, Question
from advisor.questionnaire.asking import all_questions, readings
from advisor.techniques._kind import Technique

from ._kind import Block, Entry, Line
from .weighed import answer_text, known_approaches, known_techniques


def question_entries() -> list[Entry]:
    """One entry per question, in the order of asking."""
    return [
        Entry(
            name=one.id,
            title=one.text,
            kind="question",
            what=one.why,
            paragraphs=tuple(_paragraphs(one)),
            blocks=_blocks(one),
            see_also=tuple(_related(one)),
        )
        for one in all_questions()
    ]


def _paragraphs(question: Question) -> Iterator[str]:
    yield f"How to find out: {question.how_to_find_out}"
    yield f"Ask: {question.who}"
    if question.number is not None:
        yield _takes(question.number)
    if question.shown_when is not None:
        listed = ", ".join(question.shown_when.answers)
        yield f"Asked only if {question.shown_when.question} is one of: {listed}."


def _takes(number: Number) -> str:
    taken = f"The answer is a number of {number.unit} from {number.low:g} to {number.high:g}"
    if number.share_of:
        return f"{taken}, read as a share of {number.share_of}."
    others = [one.id for one in all_questions() if one.number is not None and one.number.share_of]
    return f"{taken}." if number.bands else f"{taken}, read together with {', '.join(others)}."


def _blocks(question: Question) -> tuple[Block, ...]:
    lines = tuple(
        Line(answer, answer_text(question, answer), tuple(_moves(question.id, answer)))
        for answer in readings(question)
    )
    return (Block("Answers, and what each of them moves", lines),) if lines else ()


def _moves(question: str, answer: str) -> Iterator[str]:
    moved = [
        *_moved("", known_approaches(), question, answer),
        *_moved("techniques: ", known_techniques(), question, answer),
    ]
    yield from moved or ["moves nothing"]


def _moved(lead: str, listed: Iterable[Approach | Technique], question: str, answer: str) -> Iterator[str]:
    """`for rag +1.2; against prompting -0.3; rules out full`, or nothing."""
    weights: dict[str, float] = {}
    closed = []
    for one in listed:
        for criterion in one.criteria:
            if criterion.question == question and answer in criterion.answers:
                weights[one.name] = weights.get(one.name, 0.0) + criterion.weight
        if any(gate.question == question and answer in gate.answers for gate in one.gates):
            closed.append(one.name)
    ordered = sorted(weights.items(), key=lambda entry: -abs(entry[1]))
    raised = ", ".join(f"{name} {weight:+.1f}" for name, weight in ordered if weight > 0)
    lowered = ", ".join(f"{name} {weight:+.1f}" for name, weight in ordered if weight < 0)
    parts = [("for", raised), ("against", lowered), ("rules out", ", ".join(closed))]
    told = "; ".join(f"{word} {names}" for word, names in parts if names)
    if told:
        yield lead + told


def _related(question: Question) -> Iterator[str]:
    if question.shown_when is not None:
        yield question.shown_when.question
    if question.number is not None and question.number.share_of:
        yield question.number.share_of
    yield from ("certainty", "log_odds")
