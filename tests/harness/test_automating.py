"""What may go unread: hand-computed thresholds, bounds that hold, and the record of finished runs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.runs import Prediction, RunResult
from advisor.engagement.records.settings import Settings
from harness.automating import automate
from harness.statistics import automation


def test_the_threshold_is_the_lowest_that_keeps_the_precision() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert automation.threshold(confidence, right, 1.0) == 0.8
    assert automation.threshold(confidence, right, 0.75) == 0.6
    assert automation.threshold(confidence, right, 0.6) == 0.5
    assert automation.threshold(confidence, ~right, 0.9) is None


def test_rows_of_equal_confidence_are_taken_together() -> None:
    assert automation.threshold(np.array([0.9, 0.9]), np.array([True, False]), 1.0) is None


def test_the_bound_is_that_of_all_right_and_none_right() -> None:
    assert automation.lower_bound(10, 10) == pytest.approx(0.05**0.1)
    assert automation.lower_bound(0, 10) == 0.0
    low, high = automation.interval(0, 10)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025**0.1))


def test_on_test_rows_the_bound_decides_not_the_share() -> None:
    point = automation.automated(np.full(10, 0.9), np.ones(10, dtype=bool), 0.8, 0.9)
    assert (point.share, point.precision, point.holds) == (1.0, 1.0, False)
    assert automation.automated(np.full(40, 0.9), np.ones(40, dtype=bool), 0.8, 0.9).holds


def test_without_a_threshold_nothing_is_automated() -> None:
    point = automation.automated(np.full(10, 0.9), np.ones(10, dtype=bool), None, 0.9)
    assert (point.automated, point.precision, point.precision_low, point.holds) == (0, None, None, False)


def test_brier_of_two_rows() -> None:
    assert automation.brier(np.array([[0.8, 0.2], [0.4, 0.6]]), [0, 0]) == pytest.approx((0.08 + 0.72) / 2)


def test_a_row_of_full_confidence_falls_in_the_last_bin() -> None:
    bins = automation.reliability(np.array([1.0, 0.95, 0.55]), np.array([True, False, True]))
    assert (bins[9].n, bins[9].right, bins[5].n) == (2, 0.5, 1)


def test_the_temperature_of_overconfident_logits_is_found() -> None:
    draw = np.random.default_rng(3)
    true = draw.normal(size=(4000, 3))
    targets = [int(draw.choice(3, p=row)) for row in automation.probabilities(true)]
    assert automation.temperature(3.0 * true, targets) == pytest.approx(3.0, rel=0.1)


def test_the_bound_lies_below_the_true_precision_in_19_of_20_trials() -> None:
    draw = np.random.default_rng(4)
    misses = trials = 0
    for _ in range(1500):
        confidence = draw.uniform(0.5, 1.0, 400)
        right = draw.uniform(size=400) < confidence
        cut = automation.threshold(confidence[:200], right[:200], 0.85)
        point = automation.automated(confidence[200:], right[200:], cut, 0.85)
        if cut is not None and point.precision_low is not None:
            trials += 1
            misses += point.precision_low > (cut + 1.0) / 2
    assert trials > 1000
    assert misses / trials <= 0.065


def test_finished_runs_with_probabilities_are_recorded(tmp_path: Path) -> None:
    engagement = Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    folder = engagement.run("zero_shot-0a1b2c3d")
    result = RunResult(
        arm="zero_shot", title="Zero-shot", seed=0, model=None, training=None, metrics={}, validation={},
        failed=0, unparsed=0, p50_seconds=None, p95_seconds=None, tokens_in=0, tokens_out=0,
        peak_memory_gib=None,
    )  # fmt: skip
    rows = [
        Prediction(
            id=f"{split}{number}",
            split=split,
            output="a",
            target="a",
            scores={},
            seconds=0.1,
            tokens_in=1,
            tokens_out=1,
            logprobs={"a": math.log(0.9), "b": math.log(0.1)},
        )
        for split in ("validation", "test")
        for number in range(60)
    ]
    codec.write_lines(folder.predictions_path, rows)
    assert automate(engagement, [folder]).arms == []
    codec.write_json(folder.result_path, result)
    [arm] = automate(engagement, [folder]).arms
    assert engagement.automation() is not None
    assert (arm.n_validation, arm.n_test) == (60, 60)
    assert [point.holds for point in arm.points] == [True, True, True, False, False]
    assert arm.calibration.brier == pytest.approx(0.02)
