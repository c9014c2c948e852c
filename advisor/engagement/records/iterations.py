"""Comparisons made so far, one line each with its change against the last one: `runs/history.jsonl`."""

from __future__ import annotations

import msgspec

from advisor.engagement.records.comparison import Decision, Word
from advisor.engagement.records.runs import Estimate


class IteratedArm(msgspec.Struct, frozen=True, kw_only=True):
    """One arm as it was."""

    name: str
    """Arm."""
    title: str
    """In words."""
    score: Estimate
    """Primary metric on the held-out items of that time."""
    word: Word
    """Against the baseline of that time."""
    cost_usd_per_1000: float | None
    """Compute cost of 1,000 requests; None where no price applies."""
    runs: list[str]
    """Folder names under `runs/`, one per seed."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The leading arm now minus the leading arm of the last iteration, by the primary metric."""

    value: float | None
    """Mean difference."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end."""
    n: int
    """Items it rests on: pairs, or the held-out items of now."""
    n_before: int
    """The same pairs, or the held-out items of then."""
    paired: bool
    """Whether both answered the same items."""
    method: str
    """Interval and test, by name."""
    word: Word
    """In the fixed vocabulary."""


class Iterated(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison."""

    schema: str = "iteration/1"
    """Name and number of this record's form."""
    as_of: str
    """ISO date it was made."""
    data: str
    """Digest of the splits."""
    test: str
    """sha256 of the held-out items."""
    plan: str
    """sha256 of the plan."""
    model: str
    """Base model; empty where no arm has one."""
    metric: str
    """Primary metric."""
    baseline: str | None
    """Best prompting arm."""
    leading: str | None
    """The winner, else the arm with the best score; None where no arm has one."""
    decision: Decision
    """The verdict."""
    winner: str | None
    """Arm, or none."""
    sentence: str
    """The decision in one sentence."""
    n_train: int
    """Training items."""
    n_validation: int
    """Validation items."""
    n_test: int
    """Held-out items."""
    arms: list[IteratedArm]
    """In plan order."""
    differs: list[str]
    """What was changed since the last iteration, in sentences; empty for the first."""
    change: Change | None
    """Against the last iteration; None for the first, and where the two cannot be compared."""
    incomparable: str = ""
    """Why there is no change to tell, in a sentence; empty where there is one, and for the first."""
