"""Defaults follow the amount of data, and each names its reason and source."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.plan import retraining
from advisor.costing.per_month import RETRAININGS
from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.records.plan import TrainingSettings
from tests.trainers.exporting import engagement, plan
from trainers import methods
from trainers.defaults import retrain_every, settings_for
from trainers.methods._kind import Method

METHODS = ("lora", "qlora", "full")
SIZES = (1, 100, 500, 501, 5_000, 50_000, 100_001, 3_000_000)


@pytest.mark.parametrize("method", METHODS)
def test_every_default_that_is_told_is_the_one_that_is_set(method: str) -> None:
    for rows in SIZES:
        settings, told = settings_for(method, rows, 300)
        for default in told:
            assert default.why
            assert default.source
            if default.what != "warm-up":
                assert getattr(settings, default.what) == default.value
        assert [default.what for default in told].count("rank") == (method != "full")
        assert settings.learning_rate == find(methods, Method, method).learning_rate


def test_more_rows_take_fewer_passes_larger_batches_and_larger_adapters() -> None:
    found = [settings_for("lora", rows, 300)[0] for rows in SIZES]
    assert [one.epochs for one in found] == sorted((one.epochs for one in found), reverse=True)
    assert [one.batch_size for one in found] == sorted(one.batch_size for one in found)
    assert [one.rank for one in found] == sorted(one.rank for one in found)
    assert (found[0].epochs, found[-1].epochs) == (10, 2)
    assert (found[0].rank, found[-1].rank) == (16, 256)


def test_a_full_fine_tuning_has_no_rank_of_its_own() -> None:
    settings, _ = settings_for("full", 3_000_000, 300)
    assert settings.rank == TrainingSettings().rank


@pytest.mark.parametrize(("tokens", "length"), [(1, 128), (128, 128), (129, 256), (1024, 1024), (5000, 8192)])
def test_the_longest_row_fits(tokens: int, length: int) -> None:
    assert settings_for("lora", 100, tokens)[0].max_length == length


def test_the_warm_up_that_is_told_is_the_trainer_s() -> None:
    from advisor.engagement.folder import ModelFolder
    from trainers.supervised import arguments

    options = {"learning_rate": 1e-4, "weight_decay": 0.0, "seed": 0, "device_type": "cpu", "save_steps": 1}
    made = arguments(ModelFolder(Path("nowhere")), steps=200, **options)  # type: ignore[arg-type]
    (told,) = (one for one in settings_for("lora", 100, 100)[1] if one.what == "warm-up")
    assert made.warmup_steps == told.value * 200
    assert made.lr_scheduler_type == "cosine"


def test_no_rows_have_no_defaults() -> None:
    with pytest.raises(PlanError, match="no settings for 0 rows"):
        settings_for("lora", 0, 100)


def test_retraining_follows_the_change_of_the_facts_as_the_cost_estimate_has_it() -> None:
    assert retrain_every("yearly").startswith(
        "train again every 12 months (between every 12 months and every 6"
    )
    assert retrain_every("monthly").startswith("train again once a month (between every 4 months and once a")
    assert retrain_every("weekly").startswith("train again 2 times a month")
    assert "between never and every 12 months" in retrain_every("static")
    assert all(retrain_every(answer) for answer in RETRAININGS)
    with pytest.raises(PlanError, match="'often'"):
        retrain_every("often")


def test_a_teacher_without_a_name_is_refused() -> None:
    from advisor.engagement.errors import PlanError
    from advisor.engagement.records.plan import DistillationSettings
    from trainers.distilling import teacher_of

    with pytest.raises(PlanError, match="names no teacher"):
        teacher_of(DistillationSettings(teacher=""), instruction="", labels=[])


def test_plan_tells_the_retraining_of_arms_that_learn_where_the_answer_is_known(tmp_path: Path) -> None:
    client = engagement(tmp_path)
    learning, asking = plan(arms=["floor", "lora"]), plan(arms=["floor", "zero_shot"])
    assert retraining(client, learning) == ""
    codec.write_text(client.answers_path, 'knowledge_changes = "monthly"\n')
    assert retraining(client, learning) == retrain_every("monthly")
    assert retraining(client, asking) == ""
