"""What `compare` hands to a training besides its rows: a teacher, documents, an earlier model, a search."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.cli.jobs import Work
from advisor.cli.plan import Overrides, ensure_plan
from advisor.cli.session import Session
from advisor.cli.trainings import permitted
from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.documents import Document
from advisor.engagement.records.plan import DistillationSettings, Plan, SearchSettings, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from advisor.engagement.toml_out import to_toml
from harness.executors.local import Job
from tests.harness.conftest import engagement_with, tickets, tiny_model
from trainers.searching import Trial

__all__ = ["tiny_model"]
SMALL = TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=8, evaluations=2)


@pytest.fixture
def engagement(tmp_path: Path) -> Engagement:
    """Sixty tickets."""
    return engagement_with(tmp_path / "client", tickets(60))


def planned(model: Path, *arms: str, **more: Any) -> Plan:
    """A plan for these arms."""
    settings = {"training": SMALL, "instruction": "Sort the message:"} | more
    return Plan(arms=list(arms), model=str(model), **settings)


def trained(engagement: Engagement, plan: Plan) -> TrainingResult:
    """The last arm of the plan, trained and run."""
    codec.write_text(engagement.plan_path, to_toml(plan))
    work = Work(engagement, plan, on_progress=silent)
    job = Job("train", plan.arms[-1], 0)
    work.train(job)
    work.run(job._replace(kind="run"))
    folder = work.trained(job)
    assert folder is not None
    result = folder.result()
    assert result is not None
    return result


def documents(engagement: Engagement) -> None:
    """Two documents, as `check --documents` writes them."""
    texts = ["the card has a chip and a stripe " * 20, "a transfer is sent by wire to the payee " * 20]
    rows = [Document(id=f"d{number}", text=text, source="a") for number, text in enumerate(texts)]
    engagement.documents_path.mkdir(parents=True)
    codec.write_lines(engagement.documents_path / "documents.jsonl", rows)


def test_validation_accuracy_is_measured_while_a_model_learns(
    engagement: Engagement, tiny_model: Path
) -> None:
    result = trained(engagement, planned(tiny_model, "lora"))
    assert [look.metric for look in result.evaluations] == ["accuracy", "accuracy"]
    assert all(look.score is not None and 0 <= look.score <= 1 for look in result.evaluations)


def test_a_student_learns_the_answers_of_the_teacher_that_the_plan_names(
    engagement: Engagement, tiny_model: Path
) -> None:
    teacher = trained(engagement, planned(tiny_model, "full", training=replaced(epochs=20.0)))
    folder = next(engagement.models_path.glob("full-*"))
    assert teacher.method == "full"
    settings = DistillationSettings(teacher=str(folder / "weights"))
    result = trained(engagement, planned(tiny_model, "distillation", distillation=settings))
    assert result.objective == "distillation"
    assert result.measured["teacher_accuracy"] > 0.8


def test_documents_are_read_before_the_rows_are_learnt(engagement: Engagement, tiny_model: Path) -> None:
    documents(engagement)
    result = trained(engagement, planned(tiny_model, "continued_pretraining"))
    assert result.objective == "continued_pretraining"
    assert any("texts are read" in note for note in result.notes)


@pytest.mark.parametrize(
    ("arm", "said"), [("distillation", "teacher"), ("continued_pretraining", "documents")]
)
def test_what_a_training_lacks_is_said_before_anything_runs(
    arm: str, said: str, engagement: Engagement, tiny_model: Path
) -> None:
    with pytest.raises((PlanError, NotReady), match=said):
        Work(engagement, planned(tiny_model, arm), on_progress=silent)
    assert not engagement.models_path.exists()


def test_the_flag_keeps_the_base_in_four_bits_and_the_other_settings(
    engagement: Engagement, tiny_model: Path
) -> None:
    codec.write_text(engagement.plan_path, to_toml(planned(tiny_model, "qlora")))
    ensure_plan(Session(engagement.root, False, 0), engagement, Overrides(keep_4bit=True))
    assert engagement.plan().training == msgspec.structs.replace(SMALL, keep_4bit=True)
    ensure_plan(Session(engagement.root, False, 0), engagement, Overrides())
    assert engagement.plan().training.keep_4bit


def test_settings_are_sought_once_and_the_best_training_is_not_repeated(
    engagement: Engagement, tiny_model: Path
) -> None:
    pytest.importorskip("optuna")
    plan = planned(tiny_model, "lora", search=SearchSettings(trials=3))
    result = trained(engagement, plan)
    searches = list(engagement.models_path.glob("search-*/search.jsonl"))
    assert len(searches) == 1
    assert len(searches[0].read_text().splitlines()) == 3
    folders = set(engagement.models_path.glob("lora-*"))
    assert len(folders) <= 3
    work = Work(engagement, plan, on_progress=silent)
    assert work.training_spec(Job("train", "lora", 0)).settings.learning_rate == best_rate(searches[0])
    assert work.trainings.searches()["lora"]["trials"] == 3
    again = trained(engagement, plan)
    assert again == result
    assert set(engagement.models_path.glob("lora-*")) == folders


def test_a_new_training_begins_with_an_earlier_one_and_learns_old_rows_again(
    engagement: Engagement, tiny_model: Path, tmp_path: Path
) -> None:
    trained(engagement, planned(tiny_model, "lora"))
    old = next(engagement.models_path.glob("lora-*"))
    new = engagement_with(tmp_path / "next", tickets(40, seed=9))
    fresh = trained(new, planned(tiny_model, "lora"))
    going_on = planned(tiny_model, "lora", begin_with=str(old), training=replaced(replay=0.25))
    result = trained(new, going_on)
    assert result.first_loss < fresh.first_loss
    assert any(note.startswith("replay:") for note in result.notes)
    assert result.rows > fresh.rows


def test_what_cannot_be_gone_on_from_is_refused(
    engagement: Engagement, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match="no finished training"):
        trained(engagement, planned(tiny_model, "lora", begin_with="models/lora-0"))
    trained(engagement, planned(tiny_model, "lora"))
    old = next(engagement.models_path.glob("lora-*"))
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    config = (other / "config.json").read_text().replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-05')
    (other / "config.json").write_text(config)
    with pytest.raises(PlanError, match="another base"):
        trained(engagement, planned(other, "lora", begin_with=str(old)))
    moved = tmp_path / "moved"
    shutil.copytree(engagement.root, moved)
    next_data = engagement_with(tmp_path / "next", tickets(40, seed=9))
    limited = planned(tiny_model, "lora", limit=8)
    codec.write_text(Engagement(moved).plan_path, to_toml(limited))
    begin = str(moved / "models" / old.name)
    with pytest.raises(PlanError, match="no longer those"):
        trained(next_data, planned(tiny_model, "lora", begin_with=begin, training=replaced(replay=0.5)))


def test_neither_teacher_nor_tracker_gets_what_may_not_leave(
    engagement: Engagement, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec.write_text(engagement.answers_path, 'data_leaves = "own_machines"\n')
    away = DistillationSettings(teacher="big", base_url="https://models.example.com/v1")
    plan = planned(tiny_model, "distillation", distillation=away)
    with pytest.raises(NotReady, match=r"models\.example\.com"):
        permitted(engagement, plan, tracker="", allowed=())
    permitted(engagement, plan, tracker="", allowed=("models.example.com",))
    here = DistillationSettings(teacher="big", base_url="http://127.0.0.1:8000/v1")
    permitted(engagement, planned(tiny_model, "distillation", distillation=here), tracker="", allowed=())
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.com")
    with pytest.raises(NotReady, match=r"mlflow\.example\.com"):
        permitted(engagement, planned(tiny_model, "lora"), tracker="mlflow", allowed=())


def best_rate(path: Path) -> float:
    """Of the finished trial with the lowest loss."""
    trials = [one for one in codec.iter_lines(path, Trial) if one.state == "finished"]
    return min(trials, key=lambda one: one.loss or 0.0).learning_rate


def replaced(**changes: Any) -> TrainingSettings:
    """The small settings with changes."""
    import msgspec

    return msgspec.structs.replace(SMALL, **changes)
