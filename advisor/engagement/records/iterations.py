"""Every comparison on new data, and its change against the one before: `runs/iterations.json`."""

from __future__ import annotations

import msgspec

from advisor.engagement.records.comparison import Decision
from advisor.engagement.records.runs import Estimate


class IterationArm(msgspec.Struct, frozen=True, kw_only=True):
    """One arm as it stood."""

    name: str
    """Arm."""
    score: Estimate
    """Primary metric on the test split of that iteration."""
    runs: list[str]
    """Folders under `runs/`, one per seed."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One arm against itself in the iteration before, or the leading arm against the leading one."""

    before: str
    """Arm then."""
    after: str
    """Arm now."""
    value: float | None
    """Now minus then; None where it cannot be said."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end."""
    n_before: int
    """Items then."""
    n_after: int
    """Items now."""
    paired: bool
    """Whether the same test rows were answered both times."""
    method: str
    """Interval, by name."""


class Iteration(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the data, as last compared."""

    number: int
    """From 1."""
    date: str
    """Day of the last comparison on it, ISO 8601."""
    splits: str
    """sha256 of the frozen splits."""
    data: str
    """sha256 of the rows compared on: synthetic rows and a limit count."""
    test: str
    """sha256 of the test rows."""
    rows: dict[str, int]
    """Rows per split."""
    limit: int | None
    """The plan's limit of rows."""
    metric: str
    """Primary metric."""
    model: str
    """Base model as the plan names it."""
    arms: list[IterationArm]
    """Ranked or not, in plan order."""
    leading: str | None
    """The winner, or the best ranked arm."""
    decision: Decision
    """Of the verdict."""
    sentence: str
    """Of the verdict."""
    leading_change: Change | None = None
    """The leading arm against that of the iteration before; None in the first."""
    changes: list[Change] = []
    """Arms that ran both times, each against itself."""
    said: str = ""
    """The change in a sentence; empty in the first."""


class Iterations(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    schema: str = "iterations/1"
    """Name and number of this record's form."""
    iterations: list[Iteration]
    """Oldest first."""
