"""How much each finished arm could do alone: thresholds from validation rows, numbers from test rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.engagement import codec
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.automation import ArmAutomation, Automation, Calibrated
from advisor.engagement.records.runs import Prediction
from harness.statistics import automation as curve

REQUIRED = (0.8, 0.9, 0.95, 0.98, 0.99)
"""Precisions that are tried."""


def automate(
    engagement: Engagement, runs: Sequence[RunFolder], *, required: Sequence[float] = REQUIRED
) -> Automation:
    """Measure every finished run that gave its labels probabilities; write `runs/automation.json`."""
    found = [one for folder in runs if (one := of_run(folder, required)) is not None]
    record = Automation(arms=found)
    codec.write_json(engagement.automation_path, record)
    return record


def of_run(folder: RunFolder, required: Sequence[float]) -> ArmAutomation | None:
    """One run; None where it is not finished or has no probabilities on both splits."""
    result = folder.result()
    rows = [row for row in folder.predictions() if row.error is None and row.target in row.logprobs]
    validation = [row for row in rows if row.split == "validation"]
    test = [row for row in rows if row.split == "test"]
    labels = sorted({label for row in rows for label in row.logprobs})
    if result is None or not validation or not test or len(labels) < 2:
        return None
    seen, seen_targets = _logits(validation, labels)
    held, held_targets = _logits(test, labels)
    heat = curve.temperature(seen, seen_targets)
    before, after = curve.probabilities(held), curve.probabilities(held, heat)
    chosen = curve.probabilities(seen)
    fits = chosen.argmax(axis=1) == seen_targets
    right = before.argmax(axis=1) == held_targets
    return ArmAutomation(
        arm=result.arm,
        seed=result.seed,
        run=folder.name,
        n_validation=len(validation),
        n_test=len(test),
        points=[
            curve.automated(
                before.max(axis=1), right, curve.threshold(chosen.max(axis=1), fits, share), share
            )
            for share in required
        ],
        calibration=Calibrated(
            temperature=heat,
            brier=curve.brier(before, held_targets),
            brier_after=curve.brier(after, held_targets),
            bins=curve.reliability(before.max(axis=1), right),
            bins_after=curve.reliability(after.max(axis=1), right),
        ),
    )


def _logits(rows: Sequence[Prediction], labels: Sequence[str]) -> tuple[curve.Array, list[int]]:
    """Log-probabilities in the order of the labels; a label that a row lacks is as good as impossible."""
    table = np.array([[row.logprobs.get(label, -1e4) for label in labels] for row in rows])
    return table, [labels.index(row.target) for row in rows]
