"""Six finished arms of 100,000 held-out rows compared: read from disk, scored, tested, sliced, written."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from advisor.engagement import codec, digests
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Prediction
from advisor.engagement.records.settings import Settings
from harness.arms._kind import ArmData, Prepared
from harness.comparing import compare
from harness.judging import judge
from harness.marking import basis_of, markers
from harness.running import run_spec
from harness.summing import sum_up

ROWS = 100_000
VALIDATION = 1_000
LABELS = 20
ARMS = {
    "floor": 0.1,
    "classical": 0.8,
    "zero_shot": 0.7,
    "few_shot": 0.75,
    "optimised_prompt": 0.76,
    "lora": 0.8,
}
"""Share of right answers by arm."""
BUDGET_SECONDS = 10.0
WORDS = "my parcel is late and nobody answers the phone where can it be please help me today".split()


def run() -> dict[str, object]:
    """Seconds of a comparison on one core, each row for itself and in groups of ten.

    On a machine that others use too, processor seconds are what it takes, and wall seconds what they left.
    """
    taken = {name: _measured(grouped=name == "groups of ten") for name in ("single rows", "groups of ten")}
    return {
        "rows": ROWS,
        "arms": len(ARMS),
        "labels": LABELS,
        "processor_seconds": {name: round(used, 2) for name, (used, _) in taken.items()},
        "wall_seconds": {name: round(wall, 2) for name, (_, wall) in taken.items()},
        "budget_seconds": BUDGET_SECONDS,
        "within_budget": all(used <= BUDGET_SECONDS for used, _ in taken.values()),
    }


def _measured(*, grouped: bool) -> tuple[float, float]:
    """Processor and wall seconds."""
    with tempfile.TemporaryDirectory() as place:
        engagement = Engagement.create(Path(place) / "e", Settings(title="Scale"))
        plan = Plan(arms=list(ARMS), instruction="Name the queue.")
        data = _data(grouped=grouped)
        folders = [_finished(engagement, plan, data, arm, right) for arm, right in ARMS.items()]
        used, wall = time.process_time(), time.perf_counter()
        judge(compare(engagement, plan, data, folders, provenance={}, hourly_usd=2.0), None)
        return time.process_time() - used, time.perf_counter() - wall


def _data(*, grouped: bool) -> ArmData:
    draw = np.random.default_rng(1)
    labels = [f"queue {number:02d}" for number in range(LABELS)]

    def row(number: int) -> Example:
        label = labels[number % LABELS]
        text = " ".join(draw.choice(WORDS, size=int(draw.integers(4, 30))))
        meta = {"group": number // 10} if grouped else {}
        return Example(id=f"r{number}", input=f"{text} {number}", output=label, label=label, meta=meta)

    rows = [row(number) for number in range(ROWS + 2 * VALIDATION)]
    train, validation, test = rows[:VALIDATION], rows[VALIDATION : 2 * VALIDATION], rows[2 * VALIDATION :]
    return ArmData(train, validation, test, "classification", labels, digests.of_bytes(bytes([grouped])))


def _finished(engagement: Engagement, plan: Plan, data: ArmData, arm: str, right: float) -> RunFolder:
    """A run on disk as `tunecase compare` leaves it."""
    spec = run_spec(arm, plan, data, engagement, seed=0, weights=None, tokenizer=None, adapter=None)
    folder = engagement.run_folder(spec)
    draw = np.random.default_rng([len(arm), round(100 * right)])
    lines = []
    for split, examples in (("validation", data.validation), ("test", data.test)):
        hits = draw.random(len(examples)) < right
        for example, hit in zip(examples, hits, strict=True):
            output = example.output if hit else data.labels[int(draw.integers(LABELS))]
            row = Prediction(
                id=example.id,
                split=split,  # type: ignore[arg-type]
                output=output,
                target=example.output,
                scores={"accuracy": float(output == example.output)},
                seconds=0.01,
                tokens_in=40,
                tokens_out=3,
                finish_reason="stop",
            )
            lines.append(codec.encode(row) + b"\n")
    codec.write_json(folder.spec_path, spec)
    codec.write_bytes(folder.predictions_path, b"".join(lines))
    ready = markers(basis_of(data, plan, engagement))
    nothing = Prepared([], lambda batch: [])
    codec.write_json(folder.result_path, sum_up(spec, data, folder, ready=ready, prepared=nothing))
    return folder
