"""What more machines make of a plan: wall time and money on 1, 4 and 16 of them, by simulating the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from advisor.costing.cards import cards
from advisor.costing.prices import find_card
from advisor.engagement.catalogue import find
from advisor.engagement.records.advice import Range
from advisor.engagement.records.forecast import ArmForecast, Fleet, Forecast
from advisor.engagement.records.plan import Plan
from harness import arms
from harness.arms._kind import Arm
from harness.executors.grid import jobs_of, waits
from harness.executors.local import Job
from harness.executors.scheduling import Task, longest_ways, simulate

SIZES = (1, 4, 16)
"""Machines that are tried."""
GIB_PER_GB = 1e9 / 2**30

End = Callable[[Range], float]
"""Low, likely or high."""


def on_fleets(plan: Plan, expected: Forecast) -> Forecast:
    """The forecast with its fleets; as it came where no time is known."""
    if expected.seconds is None:
        return expected
    jobs = jobs_of(plan, {name: find(arms, Arm, name) for name in plan.arms})
    ends: list[End] = [lambda band: band.low, lambda band: band.likely, lambda band: band.high]
    grids = [tasks_of(plan, jobs, expected.arms, end) for end in ends]
    found = [_fleet(grids, size, expected.hourly_usd) for size in SIZES]
    chain = _range([max(longest_ways(tasks), default=0.0) for tasks in grids])
    notes = [*expected.assumptions, *_too_large(expected)]
    return msgspec.structs.replace(expected, fleets=found, longest_chain=chain, assumptions=notes)


def tasks_of(plan: Plan, jobs: Sequence[Job], expected: Sequence[ArmForecast], end: End) -> list[Task]:
    """The jobs with what they are expected to take; what is not known takes no time and fits anywhere.

    Of memory the high end: jobs that share a card must fit where the estimate is low, too.
    """
    by_name = {arm.name: arm for arm in expected}
    after = waits(jobs, searched=plan.search is not None)
    found = []
    for job, before in zip(jobs, after, strict=True):
        arm = by_name.get(job.arm)
        memory = arm.memory_gib.high if arm is not None and arm.memory_gib is not None else 0.0
        seconds = sum(end(band) for band in _bands(job, arm, first=plan.seeds[0]) if band is not None)
        found.append(Task(seconds, memory, before))
    return found


def _bands(job: Job, arm: ArmForecast | None, *, first: int) -> list[Range | None]:
    """An arm's first training carries the search."""
    if arm is None or job.kind == "canaries":
        return []
    if job.kind == "run":
        return [arm.predicting_seconds]
    return [arm.training_seconds, arm.searching_seconds if job.seed == first else None]


def _fleet(grids: Sequence[Sequence[Task]], size: int, hourly_usd: float | None) -> Fleet:
    """On cards that hold every job; times at the low, the likely and the high end."""
    seconds = [simulate(tasks, [0.0] * size).seconds for tasks in grids]
    money = None if hourly_usd is None else _range([size * one * hourly_usd / 3600 for one in seconds])
    return Fleet(slots=size, seconds=_range(seconds), cost_usd=money)


def _range(ends: Sequence[float]) -> Range:
    low, likely, high = ends
    return Range(low=low, likely=likely, high=high)


def _too_large(expected: Forecast) -> list[str]:
    """A sentence for arms that no single card of this kind holds."""
    card = find_card(expected.device)
    if card is None or card.gpu not in cards():
        return []
    holds = cards()[card.gpu].memory_gb * GIB_PER_GB
    over = [arm.name for arm in expected.arms if arm.memory_gib is not None and arm.memory_gib.likely > holds]
    if not over:
        return []
    return [f"{', '.join(over)}: more memory than one {card.gpu} has; see `tunecase export accelerate`"]
