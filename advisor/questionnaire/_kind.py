"""A question is data: its words, its possible answers, why it is asked and how to find out."""

from __future__ import annotations

import msgspec


class Option(msgspec.Struct, frozen=True):
    """One possible answer."""

    id: str
    """Stable word, written in `answers.toml`."""
    text: str
    """What a person reads: thresholds, not adjectives."""
    usual: float = 1.0
    """How common it is beside its neighbours, our assumption: what an unknown answer is averaged with."""


class Band(msgspec.Struct, frozen=True):
    """A stretch of numbers that means the same to the advice."""

    id: str
    """Stable word that criteria refer to."""
    below: float
    """The band ends before this number; infinity for the last."""
    text: str
    """In words."""
    usual: float = 1.0
    """As of an option."""


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """How a numeric answer is read."""

    unit: str
    """Unit shown and accepted after the number."""
    low: float
    """Smallest possible value."""
    high: float
    """Largest possible value."""
    probes: tuple[float, ...]
    """Values tried when looking for what would change the advice."""
    bands: tuple[Band, ...] = ()
    """Stretches in rising order; empty where another question reads this number."""
    share_of: str = ""
    """Question whose number this one is divided by before the band is looked up."""


class ShownWhen(msgspec.Struct, frozen=True):
    """A question that makes sense only after certain answers; an unknown answer shows it."""

    question: str
    """The other question."""
    answers: tuple[str, ...]
    """Options under which this one is asked."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to find out, in at most 15 words."""

    id: str
    """Key in `answers.toml`."""
    text: str
    """The wording."""
    why: str
    """Why we ask, in one line."""
    how_to_find_out: str
    """What to do when nobody knows."""
    who: str
    """Role at the client that can answer: owner of the question while it is open."""
    core: bool = False
    """Asked first; enough of these give a provisional answer."""
    options: tuple[Option, ...] = ()
    """Mutually exclusive answers; empty for a number."""
    number: Number | None = None
    """How a number is read; None for options."""
    shown_when: ShownWhen | None = None
    """Condition for asking."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that one person of the client can answer in one sitting."""

    name: str
    """File name."""
    title: str
    """Heading."""
    order: int
    """Place in the questionnaire."""
    questions: tuple[Question, ...]
    """In the order of asking."""
