"""One finding of `tunecase doctor`: a word, what was found, and a way out where it is a problem."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Word = Literal["ok", "note", "fail"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    word: Word
    """ok, note (works, and worth knowing) or fail (something will not work)."""
    text: str
    """What was found."""
    fix: str = ""
    """A command or an edit; empty where nothing is wrong."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Findings on one subject."""

    name: str
    """machine, installation or engagement."""
    lines: list[Line]
    """In the order they were found."""


def ok(text: str) -> Line:
    """Nothing wrong."""
    return Line(word="ok", text=text)


def note(text: str, *, fix: str = "") -> Line:
    """Worth knowing."""
    return Line(word="note", text=text, fix=fix)


def fail(text: str, *, fix: str) -> Line:
    """Something will not work."""
    return Line(word="fail", text=text, fix=fix)


def all_well(groups: Iterable[Group]) -> bool:
    """Whether no line says fail."""
    return all(line.word != "fail" for group in groups for line in group.lines)
