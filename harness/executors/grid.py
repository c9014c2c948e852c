"""A plan as a grid of jobs, and which wait for which: the same list for every executor and the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

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

    A model is run once it is trained; the first general tasks answer for the base too; the search for
    settings is made by an arm's first training, and its others learn with what it found.
    """
    trained: dict[tuple[str, int, int | None], int] = {}
    first: dict[str, int] = {}
    found = []
    for number, job in enumerate(jobs):
        before = [trained[job[1:]]] if job.kind != "train" and job[1:] in trained else []
        if job.kind == "train":
            trained[job[1:]] = number
        group = job.kind if job.kind == "canaries" else f"{job.kind} {job.arm}"
        leads = first.setdefault(group, number)
        if leads != number and (job.kind == "canaries" or (job.kind == "train" and searched)):
            before.append(leads)
        found.append(tuple(sorted(before)))
    return found
