"""Learning rate, rank and epochs by trial, judged on validation loss alone; a killed search goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import MissingPackage, PlanError, RunFailed
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.plan import TrainingSettings
from advisor.engagement.records.runs import Evaluation
from trainers.objectives._kind import Job
from trainers.training import train

UNPRUNED = 4
"""Trials that run to their end before any is cut short."""


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried."""

    around: TrainingSettings
    """Settings that stay as they are."""
    learning_rate: tuple[float, float]
    """Lowest and highest rate, drawn on a log scale."""
    rank: tuple[int, ...] = (8, 16, 32, 64)
    """Ranks of the adapter; a single one where nothing has a rank."""
    epochs: tuple[float, ...] = (1.0, 2.0, 3.0, 5.0)
    """Passes over the training split."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `search.jsonl`."""

    number: int
    """From 1."""
    learning_rate: float
    """Tried."""
    rank: int
    """Tried."""
    epochs: float
    """Tried."""
    state: Literal["finished", "cut short", "failed"]
    """Cut short: worse than the median of those before at the same share of the training."""
    loss: float | None
    """Validation loss of the weights that were kept, nats per trained token; None where it failed."""
    evaluations: list[Evaluation]
    """Looks at the validation split on the way."""
    seconds: float
    """Wall time."""
    folder: str
    """Name of the trained model's folder."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The best settings and all that was tried."""

    settings: TrainingSettings
    """Those with the lowest validation loss."""
    best: Trial
    """The trial that had them."""
    trials: list[Trial]
    """In order."""
    folder: str
    """Where `search.jsonl` lies."""


class _CutShort(Exception):
    """The trial is not worth its end."""


def space_around(settings: TrainingSettings) -> Space:
    """From a fifth to five times the rate of the settings, which must name one."""
    rate = settings.learning_rate
    return Space(around=settings, learning_rate=(rate / 5, rate * 5))


