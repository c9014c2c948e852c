"""The task as messages: one wording for training, validation and every arm."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Message

PASSAGES = "Passages:"
GROUNDED = "Answer from the passages."
CITE = "Name the passages that the answer rests on by their numbers, as in [1]."
SHOWN = "Context:"
PASSAGE_MARK = "{passage}"
"""Where the text of a passage stands in a prompt that is shown to people."""


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


def with_passages(
    text: str | Sequence[Message], passages: Sequence[str], *, cite: bool = False, abstain: str = ""
) -> str | list[Message]:
    """The input with passages in front of it, numbered from 1; of a conversation, in front of its last turn.

    `cite` asks for the numbers of those that the answer rests on, `abstain` is what to say where the
    passages do not hold it.
    """
    numbered = [f"[{number}] {passage}" for number, passage in enumerate(passages, start=1)]
    otherwise = [f"If they do not hold the answer, say: {abstain}"] if abstain else []
    asked = " ".join([GROUNDED, *([CITE] if cite else []), *otherwise])
    if not passages:
        asked = " ".join(["No passage was found.", *otherwise])
    return _before(text, "\n\n".join([*([PASSAGES] if passages else []), *numbered, asked]))


def as_asked(engagement: Engagement, example: Example) -> Example:
    """The row with its passage as part of the input.

    Where there are documents it is left out: a passage may be the very one that retrieval is to find.
    """
    if not example.context or engagement.documents_path.exists():
        return example
    return msgspec.structs.replace(example, input=_before(example.input, f"{SHOWN}\n{example.context}"))


def _before(text: str | Sequence[Message], what: str) -> str | list[Message]:
    if isinstance(text, str):
        return f"{what}\n\n{text}"
    *earlier, last = text
    return [*earlier, Message(role=last.role, content=f"{what}\n\n{last.content}")]
