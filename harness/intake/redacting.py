"""A copy without personal data and secrets: each value gives way to a placeholder such as [EMAIL]."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from advisor.engagement.records.examples import Example, Message

from .patterns._kind import Pattern
from .patterns.personal import PERSONAL
from .patterns.secrets import SECRETS

_PATTERNS = (*SECRETS, *PERSONAL)


def redact(example: Example) -> tuple[Example, Counter[str]]:
    """The masked row and how many values of each kind were masked, by the word of the placeholder.

    A class stays as it is (an output that is the row's label), and so do ids and the names in `meta`.
    """
    counts: Counter[str] = Counter()
    named = example.label is not None and example.label == example.output
    if isinstance(example.input, str):
        asked: str | list[Message] = masked(example.input, counts)
    else:
        asked = [Message(turn.role, masked(turn.content, counts)) for turn in example.input]
    copy = msgspec.structs.replace(
        example,
        input=asked,
        output=example.output if named else masked(example.output, counts),
        label=example.label if named or example.label is None else masked(example.label, counts),
        context=None if example.context is None else masked(example.context, counts),
        meta=_deep(example.meta, counts),
    )
    return copy, counts


def masked(text: str, counts: Counter[str]) -> str:
    """The text with placeholders, counted in `counts`; again until nothing is found, so twice is as once."""
    while True:
        before = counts.total()
        for pattern in _PATTERNS:
            text = _mask(text, pattern, counts)
        if counts.total() == before:
            return text


def _mask(text: str, pattern: Pattern, counts: Counter[str]) -> str:
    if not pattern.may(text):
        return text
    parts, done = [], 0
    for begin, end in sorted(pattern.spans(text)):
        if begin >= done:
            parts += [text[done:begin], f"[{pattern.mask}]"]
            done = end
            counts[pattern.mask] += 1
    return "".join([*parts, text[done:]])


def _deep(value: Any, counts: Counter[str]) -> Any:
    """Strings at any depth."""
    if isinstance(value, str):
        return masked(value, counts)
    if isinstance(value, dict):
        return {name: _deep(inner, counts) for name, inner in value.items()}
    if isinstance(value, list):
        return [_deep(inner, counts) for inner in value]
    return value