def search(
    job_for: Callable[[TrainingSettings], Job],
    space: Space,
    *,
    trials: int | None,
    minutes: float | None,
    folder: Path,
    seed: int,
    on_progress: OnProgress,
) -> Found:
    """Tree-structured Parzen estimator over the space, until so many trials or minutes are spent.

    A trial that has begun is finished or cut short, so minutes may be overrun by one trial. The job holds
    training and validation rows; test rows never come here. Asked again, trials on disk are not repeated.
    """
    optuna = _optuna()
    _refuse_unmeasured(space, job_for(space.around), trials, minutes)
    home = folder / f"search-{digests.short(_Asked(space=space, spec=job_for(space.around).spec, seed=seed))}"
    home.mkdir(parents=True, exist_ok=True)
    path = home / "search.jsonl"
    made = codec.kept_lines(path, Trial)
    study = optuna.create_study(
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED, n_warmup_steps=1),
    )
    for trial in made:
        _replay(study, space, trial)
    while _left(made, trials, minutes):
        trial = _try(study, space, job_for, number=len(made) + 1, of=trials, on_progress=on_progress)
        made.append(trial)
        with path.open("ab") as out:
            out.write(codec.encode(trial) + b"\n")
    return _found(space, made, home)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What names the folder of a search."""

    space: Space
    """What is tried."""
    spec: Any
    """The training around which it is tried."""
    seed: int
    """Of the sampler."""


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingPackage("a search needs optuna", fix="pip install 'tunecase[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _refuse_unmeasured(space: Space, job: Job, trials: int | None, minutes: float | None) -> None:
    if trials is None and minutes is None:
        raise PlanError("a search without a budget never ends", fix="name a number of trials or minutes")
    if not job.validation or not space.around.evaluations:
        raise PlanError(
            "a search compares validation losses, and none is measured",
            fix="give the data a validation split, and evaluations of 1 or more under [training]",
        )
    low, high = space.learning_rate
    if not 0 < low < high:
        raise PlanError(
            f"learning rates from {low} to {high} are no range", fix="name two rates above 0, the lower first"
        )


def _left(made: Sequence[Trial], trials: int | None, minutes: float | None) -> bool:
    if trials is not None and len(made) >= trials:
        return False
    return minutes is None or sum(trial.seconds for trial in made) < 60 * minutes


def _drawn(trial: Any, space: Space) -> TrainingSettings:
    rate = trial.suggest_float("learning_rate", *space.learning_rate, log=True)
    return msgspec.structs.replace(
        space.around,
        learning_rate=float(f"{rate:.3g}"),
        rank=trial.suggest_categorical("rank", list(space.rank)),
        epochs=trial.suggest_categorical("epochs", list(space.epochs)),
    )


def _replay(study: Any, space: Space, kept: Trial) -> None:
    """Ask as before and tell what came of it, so that the sampler stands where it stood."""
    asked = study.ask()
    settings = _drawn(asked, space)
    tried = (kept.learning_rate, kept.rank, kept.epochs)
    if (settings.learning_rate, settings.rank, settings.epochs) != tried:
        raise RunFailed(
            f"trial {kept.number} on disk is not what this version draws",
            fix="install the optuna that began the search, or begin anew with another seed",
        )
    for number, look in enumerate(kept.evaluations, start=1):
        asked.report(look.loss, number)
    _tell(study, asked, kept)


def _tell(study: Any, asked: Any, trial: Trial) -> None:
    import optuna

    states = optuna.trial.TrialState
    if trial.state == "finished":
        study.tell(asked, trial.loss)
    else:
        study.tell(asked, state=states.PRUNED if trial.state == "cut short" else states.FAIL)


def _try(
    study: Any,
    space: Space,
    job_for: Callable[[TrainingSettings], Job],
    *,
    number: int,
    of: int | None,
    on_progress: OnProgress,
) -> Trial:
    asked = study.ask()
    settings = _drawn(asked, space)
    job = job_for(settings)
    looks: list[Evaluation] = []

    def watch(at: Progress) -> None:
        stage = f"trial {number}{f' of {of}' if of else ''}, rate {settings.learning_rate:g}"
        on_progress(at._replace(stage=f"{stage}, rank {settings.rank}: {at.stage}"))
        path = job.folder.evaluations_path
        for look in list(codec.iter_lines(path, Evaluation))[len(looks) :] if path.exists() else []:
            looks.append(look)
            asked.report(look.loss, len(looks))
            if asked.should_prune():
                raise _CutShort

    started = time.perf_counter()
    state: Literal["finished", "cut short", "failed"] = "finished"
    loss: float | None = None
    try:
        result = train(replace(job, on_progress=watch))
        loss, looks[:] = result.validation_loss, result.evaluations
    except _CutShort:
        state, loss = "cut short", min(look.loss for look in looks)
        for left in (job.folder.checkpoint_path, job.folder.best_path):
            shutil.rmtree(left, ignore_errors=True)
    except RunFailed:
        state = "failed"
    for place, look in enumerate(looks, start=1):
        asked.report(look.loss, place)
    trial = Trial(
        number=number,
        learning_rate=settings.learning_rate,
        rank=settings.rank,
        epochs=settings.epochs,
        state=state,
        loss=loss,
        evaluations=looks,
        seconds=time.perf_counter() - started,
        folder=job.folder.name,
    )
    _tell(study, asked, trial)
    return trial


def _found(space: Space, made: Sequence[Trial], home: Path) -> Found:
    finished = [trial for trial in made if trial.state == "finished" and trial.loss is not None]
    if not finished:
        raise RunFailed(
            f"none of {len(made)} trials came to its end", fix="search lower learning rates, or longer"
        )
    best = min(finished, key=lambda trial: (trial.loss, trial.number))
    settings = msgspec.structs.replace(
        space.around, learning_rate=best.learning_rate, rank=best.rank, epochs=best.epochs
    )
    return Found(settings=settings, best=best, trials=list(made), folder=home.name)
