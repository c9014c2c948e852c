"""Another model under an old name is found out: nothing that was measured on one is served for the other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from advisor.cli.jobs import Work
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import Engagement, ModelFolder, RunFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.plan import Plan, TrainingSettings
from harness.executors.local import Job
from tests.harness.conftest import TEMPLATE

TRAIN, RUN = Job("train", "lora", 0), Job("run", "lora", 0)
PLAIN = Job("run", "zero_shot", 0)


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def work_on(engagement: Engagement, model: Path, *, seed: int = 0) -> Work:
    """A new session over the same folder."""
    settings = TrainingSettings(epochs=1, batch_size=16, rank=2, learning_rate=1e-2, evaluations=0)
    plan = Plan(
        arms=["zero_shot", "lora"], model=str(model), instruction="Sort.", training=settings,
        seeds=[seed], limit=16, canaries=False,
    )  # fmt: skip
    return Work(engagement, plan, on_progress=silent)


def finished(engagement: Engagement, work: Work) -> tuple[ModelFolder, RunFolder]:
    """The adapter and its run."""
    work.train(TRAIN)
    work.run(RUN)
    trained = work.trained(RUN)
    assert trained is not None
    return trained, engagement.run_folder(work.run_spec(RUN))


def overwritten(weights: Path, factor: float) -> None:
    """Other numbers in a file of the same name and size."""
    from safetensors.torch import load_file, save_file

    size = weights.stat().st_size
    save_file({name: factor * value for name, value in load_file(weights).items()}, weights, {"format": "pt"})
    assert weights.stat().st_size == size


def test_a_planted_adapter_is_refused_whether_or_not_it_has_answered(triage: Engagement, model: Path) -> None:
    work = work_on(triage, model)
    trained, run = finished(triage, work)
    right = trained.weights_path / "adapter_model.safetensors"
    kept = right.read_bytes()
    overwritten(right, 2.0)
    with pytest.raises(RunFailed, match="not the files that training wrote"):
        work_on(triage, model).run(RUN)
    with pytest.raises(RunFailed, match="not the files that training wrote"):
        work_on(triage, model).folders()
    run.result_path.unlink()
    with pytest.raises(RunFailed, match="not the files that training wrote"):
        work_on(triage, model).run(RUN)
    right.write_bytes(kept)
    again = work_on(triage, model)
    again.run(RUN)
    assert triage.run_folder(again.run_spec(RUN)).name == run.name


def test_a_whole_folder_of_another_training_is_refused(triage: Engagement, model: Path) -> None:
    trained, run = finished(triage, work_on(triage, model))
    other = work_on(triage, model, seed=1)
    asked = other.trained(Job("run", "lora", 1))
    assert asked is not None and asked.root != trained.root
    shutil.copytree(trained.root, asked.root)
    other.train(Job("train", "lora", 1))
    with pytest.raises(RunFailed, match="another specification than its name says"):
        other.run(Job("run", "lora", 1))
    plain = work_on(triage, model)
    wanted = triage.run_folder(plain.run_spec(PLAIN))
    shutil.copytree(run.root, wanted.root)
    with pytest.raises(RunFailed, match="another specification than its name says"):
        plain.run(PLAIN)


def test_another_chat_template_is_another_model(triage: Engagement, model: Path) -> None:
    before = work_on(triage, model)
    trained, run = finished(triage, before)
    before.run(PLAIN)
    plain = triage.run_folder(before.run_spec(PLAIN))
    settings = model / "tokenizer_config.json"
    single = model / "chat_template.jinja"
    changed = TEMPLATE.replace("<|end|>", "\\n<|end|>")
    if single.exists():
        single.write_text(changed, encoding="utf-8")
    else:
        said = json.loads(settings.read_text(encoding="utf-8"))
        settings.write_text(json.dumps(said | {"chat_template": changed}), encoding="utf-8")
    after = work_on(triage, model)
    other = after.trained(RUN)
    assert other is not None and other.root != trained.root and other.result() is None
    after.run(PLAIN)
    again = triage.run_folder(after.run_spec(PLAIN))
    assert again.name != plain.name
    first, second = plain.result(), again.result()
    assert first is not None and second is not None and first.prompt != second.prompt
    assert run.result() is not None, "what was measured stays"


def test_another_base_under_the_same_path_is_another_model(triage: Engagement, model: Path) -> None:
    before = work_on(triage, model)
    trained, _ = finished(triage, before)
    before.run(PLAIN)
    plain = triage.run_folder(before.run_spec(PLAIN))
    overwritten(model / "model.safetensors", 0.5)
    after = work_on(triage, model)
    other = after.trained(RUN)
    assert other is not None and other.root != trained.root and other.result() is None
    after.run(PLAIN)
    again = triage.run_folder(after.run_spec(PLAIN))
    assert again.name != plain.name
    was, now = ({row.id: row.logprobs for row in one.predictions()} for one in (plain, again))
    assert all(was[id] != now[id] for id in was)
