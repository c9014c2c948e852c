"""Short rows on whatever device is there: ours packed and padded, trl unpacked at its best batch size."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.benchmarks import _trl
from tests.gpu.shapes import Case, job_for
from trainers import fitting, passes
from trainers.language.loading import device_name, load_tokenizer
from trainers.rows import Rows, TrainingRow

AIM = 3.0
"""Times trl's best unpacked setting, on a GPU."""
LEAST = 1.8
"""What a CPU shows; less on a GPU means that packing is off."""
SIZES = (8, 16, 32, 64)
"""trl's batch sizes that are tried."""
BATCH = 64
"""Our rows of an optimizer step."""


def rows(count: int) -> list[TrainingRow]:
    """As banking77 renders: a task that all rows share, 8 to 60 tokens of their own, a label of 4."""
    draw = random.Random(3)
    task = [draw.randrange(250) for _ in range(12)]
    made = []
    for number in range(count):
        own = [draw.randrange(250) for _ in range(min(60, 8 + int(draw.expovariate(1 / 14))))]
        label = [draw.randrange(250) for _ in range(4)]
        ids = [*task, *own, *label]
        made.append(TrainingRow(str(number), ids, [-100] * (len(ids) - 4) + label))
    return made


def measure(folder: Path, model: Path, *, count: int, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Tokens of the rows per second by way, each run twice and the faster one taken: the first warms up."""
    made = rows(count)
    ways: dict[str, Callable[[Path], float]] = {
        "ours": lambda place: _ours(place, model, made),
        "ours, padded": lambda place: _padded(place, model, made),
    }
    for size in sizes:
        ways[f"trl, {size} rows"] = partial(_trls, model, made, size)
    tokens = sum(len(row.input_ids) for row in made)
    speeds = {
        way: round(tokens / min(timed(folder / f"{number}-{turn}") for turn in range(2)))
        for number, (way, timed) in enumerate(ways.items())
    }
    best = max(speed for way, speed in speeds.items() if way.startswith("trl"))
    return {
        "device": device_name(),
        "rows": len(made),
        "tokens": tokens,
        "tokens_per_second": speeds,
        "times_faster_than": {
            "ours, padded": round(speeds["ours"] / speeds["ours, padded"], 2),
            "trl, best unpacked": round(speeds["ours"] / best, 2),
        },
        "aim": AIM,
    }


def _ours(folder: Path, model: Path, made: list[TrainingRow]) -> float:
    job = job_for(folder, model, Case("", "lora", 128, BATCH))
    with patch.object(fitting, "SAVES_PER_RUN", 1):
        return fitting.fit_rows(job, load_tokenizer(str(model)), Rows(made, 0, 0), Rows([], 0, 0)).seconds


def _trls(model: Path, made: list[TrainingRow], size: int, _: Path) -> float:
    settings = {"per_device_train_batch_size": size, "activation_checkpointing": False}
    return _trl.seconds(made, settings, model=str(model))


def _padded(folder: Path, model: Path, made: list[TrainingRow]) -> float:
    """Rows of similar length side by side, as most trainers batch them."""
    with (
        patch.object(passes, "isolates", lambda _: False),
        patch.object(passes, "takes_masks", lambda _: False),
    ):
        return _ours(folder, model, made)
