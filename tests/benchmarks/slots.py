"""Two slots beside one, on independent jobs that wait for something else than this CPU."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from advisor.engagement.progress import silent
from harness.executors.local import Job
from harness.executors.scheduling import Task
from harness.executors.slots import Slot, Worker, execute
from tests.harness.sleeping import COMMAND

JOBS, MILLISECONDS, REPEATS = 12, 1000, 3


def run() -> dict[str, object]:
    """The start of the workers is part of the time."""
    one, two = (statistics.median(_seconds(slots) for _ in range(REPEATS)) for slots in (1, 2))
    return {
        "jobs": JOBS,
        "seconds_each": MILLISECONDS / 1000,
        "seconds_one_slot": round(one, 2),
        "seconds_two_slots": round(two, 2),
        "times_faster": round(one / two, 3),
    }


def _seconds(slots: int) -> float:
    jobs = [Job("run", "wait", seed, MILLISECONDS) for seed in range(JOBS)]
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(COMMAND, f"{Path(folder)}\n".encode())
        started = time.perf_counter()
        execute(jobs, [Task(1.0)] * JOBS, slots=[Slot()] * slots, worker=worker, on_progress=silent)
        return time.perf_counter() - started
