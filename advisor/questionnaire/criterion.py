"""Why an answer speaks for or against something: the one form of all published rules."""

from __future__ import annotations

from typing import Literal

import msgspec

NotReadyBecause = Literal["no_measure", "no_data", "wrong_data", "not_a_language_problem"]


class Criterion(msgspec.Struct, frozen=True):
    """An answer adds log-odds; 0.7 doubles the odds, 2.3 makes them ten times as high."""

    question: str
    """Id of the question."""
    answers: tuple[str, ...]
    """Options or bands under which it speaks."""
    weight: float
    """Log-odds, our reading of how strongly the source speaks."""
    because: str
    """The reason, without a full stop."""
    source: str
    """Where it is published."""
    names: NotReadyBecause | None = None
    """What `not_ready` is because of, where this criterion leads there."""


class Gate(msgspec.Struct, frozen=True):
    """An answer that rules something out."""

    question: str
    """Id of the question."""
    answers: tuple[str, ...]
    """Options or bands that close it."""
    because: str
    """The reason, without a full stop."""
    source: str
    """Where it is published."""
