"""What an arm that retrieves needs beside its weights: passages in front of each question."""

from __future__ import annotations

from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Message
from trainers.exports._kind import Material, Trained
from trainers.language.prompting import PASSAGE_MARK, with_passages

QUESTION = "{input}"
"""Where the question stands in a request."""


def measured(engagement: Engagement, arm: str) -> tuple[int, str]:
    """Passages in the arm's prompt as it was measured, and how they were found; 0 where it holds none."""
    comparison = engagement.comparison()
    found = next((one for one in comparison.arms if one.name == arm), None) if comparison else None
    if found is None:
        return 0, ""
    return found.prompt.count(PASSAGE_MARK), found.choices.get("search", "")


def question(material: Material) -> str | list[Message]:
    """The user's turn with marks where its texts belong."""
    trained, asked = material.trained, material.plan.retrieval
    if trained is None or not trained.passages:
        return QUESTION
    cite = asked.cite and material.task != "classification"
    marks = [PASSAGE_MARK] * trained.passages
    return with_passages(QUESTION, marks, cite=cite, abstain=asked.abstain if cite else "")


def needed(trained: Trained) -> list[str]:
    """What whoever deploys it has to bring, in a sentence; nothing for an arm without retrieval."""
    if not trained.passages:
        return []
    how = f" ({trained.search})" if trained.search else ""
    return [
        f"{trained.arm} answers from passages: it was trained and measured with {trained.passages} before "
        f"each question{how}. The weights hold neither documents nor search: find passages in the same way, "
        "and put them into the message as training did"
    ]
