"""A plan as a grid of jobs, and which wait for which: the same list for every executor and the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from advisor.engagement.records.plan import Plan
from harness.executors.local import Job

if TYPE_CHECKING:
    from harness.arms._kind import Arm


def jobs_of(plan: Plan, arms: Mapping[str, Arm]) -> list[Job]:
    """Every training and every run, in plan order, each arm's training right before its run."""
    listed = []
    for name, arm in arms.items():
        for seed in plan.seeds if arm.method else plan.seeds[:1]:
            listed += [Job("train", name, seed)] if arm.method else []
            listed.append(Job("run", name, seed))
            listed += [Job("canaries", name, seed)] if arm.method and plan.canaries else []
    return listed


def waits(jobs: Sequence[Job], *, searched: bool = False) -> list[tuple[int, ...]]:
    """For each job the numbers of those before it that must be done first.

    A model is run once it is trained. The search for settings is made by an arm's first training, and its
    others learn with what it found.
    """
    trained: dict[tuple[str, int, int | None], int] = {}
    first: dict[str, int] = {}
    found: list[tuple[int, ...]] = []
    for number, job in enumerate(jobs):
        whose = (job.arm, job.seed, job.rows)
        if job.kind != "train":
            found.append((trained[whose],) if whose in trained else ())
            continue
        trained[whose] = number
        leader = first.setdefault(job.arm, number)
        found.append((leader,) if searched and leader != number else ())
    return found


class Chain(NamedTuple):
    """The jobs of one arm and seed, for one worker, one after the other."""

    jobs: tuple[int, ...]
    """Their numbers."""
    after: tuple[int, ...]
    """Numbers of the chains that must be done before."""


def chains_of(jobs: Sequence[Job], before: Sequence[Sequence[int]]) -> list[Chain]:
    """Jobs of an arm and seed together; a chain waits where one of its jobs does."""
    members: dict[tuple[str, int, int | None], list[int]] = {}
    for number, job in enumerate(jobs):
        members.setdefault((job.arm, job.seed, job.rows), []).append(number)
    place = {number: chain for chain, listed in enumerate(members.values()) for number in listed}
    return [
        Chain(
            tuple(listed),
            tuple(sorted({place[one] for number in listed for one in before[number]} - {chain})),
        )
        for chain, listed in enumerate(members.values())
    ]
