"""What more machines make of a plan: wall time and money on 1, 4 and 16 of them, by simulating the queue."""

from __future__ import annotations

import math
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
PARTED = 1.25
"""Times the work of a job that lies on several GPUs, for what they tell each other: assumption."""

End = Callable[[Range], float]
"""Low, likely or high."""


def on_fleets(plan: Plan, expected: Forecast) -> Forecast:
    """The forecast with its fleets; as it came where no time is known."""
    if expected.seconds is None:
        return expected
    jobs = jobs_of(plan, {name: find(arms, Arm, name) for name in plan.arms})
    holds = _holds(expected)
    grids = [
        [
            parted(task, holds)
            for task in tasks_of(plan, jobs, expected.arms, end, base=expected.canary_seconds, memory=_likely)
        ]
        for end in (_low, _likely, _high)
    ]
    found = [_fleet(jobs, grids, size, expected.hourly_usd) for size in SIZES]
    chain = _range([max(longest_ways(tasks), default=0.0) for tasks in grids])
    notes = [*expected.assumptions, *_too_large(expected, jobs, grids[1])]
    return msgspec.structs.replace(expected, fleets=found, longest_chain=chain, assumptions=notes)


def _low(band: Range) -> float:
    return band.low


def _likely(band: Range) -> float:
    return band.likely


def _high(band: Range) -> float:
    return band.high


def tasks_of(
    plan: Plan,
    jobs: Sequence[Job],
    expected: Sequence[ArmForecast],
    end: End,
    *,
    base: Range | None = None,
    memory: End = _high,
) -> list[Task]:
    """The jobs with what they are expected to take; what is not known takes no time and fits anywhere.

    `base` is what the base model's general tasks take: the first job that needs them carries them.
    Of memory the high end, unless asked otherwise: jobs that share a card must fit on a bad day, too.
    """
    by_name = {arm.name: arm for arm in expected}
    after = waits(jobs, searched=plan.search is not None)
    found = []
    for job, before in zip(jobs, after, strict=True):
        arm = by_name.get(job.arm)
        needs = memory(arm.memory_gib) if arm is not None and arm.memory_gib is not None else 0.0
        seconds = sum(end(band) for band in _bands(job, arm, first=plan.seeds[0]) if band is not None)
        if job.kind == "canaries" and base is not None:
            seconds, base = seconds + end(base), None
        found.append(Task(seconds, needs, before))
    return found


def _bands(job: Job, arm: ArmForecast | None, *, first: int) -> list[Range | None]:
    """An arm's first training carries the search."""
    if arm is None:
        return []
    if job.kind == "canaries":
        return [arm.canary_seconds]
    if job.kind == "run":
        return [arm.predicting_seconds]
    return [arm.training_seconds, arm.searching_seconds if job.seed == first else None]


def parted(task: Task, holds: float) -> Task:
    """The task on as many cards as its memory needs, sooner done so; `holds` is 0 where not known."""
    count = math.ceil(task.memory_gib / holds) if holds else 1
    if count <= 1:
        return task
    return task._replace(seconds=PARTED * task.seconds / count, slots=count)


def _fleet(
    jobs: Sequence[Job], grids: Sequence[Sequence[Task]], size: int, hourly_usd: float | None
) -> Fleet:
    """Times at the low, the likely and the high end; jobs that need more cards than there are do not run."""
    outside = {job.arm for job, task in zip(jobs, grids[0], strict=True) if task.slots > size}
    runs = [
        [
            task._replace(seconds=0.0, slots=1) if job.arm in outside else task
            for job, task in zip(jobs, tasks, strict=True)
        ]
        for tasks in grids
    ]
    # the count of cards has their memory in it already
    fit = [[task._replace(memory_gib=0.0) for task in tasks] for tasks in runs]
    seconds = [simulate(tasks, [0.0] * size).seconds for tasks in fit]
    money = None if hourly_usd is None else _range([size * one * hourly_usd / 3600 for one in seconds])
    return Fleet(slots=size, seconds=_range(seconds), cost_usd=money, too_small_for=sorted(outside))


def _range(ends: Sequence[float]) -> Range:
    low, likely, high = ends
    return Range(low=low, likely=likely, high=high)


def _holds(expected: Forecast) -> float:
    """GiB of one card of the forecast's kind; 0 where that is not known."""
    card = find_card(expected.device)
    return cards()[card.gpu].memory_gb * GIB_PER_GB if card is not None and card.gpu in cards() else 0.0


def _too_large(expected: Forecast, jobs: Sequence[Job], tasks: Sequence[Task]) -> list[str]:
    """A sentence for each arm that no single card of this kind holds."""
    counts = {job.arm: task.slots for job, task in zip(jobs, tasks, strict=True) if task.slots > 1}
    return [
        f"{arm}: more memory than one {expected.device} has, {count} at once are counted on; see "
        "`tunecase export accelerate`"
        for arm, count in counts.items()
    ]
