"""A measured speed takes the place of the assumed one: narrower, labelled, and only on its own device."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.costing.measured import predicting_seconds, training_seconds
from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.forecast import Forecast
from advisor.engagement.records.plan import Plan
from harness.forecasting import forecast
from tests.cli.test_doctor import FAST
from tests.conftest import Demo


def expected(demo: Demo, tmp_path: Path, on: str = "cpu", **changes: Any) -> tuple[Forecast, Forecast]:
    """The forecast without and with a calibration."""
    root = tmp_path / "acme"
    shutil.copytree(demo.engagement.root, root, ignore=shutil.ignore_patterns("runs", "models"))
    engagement = Engagement(root)
    agreed = Plan(arms=["floor", "zero_shot", "lora", "full"], instruction="Sort the message:")
    before = forecast(engagement, agreed, device=on)
    codec.write_json(engagement.calibration_path, msgspec.structs.replace(FAST, **changes))
    return before, forecast(engagement, agreed, device=on)


def test_a_measured_speed_narrows_the_forecast_and_says_so(demo: Demo, tmp_path: Path) -> None:
    before, after = expected(demo, tmp_path)
    for old, new in zip(before.arms[1:], after.arms[1:], strict=True):
        assert old.seconds is not None
        assert new.seconds is not None
        assert new.seconds.high / new.seconds.low < old.seconds.high / old.seconds.low / 2
    assert any("speed measured on this machine on 2026-11-24" in told for told in after.assumptions)
    assert not any("measured" in told for told in before.assumptions)


@pytest.mark.parametrize(
    "other", [{"processor": "Acme 1"}, {"cores": 999}, {"device": "NVIDIA H200", "processor": "x"}]
)
def test_the_speed_of_another_device_is_not_used_and_that_is_said(
    demo: Demo, tmp_path: Path, other: dict[str, Any]
) -> None:
    before, after = expected(demo, tmp_path, **other)
    assert after.arms == before.arms
    assert "is not used: this is another device" in after.assumptions[-1]


def test_a_card_that_is_not_listed_has_times_once_it_was_measured(demo: Demo, tmp_path: Path) -> None:
    before, after = expected(demo, tmp_path, "Acme 9000", device="Acme 9000")
    assert before.seconds is None
    assert after.seconds is not None
    assert after.cost_usd is None


def test_training_answering_and_general_tasks_of_one_seed_add_up(demo: Demo, tmp_path: Path) -> None:
    _, after = expected(demo, tmp_path)
    lora = after.arms[2]
    assert lora.seconds is not None
    assert lora.training_seconds is not None
    assert lora.predicting_seconds is not None
    assert lora.canary_seconds is not None and after.canary_seconds is not None
    parts = (lora.training_seconds, lora.predicting_seconds, lora.canary_seconds)
    assert lora.seconds.likely == pytest.approx(sum(part.likely for part in parts))
    assert after.seconds is not None
    arms = sum(arm.seconds.likely for arm in after.arms if arm.seconds is not None)
    assert after.seconds.likely == pytest.approx(arms + after.canary_seconds.likely)


def test_a_far_larger_model_comes_nearer_to_the_bare_product() -> None:
    small = training_seconds(FAST, 0.003, 1e6, parameters="lora")
    large = training_seconds(FAST, 0.3, 1e4, parameters="lora")
    assert large.likely < small.likely
    assert large.low < small.low
    assert large.high == pytest.approx(small.high)
    assert training_seconds(FAST, 0.003, 1e6, parameters="qlora").high > small.high
    assert predicting_seconds(FAST, 0.003, 1e6).likely < small.likely


def test_the_finished_demo_kept_its_forecast_beside_what_it_took(demo: Demo) -> None:
    comparison = demo.engagement.comparison()
    assert comparison is not None
    for arm in comparison.arms:
        for model, run in zip(arm.models, arm.runs, strict=False):
            trained, answered = demo.engagement.training_result(model), demo.engagement.run(run).result()
            assert trained is not None
            assert trained.expected is not None
            assert trained.expected.seconds is not None
            assert trained.expected.memory_gib is not None
            assert answered is not None
            assert answered.seconds is not None
            assert answered.expected is not None
            assert answered.expected.seconds is not None
