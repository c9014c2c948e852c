"""What a served model is asked: the task as its arm puts it, passages included, and what else it needs."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Message


class Asked(NamedTuple):
    """One question, and what its asker has to know."""

    messages: list[Message]
    """Task, then a row of the validation split, or a greeting where there is none."""
    notes: list[str]
    """What the server leaves to whoever asks, in sentences."""


def question(engagement: Engagement, *, arm: str = "", retrieves: bool = False) -> Asked:
    """The first validation row as the arm would put it; `retrieves` searches the documents for it."""
    if not engagement.plan_path.exists() or not engagement.splits_path.exists():
        return Asked([Message(role="user", content="Hello.")], [])
    from trainers.language.prompting import as_asked, task_messages

    splits, examples = engagement.splits(), engagement.examples()
    labels = sorted(
        {
            row.label
            for name in (*splits.train, *splits.validation, *splits.test)
            if (row := examples.get(name)) is not None and row.label is not None
        }
    )
    rows = (examples[name] for name in splits.validation if name in examples)
    first = next((as_asked(engagement, row) for row in rows), None)
    notes = [_labels(len(labels))] if arm and labels else []
    if retrieves and first is not None:
        first, said = _with_passages(engagement, arm, first)
        notes = [said, *notes]
    asked = task_messages(engagement.plan().instruction, labels, first.input if first else "Hello.")
    return Asked(asked, notes)


def _with_passages(engagement: Engagement, arm: str, row: Example) -> tuple[Example, str]:
    """The row behind the passages found for it, and how they were found."""
    from harness.retrieval.answering import told
    from harness.retrieval.asking import grounds
    from harness.running import arm_data

    plan = engagement.plan()
    found = grounds(plan, engagement, arm_data(engagement, plan), arm=arm)
    said = told(found)
    return found.asked(row), (
        f"{arm} answers from passages, and the server finds none: put them before each question, as the "
        f"request file does. It was measured with {said['passages']}; search {said['search']} "
        f"of {engagement.documents_path}"
    )


def _labels(count: int) -> str:
    return (
        f"measured by the probabilities of the {count} labels; the server writes freely: "
        "check that an answer is a label"
    )
