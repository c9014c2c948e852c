"""What a judge said of pairs of answers: `runs/judges/<digest>/`."""

from __future__ import annotations

from typing import Literal

import msgspec

Said = Literal["A", "B", "tie", ""]
"""The better answer as the judge names it; empty where its words name none."""
Kind = Literal["output", "again", "people"]


class JudgeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of a judge: its digest names `runs/judges/<digest>/`."""

    schema: str = "judge/1"
    """Name and number of this record's form."""
    model: str
    """As the plan names it."""
    base_url: str
    """Where it is asked; empty for this machine."""
    weights: str | None
    """sha256 of its weights, where it runs here."""
    tokenizer: str | None
    """sha256 of its tokenizer and chat template, where it runs here."""
    quantised: bool
    """Whether it is held in 4-bit."""
    template: str
    """sha256 of the words that it is asked in."""
    instruction: str
    """The task, which it is told."""
    criteria: str
    """What makes an answer better, as the plan has it."""
    max_new_tokens: int
    """Longest reply of one that is asked elsewhere."""
    against: str
    """Arm whose answers the others are held against; empty for the wanted outputs."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One pair, asked in both orders: a line of `judgements.jsonl`."""

    kind: Kind
    """output: an arm's against the other; again: the same once more; people: a pair that people judged."""
    id: str
    """Example, or preference pair."""
    output: str
    """sha256 of the answer in question; of `people`, the one they prefer."""
    other: str
    """sha256 of the answer that it is held against."""
    first: Said
    """Where the answer in question was A."""
    second: Said
    """Where it was B."""
    tokens_in: int
    """Prompt tokens of both requests."""
    tokens_out: int
    """Tokens of both replies."""


class JudgedScores(msgspec.Struct, frozen=True, kw_only=True):
    """What the metric `judge` looks up: `scores.json`, written anew by each comparison."""

    schema: str = "judged-scores/1"
    """Name and number of this record's form."""
    scores: dict[str, dict[str, float]]
    """By example and sha256 of the output: 1 better than the other answer, 0 worse, 0.5 a tie."""


class JudgeResult(msgspec.Struct, frozen=True, kw_only=True):
    """How the judge did in one comparison: `result.json`, and part of the comparison."""

    schema: str = "judge-result/1"
    """Name and number of this record's form."""
    model: str
    """As the plan names it."""
    against: str
    """Arm, or empty for the wanted outputs."""
    pairs: int
    """Pairs judged, equal texts left out."""
    same: int
    """Pairs of equal texts: ties without asking."""
    turned: int
    """Pairs whose decision changed with the order: counted as ties."""
    ties: int
    """Pairs that the judge called a tie in both orders."""
    unreadable: int
    """Pairs with a reply that names no answer: counted as ties."""
    failed: int
    """Pairs without a reply: no score, and asked again by the next comparison."""
    again: int
    """Pairs asked once more."""
    changed: int
    """Of them with another decision."""
    people: int
    """Pairs that people have judged."""
    agreed: int
    """Of them with the decision of people; a tie is none."""
    kappa: float | None
    """Cohen's kappa with people over both orders; None without such pairs."""
    tokens_in: int
    """Prompt tokens, earlier comparisons of the same judge included."""
    tokens_out: int
    """Tokens of replies, as above."""
    usd: float | None
    """What they cost; None where no price is known."""
    told: list[str]
    """The same in sentences."""
