"""A label written into nearly every input is found; a label that is an ordinary word is not claimed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from advisor.engagement.records.examples import Example
from harness.intake.audits import echo
from harness.intake.corpus import Corpus, Seen
from harness.intake.store import Rows


def corpus(rows: list[tuple[str, str]]) -> Corpus:
    """A classification corpus of (input, label)."""
    store = Rows()
    store.begin(Path("rows.jsonl"))
    for number, (text, label) in enumerate(rows):
        store.add(Example(id=str(number), input=text, output=label, label=label), line=number + 1)
    store.seal()
    store.task = "classification"
    labels = sorted({label for _, label in rows})
    count = len(rows)
    return Corpus(
        rows=store,
        task="classification",
        split=np.zeros(count, np.uint8),
        inputs=np.arange(count, dtype=np.uint64),
        outputs=np.arange(count, dtype=np.uint64),
        cluster=np.arange(count, dtype=np.int64),
        labels=labels,
        label=np.array([labels.index(label) for _, label in rows], np.int32),
        given_test=False,
    )


def seen(rows: list[tuple[str, str]]) -> Seen:
    whole = corpus(rows)
    try:
        return echo.AUDIT.look(whole)
    finally:
        whole.rows.close()


LABELS = ["refund", "lost_card", "stock", "booking"]


def test_labels_written_into_nearly_every_input_are_found() -> None:
    rows = [(f"question {n} about my bike [category: {LABELS[n % 4]}]", LABELS[n % 4]) for n in range(100)]
    rows[7] = ("no mark here", "stock")
    rows[9] = ("Topic LOST CARD, question 9", "lost_card")
    (one,) = seen(rows).found
    assert one.finding.code == "label_in_input"
    assert "input contains" in one.finding.message
    assert one.finding.severity == "serious"
    assert one.finding.count == 99
    assert 7 not in one.numbers and 9 in one.numbers


def test_labels_that_are_ordinary_words_of_the_question_are_not_claimed() -> None:
    timers = [(f"set a {n} minute timer", "timer") for n in range(50)]
    others = [(f"is it going to rain on day {n}", "weather") for n in range(50)]
    assert not seen(timers + others).found


def test_a_list_of_all_labels_in_every_input_gives_nothing_away() -> None:
    offered = "choose refund, lost card, stock or booking"
    assert not seen([(f"{offered}: question {n}", LABELS[n % 4]) for n in range(100)]).found


def test_a_single_label_or_another_task_is_not_compared() -> None:
    assert not seen([(f"refund {n}", "refund") for n in range(20)]).found
    whole = corpus([(f"{LABELS[n % 4]} {n}", LABELS[n % 4]) for n in range(20)])
    assert not echo.AUDIT.look(whole._replace(task="generation")).found
    whole.rows.close()
