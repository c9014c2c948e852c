"""An approach is a prior, what speaks for and against it, and what rules it out."""

from __future__ import annotations

import msgspec

from advisor.questionnaire.criterion import Criterion, Gate


class Approach(msgspec.Struct, frozen=True, kw_only=True):
    """One way to go, with its published reasons."""

    name: str
    """Id, as in the recommendation."""
    title: str
    """In words."""
    what: str
    """What it means, in a sentence a client understands."""
    prior: float
    """Log-odds before any answer."""
    criteria: tuple[Criterion, ...]
    """What an answer adds."""
    gates: tuple[Gate, ...] = ()
    """What rules it out."""
    first_step: str
    """What to do first if it is recommended."""
    risks: tuple[str, ...]
    """What may go wrong even if the advice is right."""
