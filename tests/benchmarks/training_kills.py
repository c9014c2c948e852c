"""Twenty kill -9 at random moments over trainings of three kinds: all resume to the weights undisturbed."""

from __future__ import annotations

import json
import multiprocessing
import random
import tempfile
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.benchmarks import _trainings

KILLS = {"sft": 8, "dpo": 6, "rlhf": 6}
"""By objective."""
KILLS_EACH = 3
"""Of one training, at most."""
MOST = 12
"""Trainings of an objective: a kill that comes too late does not count, and another one is tried."""
SEED = 20


def run() -> dict[str, object]:
    """Each kind once undisturbed, then killed and started again; moments are drawn over its steps."""
    draw = random.Random(SEED)
    context = multiprocessing.get_context("forkserver")
    # imports are paid once: every training is a fork of a process that has them
    context.set_forkserver_preload([_trainings.__name__, "trainers.trl_engine"])
    found: dict[str, dict[str, int]] = {}
    for objective, wanted in KILLS.items():
        with tempfile.TemporaryDirectory() as root:
            found[objective] = _campaign(context, objective, wanted, Path(root), draw)
    return {
        "kills": sum(one["kills"] for one in found.values()),
        "trainings": sum(one["trainings"] for one in found.values()),
        "trainings_equal": sum(one["trainings_equal"] for one in found.values()),
        "by_objective": found,
    }


def _campaign(
    context: multiprocessing.context.BaseContext,
    objective: str,
    wanted: int,
    root: Path,
    draw: random.Random,
) -> dict[str, int]:
    once = _finished(context, objective, root / "once")
    steps = _steps(root / "once")
    hit, equal, number = 0, 0, 0
    while hit < wanted and number < MOST:
        folder = root / f"killed-{number}"
        for at in sorted(draw.randrange(steps) for _ in range(min(KILLS_EACH, wanted - hit))):
            hit += _kill(context, objective, folder, at=at, delay=draw.uniform(0, 0.2))
        equal += _finished(context, objective, folder) == once
        number += 1
    return {"kills": hit, "trainings": number, "trainings_equal": equal}


def _steps(folder: Path) -> int:
    """Optimizer steps on disk, those of inner stages too."""
    while True:
        try:
            return sum(path.read_bytes().count(b"\n") for path in folder.rglob("steps.jsonl"))
        except FileNotFoundError:
            # a folder was renamed while it was looked through
            continue


def _started(context: multiprocessing.context.BaseContext, objective: str, folder: Path) -> BaseProcess:
    process: BaseProcess = context.Process(target=_trainings.quick, args=(objective, folder))  # type: ignore[attr-defined]
    process.start()
    return process


def _kill(
    context: multiprocessing.context.BaseContext, objective: str, folder: Path, *, at: int, delay: float
) -> bool:
    """A moment after so many steps are on disk; whether the training was alive, and not done."""
    process = _started(context, objective, folder)
    while process.is_alive() and _steps(folder) < at:
        time.sleep(0.005)
    process.join(timeout=delay)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive and not (folder / "result.json").exists()


def _finished(context: multiprocessing.context.BaseContext, objective: str, folder: Path) -> str:
    """Digest of the final weights."""
    process = _started(context, objective, folder)
    process.join()
    if process.exitcode:
        raise SystemExit(f"{objective} ended with {process.exitcode}")
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return str(result["weights"])
