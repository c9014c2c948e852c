"""A run writes its losses where the team looks, on this machine unless more is allowed."""

from __future__ import annotations

import json
import sys
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.errors import MissingPackage, PlanError
from advisor.engagement.records.plan import Plan
from tests.trainers._fits import SMALL, Stopped, job_for, stopping
from tests.trainers.test_preferences import SMALL as PAIRED
from tests.trainers.test_preferences import pairs
from trainers import tracking
from trainers.training import train

STEPS = list(range(1, 9))


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tracker's address in the environment."""
    for name in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def tracked(folder: Path, model: Path, tracker: str, **options: Any) -> list[float]:
    """Train with the tracker; the losses as our own file has them."""
    train(changed(job_for(folder, model, **options), tracker=tracker))
    return [json.loads(line)["loss"] for line in (folder / "steps.jsonl").read_bytes().splitlines()]


def in_tensorboard(folder: Path, name: str) -> dict[int, float]:
    """Numbers of one name by step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars(name)}


def test_tensorboard_has_the_losses_and_the_validation_losses(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    losses = tracked(tmp_path, tiny_model, "tensorboard")
    found = in_tensorboard(tmp_path, "loss")
    assert sorted(found) == STEPS
    assert [found[step] for step in STEPS] == pytest.approx(losses, rel=1e-5)
    looks = [json.loads(line) for line in (tmp_path / "evaluations.jsonl").read_bytes().splitlines()]
    wanted = {look["step"]: look["loss"] for look in looks}
    assert in_tensorboard(tmp_path, "validation_loss") == pytest.approx(wanted, rel=1e-5)


def test_a_resumed_training_writes_on_in_the_same_place(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    with pytest.raises(Stopped):
        tracked(tmp_path, tiny_model, "tensorboard", on_progress=stopping(5))
    losses = tracked(tmp_path, tiny_model, "tensorboard")
    found = in_tensorboard(tmp_path, "loss")
    assert [found[step] for step in STEPS] == pytest.approx(losses, rel=1e-5)


def test_mlflow_has_one_run_with_losses_and_settings(tiny_model: Path, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    with pytest.raises(Stopped):
        tracked(tmp_path, tiny_model, "mlflow", on_progress=stopping(5))
    losses = tracked(tmp_path, tiny_model, "mlflow")
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tunecase")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params["rank"] == str(SMALL.rank)
    assert run.info.status == "FINISHED"
    found = {one.step: one.value for one in client.get_metric_history(run.info.run_id, "loss")}
    assert [found[step] for step in STEPS] == pytest.approx(losses)


def test_wandb_offline_writes_a_run_here(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    tracked(tmp_path, tiny_model, "wandb")
    (written,) = tmp_path.glob("wandb/offline-run-*/run-sft-lora-*.wandb")
    content = written.read_bytes()
    assert content.count(b"grad_norm") >= len(STEPS)
    assert b"validation_loss" in content
    assert b"stolen" not in content


@pytest.mark.parametrize(
    ("tracker", "said", "host"),
    [
        ("wandb", {}, "api.wandb.ai"),
        ("wandb", {"WANDB_BASE_URL": "https://wandb.example"}, "https://wandb.example"),
        ("mlflow", {"MLFLOW_TRACKING_URI": "https://mlflow.example"}, "https://mlflow.example"),
        ("mlflow", {"MLFLOW_TRACKING_URI": "databricks"}, "databricks"),
    ],
)
def test_what_may_not_leave_is_not_sent(
    tracker: str,
    said: dict[str, str],
    host: str,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip(tracker)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PlanError, match=f"would send losses and settings to {host}"):
        tracked(tmp_path, tiny_model, tracker)
    assert not (tmp_path / "steps.jsonl").exists()
    tracking.refuse(tracker, may_upload=True)


def test_a_tracker_that_is_unknown_or_absent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="no tracker 'comet'"):
        tracking.refuse("comet", may_upload=True)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingPackage, match="needs the package tensorboard") as raised:
        tracking.refuse("tensorboard", may_upload=False)
    assert raised.value.fix == "pip install 'tunecase[tracking]'"


def test_a_tracker_that_fails_does_not_end_the_training(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")

    class Full:
        def write(self, step: int, numbers: dict[str, float]) -> None:
            raise OSError("no space left")

        def close(self) -> None:
            raise AssertionError("it is gone already")

    kind = tracking.KINDS["tensorboard"]._replace(opened=lambda *_: Full())
    monkeypatch.setitem(tracking.KINDS, "tensorboard", kind)
    said: list[str] = []
    losses = tracked(tmp_path, tiny_model, "tensorboard", on_progress=lambda at: said.append(at.stage))
    assert len(losses) == 8
    (failure,) = [line for line in said if "goes on without it" in line]
    assert failure.startswith("tensorboard failed (OSError: no space left)")


def test_the_tracker_is_no_part_of_what_names_a_training(tiny_model: Path, tmp_path: Path) -> None:
    job = job_for(tmp_path, tiny_model)
    assert changed(job, tracker="wandb", may_upload=True).spec == job.spec


def test_a_training_on_pairs_is_tracked_too(tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from trainers.training import training_spec

    asked = pairs(16)
    job = job_for(tmp_path, tiny_model)
    plan = Plan(
        arms=["lora"], model=str(tiny_model), instruction="Answer:", training=SMALL, preferences=PAIRED
    )
    spec = training_spec(
        plan,
        "lora",
        0,
        train=[],
        validation=[],
        labels=[],
        weights="w",
        tokenizer="t",
        objective="dpo",
        pairs=asked,
    )
    train(changed(job, spec=spec, pairs=asked, held_out_pairs=pairs(4, seed=1), tracker="tensorboard"))
    steps = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_bytes().splitlines()]
    found = in_tensorboard(tmp_path, "loss")
    assert [found[step["step"]] for step in steps] == pytest.approx(
        [step["loss"] for step in steps], rel=1e-5
    )
    assert len(in_tensorboard(tmp_path, "rewards/accuracies")) == len(steps)
