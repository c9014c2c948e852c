"""What a fine-tuned model can no longer do: answers to the canaries before and after."""

from __future__ import annotations

from typing import Literal

import msgspec

Word = Literal["forgets", "not shown to forget", "cannot be told"]


class CanarySpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of one model's answers: its digest names `runs/canaries/<digest>/`."""

    schema: str = "canaries/1"
    """Name and number of this record's form."""
    weights: str
    """sha256 of the base weights."""
    tokenizer: str
    """sha256 of tokenizer and chat template."""
    adapter: str | None
    """sha256 of the trained files; None for the base itself."""
    quantised: bool
    """Whether the base is held in 4-bit."""
    pack: str
    """sha256 of the canaries."""
    renderer: int
    """Hand-raised version of the renderer."""
    checks: int
    """Hand-raised version of the checks."""
    generator: int = 1
    """Hand-raised version of how text is written."""


class CanaryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `answers.jsonl`."""

    id: str
    """Which canary."""
    output: str
    """The model's answer."""
    passed: bool
    """Whether it does what was asked."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of canary."""

    kind: str
    """instruction, arithmetic, json, refusal or neighbour."""
    n: int
    """Canaries of the kind."""
    before: int
    """Passed by the base model."""
    after: int
    """Passed by the trained one."""


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """One trained model beside its base."""

    arm: str
    """Which arm."""
    seed: int
    """Its seed."""
    n: int
    """Canaries."""
    before: int
    """Passed by the base model."""
    after: int
    """Passed by the trained one."""
    lost: list[str]
    """Canaries that only the base passes, by id."""
    gained: list[str]
    """Canaries that only the trained model passes."""
    low: float
    """Lower end of the 95 % interval of after minus before, in shares (Bonett-Price)."""
    high: float
    """Upper end."""
    p: float
    """Exact McNemar, two-sided."""
    kinds: list[Kept]
    """By kind."""
    word: Word
    """forgets: p below 0.05 and fewer passed. cannot be told: the base passes too few to lose any."""
    sentence: str
    """What it means, made of these numbers."""
