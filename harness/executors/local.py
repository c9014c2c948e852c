"""One process, one job after the other: the plain way, and the one the others must agree with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Job(NamedTuple):
    """A piece of work that crosses rooms."""

    kind: str
    """`train`, `run` or `canaries`."""
    arm: str
    """Which arm it belongs to."""
    seed: int
    """Its seed."""
    rows: int | None = None
    """Training rows of a point of the learning curve; None for all."""


def execute(jobs: Sequence[Job], actions: Mapping[str, Callable[[Job], None]]) -> None:
    """Run the jobs in order; the first failure ends the list, finished jobs stay on disk."""
    for job in jobs:
        actions[job.kind](job)
