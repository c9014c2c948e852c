"""A search tries what its seed says, keeps every trial, and goes on where it was killed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec, digests
from advisor.engagement.errors import MissingPackage, PlanError, RunFailed
from advisor.engagement.progress import Progress, silent
from advisor.engagement.records.plan import TrainingSettings
from tests.trainers._fits import CHECKS, SMALL, Stopped, job_for, replace
from trainers import searching
from trainers.objectives._kind import Job
from trainers.searching import Found, Space, Trial, search, space_around

SPACE = Space(around=SMALL, learning_rate=(1e-5, 2e-2), rank=(2, 4), epochs=(0.5, 1.0))


def found(folder: Path, model: Path, **options: Any) -> Found:
    """A search over the tiny model."""

    def job(settings: TrainingSettings) -> Job:
        made = job_for(folder / "x", model, settings=settings)
        return job_for(folder / "models" / digests.short(made.spec), model, settings=settings)

    budget: dict[str, Any] = {"trials": 6, "minutes": None, "seed": 3, "on_progress": silent}
    return search(job, options.pop("space", SPACE), folder=folder, **(budget | options))


def tried(result: Found) -> list[Any]:
    """What does not depend on the clock."""
    return [replace(trial, seconds=0.0) for trial in result.trials]


@pytest.fixture(autouse=True)
def needs_optuna() -> None:
    """An extra."""
    pytest.importorskip("optuna")


@pytest.fixture(scope="module")
def once(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found]:
    """Six trials without a disturbance."""
    folder = tmp_path_factory.mktemp("search")
    return folder, found(folder, tiny_model)


def test_the_best_is_the_finished_trial_with_the_lowest_validation_loss(once: tuple[Path, Found]) -> None:
    folder, result = once
    assert [trial.number for trial in result.trials] == [1, 2, 3, 4, 5, 6]
    finished = [trial for trial in result.trials if trial.state == "finished"]
    losses = [trial.loss for trial in finished if trial.loss is not None]
    assert result.best.loss == min(losses) < max(losses)
    wanted = (result.best.learning_rate, result.best.rank, result.best.epochs)
    assert (result.settings.learning_rate, result.settings.rank, result.settings.epochs) == wanted
    assert result.settings.batch_size == SMALL.batch_size
    on_disk = list(codec.iter_lines(folder / result.folder / "search.jsonl", Trial))
    assert on_disk == result.trials
    for trial in result.trials:
        assert 1e-5 <= trial.learning_rate <= 2e-2
        assert trial.rank in (2, 4)
        assert (folder / "models" / trial.folder).is_dir()


def test_trials_are_a_function_of_the_seed(
    once: tuple[Path, Found], tiny_model: Path, tmp_path: Path
) -> None:
    again = found(tmp_path / "again", tiny_model, trials=2)
    assert tried(again) == tried(once[1])[:2]
    other = found(tmp_path / "other", tiny_model, trials=1, seed=4)
    assert other.trials[0].learning_rate != again.trials[0].learning_rate
    assert other.folder != again.folder


def test_killed_in_a_trial_it_ends_with_the_same_trials(
    once: tuple[Path, Found], tiny_model: Path, tmp_path: Path
) -> None:
    def stop(at: Progress) -> None:
        if at.stage.startswith("trial 4") and at.done:
            raise Stopped

    with pytest.raises(Stopped):
        found(tmp_path, tiny_model, on_progress=stop)
    (path,) = tmp_path.glob("search-*/search.jsonl")
    assert len(path.read_bytes().splitlines()) == 3
    with path.open("ab") as out:
        out.write(b'{"number": 4, "learn')
    assert tried(found(tmp_path, tiny_model)) == tried(once[1])
    began = path.read_bytes()
    assert tried(found(tmp_path, tiny_model)) == tried(once[1])
    assert path.read_bytes() == began


def test_a_trial_worse_than_the_median_is_cut_short(tiny_model: Path, tmp_path: Path) -> None:
    wide = replace(SPACE, learning_rate=(1e-7, 2e-2), epochs=(1.0,), around=replace(SMALL, evaluations=4))
    result = found(tmp_path, tiny_model, trials=9, space=wide)
    cut = [trial for trial in result.trials if trial.state == "cut short"]
    assert cut
    for trial in cut:
        assert trial.number > searching.UNPRUNED
        assert 2 <= len(trial.evaluations) < 4
        assert not (tmp_path / "models" / trial.folder / "result.json").exists()
    assert result.best.state == "finished"


def test_minutes_are_a_budget_too(tiny_model: Path, tmp_path: Path) -> None:
    result = found(tmp_path, tiny_model, trials=None, minutes=1e-6)
    assert len(result.trials) == 1


def test_a_trial_that_fails_is_kept_and_not_chosen(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, calls = searching.train, []

    def fragile(job: Job) -> Any:
        calls.append(job)
        if len(calls) == 1:
            raise RunFailed("loss is nan", fix="lower it")
        return training(job)

    monkeypatch.setattr(searching, "train", fragile)
    result = found(tmp_path, tiny_model, trials=2)
    assert [trial.state for trial in result.trials] == ["failed", "finished"]
    assert result.trials[0].loss is None
    assert result.best.number == 2
    assert tried(found(tmp_path, tiny_model, trials=2)) == tried(result)
    monkeypatch.setattr(searching, "train", lambda job: fragile(job) if calls.clear() is None else None)
    with pytest.raises(RunFailed, match="none of 1 trials came to its end"):
        found(tmp_path / "all", tiny_model, trials=1)


def test_what_cannot_be_searched_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="without a budget"):
        found(tmp_path, tiny_model, trials=None)
    with pytest.raises(PlanError, match="none is measured"):
        found(tmp_path, tiny_model, space=replace(SPACE, around=replace(SMALL, evaluations=0)))
    with pytest.raises(PlanError, match="no range"):
        found(tmp_path, tiny_model, space=replace(SPACE, learning_rate=(0.0, 1.0)))
    with pytest.raises(PlanError, match="none is measured"):
        search(
            lambda settings: job_for(tmp_path / "m", tiny_model, settings=settings, checks=CHECKS[:0]),
            SPACE,
            trials=1,
            minutes=None,
            folder=tmp_path,
            seed=0,
            on_progress=silent,
        )
    assert not list(tmp_path.glob("search-*"))


def test_without_optuna_the_way_to_install_it_is_named(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackage, match="a search needs optuna") as raised:
        found(tmp_path, tiny_model)
    assert raised.value.fix == "pip install 'tunecase[search]'"


def test_the_usual_space_lies_around_the_rate() -> None:
    assert space_around(replace(SMALL, learning_rate=1e-4)).learning_rate == pytest.approx((2e-5, 5e-4))
