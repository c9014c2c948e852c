"""A technique is a way of changing a model, with what speaks for it and what rules it out."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.questionnaire.criterion import Criterion, Gate

Objective = Literal["sft", "dpo", "rlhf", "distillation", "continued_pretraining"]
Parameters = Literal["full", "lora", "qlora", "hosted"]


class Technique(msgspec.Struct, frozen=True, kw_only=True):
    """One way to change a model."""

    name: str
    """Id, as in the recommendation."""
    title: str
    """In words."""
    what: str
    """What it means, in a sentence a client understands."""
    objective: Objective
    """What is optimised; sft is instruction tuning."""
    parameters: tuple[Parameters, ...]
    """What may move, in order of preference; the first one that the hardware carries is taken."""
    prior: float
    """Log-odds before any answer."""
    criteria: tuple[Criterion, ...]
    """What an answer adds."""
    gates: tuple[Gate, ...] = ()
    """What rules it out."""
    arms: tuple[str, ...]
    """Arms that stand for it in a comparison."""
    risk: str
    """What to watch."""
