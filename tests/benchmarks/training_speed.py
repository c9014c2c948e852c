"""Fine-tuning speed beside trl's: the same rows, model, adapter and thread, in seconds of the processor.

Targets: 1.5 times trl.SFTTrainer at its defaults, 1.0 times its best packed setting; on short rows 1.8 times
its best unpacked setting and 1.2 times our own rows without packing.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch

from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings
from tests.benchmarks import _trl
from trainers import fitting, passes
from trainers.language.loading import load_tokenizer
from trainers.objectives._kind import Job
from trainers.rows import TrainingRow, order, render_rows
from trainers.training import train, training_spec

ROUNDS = 3
DEMO_ROWS, SHORT_ROWS = 128, 384
DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "examples.jsonl"
BANKING = Path(__file__).parents[3] / "shared" / "data" / "banking77" / "train.jsonl"
WISHES = "card cash transfer top-up refund exchange fee limit passcode identity statement payment".split()
TROUBLES = "missing declined pending wrong late doubled blocked unknown reverted lost".split()
OPENINGS = (
    "Why is my {wish} {trouble}?",
    "I think the {wish} from yesterday is {trouble}, what can I do about it?",
    "{wish} {trouble}",
    "My {wish} still shows as {trouble} after two weeks. Please tell me when that will be put right.",
    "How long until a {trouble} {wish} is sorted out?",
)


def run() -> dict[str, object]:
    """Every set of rows by every way of training, medians over rounds in which each has its turn."""
    torch.set_num_threads(1)
    found: dict[str, object] = {"rounds": ROUNDS, "threads": 1, "demo": _compared(_demo(), short=False)}
    found["short, made up"] = _compared(_short(), short=True)
    if BANKING.exists():
        found["short, banking77"] = _compared(_banking(), short=True)
    return found


def _compared(rows: Sequence[Example], *, short: bool) -> dict[str, Any]:
    """Tokens of the rows per second by way, and ours over each of the others'."""
    labels = [] if short else sorted({row.output for row in rows})
    rendered = _rendered(rows, labels)
    packed, unpacked = _trl.best(rendered, packed=True), _trl.best(rendered, packed=False)
    ways: dict[str, Callable[[], float]] = {
        "ours": lambda: _ours(rows, labels),
        "ours, padded": lambda: _padded(rows, labels),
        "ours, one row a pass": lambda: _alone(rows, labels),
        "trl, defaults": lambda: _trl.seconds(rendered, _trl.DEFAULTS),
        "trl, best packed": lambda: _trl.seconds(rendered, packed),
        "trl, best unpacked": lambda: _trl.seconds(rendered, unpacked),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, timed in ways.items():
            taken[way].append(timed())
    middle = {way: statistics.median(seconds) for way, seconds in taken.items()}
    tokens = sum(len(row.input_ids) for row in rendered)
    ratios = {way: round(seconds / middle["ours"], 2) for way, seconds in middle.items() if way != "ours"}
    return {
        "rows": len(rendered),
        "tokens": tokens,
        "trained_tokens": sum(label >= 0 for row in rendered for label in row.labels),
        "tokens_per_second": {way: round(tokens / seconds) for way, seconds in middle.items()},
        "seconds": {way: [round(one, 2) for one in seconds] for way, seconds in taken.items()},
        "times_faster_than": ratios,
        "trl_best_packed": packed,
        "trl_best_unpacked": unpacked,
        "targets_met": _met(ratios, short=short),
    }


def _met(ratios: dict[str, float], *, short: bool) -> dict[str, bool]:
    wanted = {"trl, defaults": 1.5, "trl, best packed": 1.0}
    if short:
        wanted |= {"trl, best unpacked": 1.8, "ours, padded": 1.2, "ours, one row a pass": 1.2}
    return {f"{least} x {way}": ratios[way] >= least for way, least in wanted.items()}


def _ours(rows: Sequence[Example], labels: Sequence[str]) -> float:
    """Seconds of one epoch with LoRA, looks at validation left out; other processes do not count."""
    plan = Plan(
        arms=["lora"],
        instruction="Sort the message into its category.",
        training=TrainingSettings(epochs=1, evaluations=0),
    )
    spec = training_spec(
        plan, "lora", 0, train=rows, validation=[], labels=labels, weights="0", tokenizer="0"
    )
    clock = patch.object(fitting, "time", SimpleNamespace(perf_counter=time.process_time))
    with tempfile.TemporaryDirectory() as folder, clock:
        job = Job(
            spec=spec,
            folder=ModelFolder(Path(folder)),
            model="starter",
            train=rows,
            validation=[],
            on_progress=silent,
        )
        return train(job).seconds


def _padded(rows: Sequence[Example], labels: Sequence[str]) -> float:
    """Rows of similar length side by side, as most trainers batch them."""
    with (
        patch.object(passes, "isolates", lambda _: False),
        patch.object(passes, "takes_masks", lambda _: False),
    ):
        return _ours(rows, labels)


def _alone(rows: Sequence[Example], labels: Sequence[str]) -> float:
    with patch.object(fitting, "first_tokens", lambda *_: 1):
        return _ours(rows, labels)


def _rendered(rows: Sequence[Example], labels: Sequence[str]) -> list[TrainingRow]:
    """Our token ids, in our order."""
    options = {"instruction": "Sort the message into its category.", "labels": labels, "max_length": 1024}
    kept = render_rows(load_tokenizer("starter"), rows, **options).kept  # type: ignore[arg-type]
    return [kept[place] for place in order(kept, epochs=1, batch_size=16, seed=0)]


def _demo() -> list[Example]:
    return _read(DEMO, DEMO_ROWS)


def _banking() -> list[Example]:
    return _read(BANKING, SHORT_ROWS)


def _read(path: Path, count: int) -> list[Example]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    picked = random.Random(0).sample(lines, count)
    return [Example(id=one["id"], input=one["input"], output=one["output"]) for one in picked]


def _short() -> list[Example]:
    draw = random.Random(1)
    made = []
    for number in range(SHORT_ROWS):
        wish, trouble = draw.choice(WISHES), draw.choice(TROUBLES)
        text = draw.choice(OPENINGS).format(wish=wish, trouble=trouble)
        made.append(Example(id=f"s{number}", input=text, output=f"{wish}_{trouble}"))
    return made
