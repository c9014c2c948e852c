"""Together and Fireworks by their public descriptions: upload, start, follow, one job whatever happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.hosted import HostedResult, HostedSettings
from tests.trainers.exporting import INSTRUCTION, LABELS, engagement, examples
from tests.trainers.vendors import KEY, Fireworks, Script, Together, serving
from trainers.hosted.steps.preparing import Tuning, prepare
from trainers.hosted.steps.tuning import LOOKS, tune_hosted

DAY = dt.date(2026, 11, 25)
ASKED = HostedSettings(epochs=2, learning_rate=3e-5, rank=12, batch_size=4, seed=7)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    with serving(Script(states=["running", "completed"]), Together) as script:
        yield script


@pytest.fixture
def fireworks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("FIREWORKS_API_KEY", KEY)
    monkeypatch.setenv("FIREWORKS_ACCOUNT_ID", "me")
    states = ["JOB_STATE_RUNNING", "JOB_STATE_COMPLETED"]
    with serving(Script(states=states), Fireworks) as script:
        yield script


def tune(
    root: Path,
    provider: str,
    script: Script,
    *,
    rows: list[Example] | None = None,
    said: list[Progress] | None = None,
) -> HostedResult:
    asked = Tuning(
        Engagement(root / "client") if (root / "client").exists() else engagement(root),
        provider,
        "Qwen/Qwen3-4B",
        INSTRUCTION,
        LABELS,
        rows or examples(12),
        validation=examples(4),
        settings=ASKED,
        url=script.url,
        on_progress=(said if said is not None else []).append,
    )
    return tune_hosted(asked, prepare(asked, today=DAY), poll_seconds=0.01)


def test_together_gets_the_files_without_the_key_and_tells_its_own_price(
    together: Script, tmp_path: Path
) -> None:
    result = tune(tmp_path, "together", together)
    assert (result.model, result.billed_tokens, result.usd_billed) == ("me/ft-1", 900, 0.25)
    assert [upload.count(b"\n") for upload in together.uploads] == [12, 4]
    (body,) = together.bodies
    assert body["training_type"] == {"type": "Lora", "lora_r": 12, "lora_alpha": 24}
    assert (body["n_epochs"], body["n_evals"], body["random_seed"]) == (2, 2, 7)
    assert (body["training_file"], body["validation_file"]) == ("file-1", "file-2")
    assert body["training_method"] == {"method": "sft", "train_on_inputs": False}


@pytest.mark.parametrize("trouble", ["done_cut", "done_500", "garbled"])
@pytest.mark.parametrize("shows_tag", [True, False])
def test_a_job_at_together_is_made_once(
    together: Script, tmp_path: Path, trouble: str, shows_tag: bool
) -> None:
    together.trouble, together.shows_tag, together.hidden = {"start": [trouble]}, shows_tag, 2
    assert tune(tmp_path, "together", together).job == "ft-1"
    assert len(together.jobs) == 1


def test_a_job_that_together_lists_late_is_not_made_twice(together: Script, tmp_path: Path) -> None:
    together.trouble, together.hidden = {"start": ["done_cut"]}, LOOKS + 1
    with pytest.raises(RunFailed, match="a second job would be billed too"):
        tune(tmp_path, "together", together)
    assert tune(tmp_path, "together", together).job == "ft-1"
    assert (len(together.jobs), together.seen.count("start")) == (1, 1)


def test_another_job_at_together_is_not_taken_for_ours(together: Script, tmp_path: Path) -> None:
    together.jobs = [{"id": "ft-other", "suffix": "theirs", "status": "running", "training_file": "file-1"}]
    assert tune(tmp_path, "together", together).job == "ft-2"


def test_together_says_why_a_file_or_a_job_is_refused(together: Script, tmp_path: Path) -> None:
    broken = examples(12)
    broken[3] = Example(id="t3", input="BROKEN", output="card", label="card")
    with pytest.raises(RunFailed, match=r"train.jsonl is refused: row 3 is broken"):
        tune(tmp_path / "file", "together", together, rows=broken)
    assert not together.jobs
    together.states = ["error"]
    with pytest.raises(RunFailed, match="job ft-1 failed: out of credit"):
        tune(tmp_path / "job", "together", together)


def test_fireworks_trains_under_our_name_and_answers_elsewhere(fireworks: Script, tmp_path: Path) -> None:
    said: list[Progress] = []
    result = tune(tmp_path, "fireworks", fireworks, said=said)
    (body,) = fireworks.bodies
    assert result.model == body["outputModel"] == f"accounts/me/models/{result.job}"
    assert result.url == fireworks.url.replace("/v1", "/inference/v1")
    assert (body["epochs"], body["learningRate"], body["loraRank"], body["batchSizeSamples"]) == (
        2,
        3e-5,
        12,
        4,
    )
    assert body["dataset"] == f"accounts/me/datasets/{result.job}-train"
    assert any(one.done == 40 for one in said)


@pytest.mark.parametrize("trouble", ["done_cut", "done_500", "garbled"])
def test_a_job_at_fireworks_is_made_once(fireworks: Script, tmp_path: Path, trouble: str) -> None:
    fireworks.trouble = {"start": [trouble]}
    tune(tmp_path, "fireworks", fireworks)
    assert len(fireworks.jobs) == 1


def test_a_job_that_fireworks_does_not_show_yet_is_not_made_again(fireworks: Script, tmp_path: Path) -> None:
    fireworks.trouble, fireworks.hidden = {"start": ["done_cut"]}, LOOKS
    tune(tmp_path, "fireworks", fireworks)
    assert fireworks.seen.count("start") == 2
    assert len(fireworks.jobs) == 1


def test_fireworks_says_why_and_needs_an_account(
    fireworks: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fireworks.states = ["JOB_STATE_FAILED"]
    with pytest.raises(RunFailed, match="failed: no such base"):
        tune(tmp_path / "a", "fireworks", fireworks)
    monkeypatch.setenv("FIREWORKS_ACCOUNT_ID", "../other")
    with pytest.raises(NotReady, match="FIREWORKS_ACCOUNT_ID"):
        tune(tmp_path / "b", "fireworks", fireworks)
