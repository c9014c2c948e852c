"""Small trainings of the tiny model, in this process or in one of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch

from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import Progress, silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from tests.conftest import environment
from tests.harness.conftest import WORDS, tickets
from trainers.objectives._kind import Job
from trainers.training import train, training_spec

LABELS = sorted(WORDS)
ROWS = [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(32)]
CHECKS = [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(8, seed=1)]
SMALL = TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=8, evaluations=4)
"""Two epochs over 32 rows: 8 steps, a look after every second."""
replace = msgspec.structs.replace
DROPPING = replace(SMALL, dropout=0.2)


def job_for(
    folder: Path,
    model: Path,
    method: str = "lora",
    *,
    settings: TrainingSettings = SMALL,
    rows: Sequence[Example] = ROWS,
    checks: Sequence[Example] = CHECKS,
    on_progress: Any = silent,
) -> Job:
    """A training of the tiny model, ready to run."""
    plan = Plan(arms=[method], model=str(model), instruction="Sort the message:", training=settings)
    spec = training_spec(
        plan, method, 0, train=rows, validation=checks, labels=LABELS, weights="w", tokenizer="t"
    )
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=rows,
        validation=checks,
        on_progress=on_progress,
    )


def fit(folder: Path, model: Path, method: str = "lora", **options: Any) -> TrainingResult:
    """Run it."""
    return train(job_for(folder, model, method, **options))


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    """The saved weights."""
    from safetensors.torch import load_file

    (path,) = (folder / "weights").glob("*.safetensors")
    return load_file(path)


def furthest(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Largest absolute difference of two sets of weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


class Stopped(Exception):
    """The process is gone."""


def stopping(step: int) -> Any:
    """Progress that ends the process, as it were, after this step."""

    def stop(progress: Progress) -> None:
        if progress.done == step:
            raise Stopped

    return stop


CHILD = """
import sys, time
from pathlib import Path
import click
from advisor.cli.main import run
from tests.trainers._fits import DROPPING, fit

@click.command()
def command():
    fit(Path(sys.argv[1]), Path(sys.argv[2]), settings=DROPPING, on_progress=lambda _: time.sleep(0.3))

sys.exit(run(command, [], name="child"))
"""


def ended(folder: Path, model: Path, *, number: int, after: int) -> int:
    """Train in a process of its own, send it this signal once so many steps are written; its exit code."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(model)],
        env=environment(),
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        steps = folder / "steps.jsonl"
        while child.poll() is None and (not steps.exists() or steps.read_bytes().count(b"\n") < after):
            time.sleep(0.02)
        child.send_signal(number)
        return child.wait(timeout=120)
