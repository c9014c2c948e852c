"""A grid of 1,000 jobs on 64 cards that fail: how busy they are, and how far from the least time it ends."""

from __future__ import annotations

import random
import statistics

from harness.executors.scheduling import Failures, Schedule, Task, lower_bound, simulate

JOBS, DRAWS = 1000, 20
CARDS = [80.0] * 40 + [24.0] * 24
"""GiB of each of the 64 cards."""
MEMORIES = (8.0, 14.0, 20.0, 45.0, 70.0)
HOUR = 3600.0
FAILING: dict[str, float | None] = {"never": None, "every 24 hours": 24 * HOUR, "every 6 hours": 6 * HOUR}
"""Mean time between two failures of one card."""
REPAIR, SAVE = HOUR / 4, HOUR / 12
"""A card is away a quarter of an hour; a training is saved every five minutes."""


def run() -> dict[str, object]:
    """Every rate of failure over the same draws of the grid; the lower bound knows of no failure."""
    return {
        "jobs": JOBS,
        "cards": len(CARDS),
        "draws": DRAWS,
        "failing": {said: _measured(mean) for said, mean in FAILING.items()},
    }


def _measured(mean: float | None) -> dict[str, float]:
    done: list[Schedule] = []
    ratios: list[float] = []
    for seed in range(DRAWS):
        tasks = grid(seed)
        failures = None if mean is None else Failures(mean, REPAIR, SAVE, seed)
        done.append(simulate(tasks, CARDS, failures))
        ratios.append(done[-1].seconds / lower_bound(tasks, CARDS))
    return {
        "hours_median": round(statistics.median(one.seconds for one in done) / HOUR, 1),
        "over_lower_bound_median": round(statistics.median(ratios), 3),
        "over_lower_bound_most": round(max(ratios), 3),
        "utilisation_median": round(statistics.median(one.utilisation or 0.0 for one in done), 3),
        "interrupted_mean": round(statistics.fmean(one.failures for one in done), 1),
        "lost_share_mean": round(
            statistics.fmean(one.lost_seconds / (one.lost_seconds + one.useful_seconds) for one in done), 4
        ),
    }


def grid(seed: int) -> list[Task]:
    """Trainings of half an hour to some hours, each followed by its run on a tenth of the time."""
    draw = random.Random(seed)
    tasks: list[Task] = []
    for _ in range(JOBS // 2):
        memory = draw.choice(MEMORIES)
        seconds = min(6 * HOUR, draw.lognormvariate(0.0, 0.7) * HOUR)
        tasks.append(Task(seconds, memory))
        tasks.append(Task(seconds / 10, memory / 2, (len(tasks) - 1,)))
    return tasks
