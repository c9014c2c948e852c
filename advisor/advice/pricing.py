"""From answers to a priced workload; what the answers leave open is assumed and said."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.costing.money import Case
from advisor.engagement.records.advice import Approach, Range
from advisor.engagement.records.answers import Answers

from .choosing import CARD_BY_HARDWARE, Choice, seen
from .taking import NOTHING, Costs
from .weighing import Fact

TOKENS = {
    "classification": (500.0, 10.0),
    "extraction": (1500.0, 200.0),
    "answers": (800.0, 300.0),
    "writing": (900.0, 300.0),
    "formal_language": (1200.0, 150.0),
    "translation": (600.0, 300.0),
    "open_ended": (1500.0, 500.0),
}
"""Tokens in and out per request: assumption."""

ROWS = {
    "none": 0.0,
    "under_50": 30.0,
    "n_50_99": 75.0,
    "n_100_999": 500.0,
    "n_1000_9999": 3000.0,
    "n_10000_plus": 20000.0,
}
"""A typical count within each option."""


def workload(
    answers: Answers,
    known: Mapping[str, Fact],
    *,
    approach: Approach,
    choice: Choice,
    size: float | None,
    measured: Costs = NOTHING,
) -> Case:
    """What is to be priced, of one approach; card, size and rows are those of the runs where they count."""
    tokens_in, tokens_out = tokens(answers, known)
    return Case(
        approach=approach,
        parameters=choice.parameters or "none",
        params_b=size if size is None else measured.params_b or size,
        gpu=measured.gpu or CARD_BY_HARDWARE[seen(known, "hardware") or "none"],
        in_house=seen(known, "data_leaves") == "own_machines",
        requests_per_month=answers.number("requests_per_month"),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        training_rows=measured.rows
        or ROWS[seen(known, "labelled_examples") or "n_100_999"]
        or ROWS["n_100_999"],
        labels=_labels(known, trained=choice.parameters is not None),
        fixed_text=min(answers.number("fixed_text") or 0.0, tokens_in),
        latency=seen(known, "latency"),
        knowledge_changes=seen(known, "knowledge_changes"),
        knowledge_size=seen(known, "knowledge_size"),
        sure_of_volume=_is_sure(answers, "requests_per_month"),
        sure_of_tokens=_is_sure(answers, "tokens_in") and _is_sure(answers, "tokens_out"),
        taken=measured.taken,
    )


def _is_sure(answers: Answers, question: str) -> bool:
    """Whether it was answered as known: an assumed number gets a band."""
    answer = answers.by_question.get(question)
    return answer is not None and answer.is_known and answer.certainty == "known"


def tokens(answers: Answers, known: Mapping[str, Fact]) -> tuple[float, float]:
    """Tokens in (fixed text included) and out per request: as answered, else usual for the kind of task."""
    usual_in, usual_out = TOKENS.get(seen(known, "task_kind") or "", (1000.0, 200.0))
    own, fixed = answers.number("tokens_in"), answers.number("fixed_text")
    given_in = (usual_in if own is None else own) + (fixed or 0.0)
    return given_in, answers.number("tokens_out") or usual_out


def _labels(known: Mapping[str, Fact], *, trained: bool) -> Range:
    """Examples to label yet: a test set where none is agreed, and training examples where they are few."""
    rows = ROWS.get(seen(known, "labelled_examples") or "", 0.0)
    tested = seen(known, "success_measure") in ("test_set", "checker")
    test = 0.0 if tested else max(0.0, 200.0 - rows)
    train = max(0.0, 500.0 - rows) if trained else 0.0
    needed = test + train
    return Range(low=needed / 2, likely=needed, high=2 * needed)
