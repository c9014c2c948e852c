"""The task as messages: one wording for training, validation and every arm."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.records.examples import Message


def task_messages(
    instruction: str,
    labels: Sequence[str],
    text: str | Sequence[Message],
    *,
    shots: Sequence[tuple[str, str]] = (),
) -> list[Message]:
    """System message with the task, worked examples as turns, then the input."""
    listed = [f"- {label}" for label in labels]
    ending = ["Answer with the category only."] if labels else []
    messages = [Message(role="system", content="\n".join([instruction, *listed, *ending]))]
    for question, answer in shots:
        messages += [Message(role="user", content=question), Message(role="assistant", content=answer)]
    if isinstance(text, str):
        return [*messages, Message(role="user", content=text)]
    return [*messages, *text]
