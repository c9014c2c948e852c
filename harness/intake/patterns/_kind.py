"""What a pattern is: one kind of value that a client may not want to hand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from advisor.engagement.records.examples import Example

Span = tuple[int, int]
"""Place of the first character and of the one after the last."""

BREAK = "\n\n"
"""Stands between the fields of a row: a pattern may run over one end of a line, never over two."""


class Pattern(NamedTuple):
    """Finds every value of a kind; `[KIND]` itself is never one, so masking ends."""

    mask: str
    """Word of the placeholder: EMAIL is masked as [EMAIL]."""
    may: Callable[[str], object]
    """False where the text cannot hold one, for the price of one glance."""
    spans: Callable[[str], Iterator[Span]]
    """Places of the values, ascending."""

    def within(self, text: str) -> bool:
        """Whether the text holds one."""
        return bool(self.may(text)) and next(self.spans(text), None) is not None


def row_text(example: Example) -> str:
    """All that is learnt from a row: input, output, passage, and the worse answer of a pair."""
    if isinstance(example.input, str):
        text = f"{example.input}{BREAK}{example.output}"
    else:
        text = BREAK.join([*(message.content for message in example.input), example.output])
    if example.context:
        text = f"{text}{BREAK}{example.context}"
    if example.meta:
        rejected = example.meta.get("rejected")
        if isinstance(rejected, str):
            text = f"{text}{BREAK}{rejected}"
    return text


def spans_of(expression: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    """Places of the named group that took part in a match, or of the whole match."""

    def spans(text: str) -> Iterator[Span]:
        return (match.span(match.lastgroup or 0) for match in expression.finditer(text))

    return spans
