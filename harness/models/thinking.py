"""What a model writes for itself before it answers: told from the answer by the tags of model families."""

from __future__ import annotations

from typing import NamedTuple

UNMISTAKABLE = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
"""Tags whose end says by itself that there was thinking before it; the others may be text or markup."""
TAGS = (
    *UNMISTAKABLE,
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
)
"""How thinking begins and ends, by the chat templates and model cards of the families (2026-11)."""


class Parts(NamedTuple):
    """A model's text in two."""

    answer: str
    """What is scored; empty where the thinking never ends."""
    thinking: str
    """What stands between the tags; empty without them."""
    closed: bool
    """Whether the thinking ended."""


def split(text: str, *, opened: str = "") -> Parts:
    """The answer, and the thinking in front of it.

    Tags count at the beginning only: further on they may be part of what was asked for. `opened` is the tag
    that the prompt ends with, where it does: the text then begins inside. A text with an end tag and no
    beginning is taken to begin inside too: servers leave out what the prompt held.
    """
    rest = opened + text if opened else _begun(text)
    thoughts: list[str] = []
    while (tag := _tag_at_start(rest)) is not None:
        begin, end = tag
        thought, found, rest = rest.lstrip()[len(begin) :].partition(end)
        thoughts.append(thought.strip())
        if not found:
            return Parts("", _joined(thoughts), False)
    return Parts(rest.strip(), _joined(thoughts), True)


def tag_opened_by(prompt: str) -> str:
    """The tag that a prompt ends with, such as templates of models that always think; empty where none."""
    return next((begin for begin, _ in TAGS if prompt.rstrip().endswith(begin)), "")


def _begun(text: str) -> str:
    for begin, end in UNMISTAKABLE:
        before, found, _ = text.partition(end)
        if found and begin not in before:
            return begin + text
    return text


def _tag_at_start(text: str) -> tuple[str, str] | None:
    return next((tag for tag in TAGS if text.lstrip().startswith(tag[0])), None)


def _joined(thoughts: list[str]) -> str:
    return "\n\n".join(thought for thought in thoughts if thought)
