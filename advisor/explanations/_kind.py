"""An entry explains one name; a subject is a handful of entries that are read together."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["approach", "technique", "question", "arm", "metric", "term", "errors"]


class Figure(msgspec.Struct, frozen=True):
    """A published number or finding."""

    text: str
    """What was found, in a sentence."""
    source: str
    """Who published it."""


class Line(msgspec.Struct, frozen=True):
    """One line of a list."""

    mark: str
    """What stands before it: a weight, an answer's id, a code; empty for a dash."""
    text: str
    """The line."""
    notes: tuple[str, ...] = ()
    """What stands under it."""


class Block(msgspec.Struct, frozen=True):
    """A list under a heading."""

    heading: str
    """In words."""
    lines: tuple[Line, ...]
    """In the order shown."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What `explain` shows for one name; two kinds may share a name."""

    name: str
    """As people type it: lower case with underscores."""
    title: str
    """In words, with a gloss in brackets where the words alone say little."""
    kind: Kind = "term"
    """What sort of thing the name stands for."""
    what: str
    """One or two sentences."""
    paragraphs: tuple[str, ...] = ()
    """What else a consultant should know."""
    blocks: tuple[Block, ...] = ()
    """Lists: reasons, answers, codes."""
    figures: tuple[Figure, ...] = ()
    """Published numbers."""
    see_also: tuple[str, ...] = ()
    """Names of other entries."""
    aliases: tuple[str, ...] = ()
    """Other spellings that lead here."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Entries about one thing."""

    name: str
    """File name."""
    entries: tuple[Entry, ...]
    """In the order listed."""
