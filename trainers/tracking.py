"""Losses for the tracker that a team looks at already: TensorBoard, MLflow or Weights & Biases, no texts."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from transformers import TrainerCallback

from advisor.engagement import digests
from advisor.engagement.errors import MissingPackage, PlanError
from advisor.engagement.progress import Progress
from advisor.engagement.records.runs import Evaluation
from trainers.objectives._kind import Job

PROJECT = "tunecase"
LOGGED = ("loss", "learning_rate", "grad_norm", "reward", "kl", "rewards/margins", "rewards/accuracies")
"""Of what Trainer logs, the numbers that are handed on."""


class Writer(Protocol):
    """Where numbers go."""

    def write(self, step: int, numbers: dict[str, float]) -> None:
        """The numbers of one optimizer step."""

    def close(self) -> None:
        """No more will come."""


class Kind(NamedTuple):
    """One tracker."""

    module: str
    """What has to be installed."""
    package: str
    """Under which name it is installed."""
    uploads: Callable[[], str]
    """Host that numbers would go to as the environment is now; empty where they stay here."""
    opened: Callable[[Job, int], Writer]
    """A writer for this job, from this step on."""


class Tracker(TrainerCallback):  # type: ignore[misc]
    """Hands on each step's numbers; a tracker that fails is left out, the training goes on."""

    def __init__(self, name: str, job: Job, writer: Writer, looks: Sequence[Evaluation]) -> None:
        self._name, self._job, self._looks = name, job, looks
        self._writer: Writer | None = writer

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """Loss, rate and norm of the step, and the validation loss where it was measured after it."""
        if not logs or "loss" not in logs:
            return
        numbers = {name: float(logs[name]) for name in LOGGED if name in logs}
        if self._looks and self._looks[-1].step == state.global_step:
            numbers["validation_loss"] = self._looks[-1].loss
        self._safely(lambda writer: writer.write(state.global_step, numbers))

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Close it."""
        self._safely(lambda writer: writer.close())
        self._writer = None

    def _safely(self, work: Callable[[Writer], None]) -> None:
        if self._writer is None:
            return
        try:
            work(self._writer)
        except Exception as wrong:
            self._writer = None
            said = f"{self._name} failed ({type(wrong).__name__}: {wrong}); training goes on without it"
            self._job.on_progress(Progress(said, 0, 1))


def callbacks(job: Job, looks: Sequence[Evaluation], *, after: int = 0) -> list[TrainerCallback]:
    """The job's tracker, or none; to stand behind the evaluator, whose `looks` it reads.

    Raises PlanError where it is unknown or would upload what may not leave, MissingPackage where absent.
    """
    if not job.tracker:
        return []
    refuse(job.tracker, may_upload=job.may_upload)
    return [Tracker(job.tracker, job, KINDS[job.tracker].opened(job, after), looks)]


def refuse(name: str, *, may_upload: bool) -> None:
    """Raise where this tracker cannot be used, before anything is trained."""
    if name not in KINDS:
        raise PlanError(f"no tracker {name!r}", fix=f"known: {', '.join(sorted(KINDS))}")
    kind = KINDS[name]
    try:
        importlib.import_module(kind.module)
    except ImportError:
        raise MissingPackage(
            f"the tracker {name} needs the package {kind.package}", fix="pip install 'tunecase[tracking]'"
        ) from None
    host = kind.uploads()
    if host and not may_upload:
        raise PlanError(
            f"the tracker {name} would send losses and settings to {host}, and data may not leave",
            fix="allow it with --allow-upload, take tensorboard, or keep it here: WANDB_MODE=offline, "
            "and no MLFLOW_TRACKING_URI",
        )


def described(job: Job) -> dict[str, str | int | float | bool]:
    """What a tracker is told of a training: names and settings, no text of the client."""
    settings = msgspec.to_builtins(job.spec.settings)
    return {"method": job.spec.method, "objective": job.spec.objective, "seed": job.spec.seed, **settings}


def named(job: Job) -> str:
    """One name for one training, in every session of it."""
    return f"{job.spec.objective}-{job.spec.method}-{digests.short(job.spec)}"


class _TensorBoard:
    def __init__(self, job: Job, after: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(  # type: ignore[no-untyped-call]
            log_dir=str(job.folder.root / "tensorboard"), purge_step=after + 1 if after else None
        )
        self._writer.add_text("settings", "\n\n".join(f"{k}: {v}" for k, v in described(job).items()))

    def write(self, step: int, numbers: dict[str, float]) -> None:
        for name, number in numbers.items():
            self._writer.add_scalar(name, number, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _Mlflow:
    """One run for one training; a resumed training finds its run again."""

    def __init__(self, job: Job, after: int) -> None:
        import mlflow

        self._client: Any = mlflow.MlflowClient(tracking_uri=_mlflow_address(job))
        known = self._client.get_experiment_by_name(PROJECT)
        experiment = known.experiment_id if known else self._client.create_experiment(PROJECT)
        name = named(job)
        found = self._client.search_runs([experiment], f"tags.training = '{name}'")
        tags = {"training": name}
        run = found[0] if found else self._client.create_run(experiment, run_name=name, tags=tags)
        self._run = run.info.run_id
        for key, value in ({} if found else described(job)).items():
            self._client.log_param(self._run, key, value)

    def write(self, step: int, numbers: dict[str, float]) -> None:
        for name, number in numbers.items():
            self._client.log_metric(self._run, name, number, step=step)

    def close(self) -> None:
        self._client.set_terminated(self._run)


class _Wandb:
    def __init__(self, job: Job, after: int) -> None:
        import wandb

        quiet = wandb.Settings(
            console="off", silent=True, disable_git=True, disable_code=True, x_disable_stats=True
        )
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=named(job),
            id=named(job),
            resume="allow",
            dir=str(job.folder.root),
            config=described(job),
            settings=quiet,
        )

    def write(self, step: int, numbers: dict[str, float]) -> None:
        self._run.log(numbers, step=step)

    def close(self) -> None:
        self._run.finish()


def _mlflow_address(job: Job) -> str:
    # mlflow 3.17 refuses to begin a store of files; a database in one file needs no server
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    said = os.environ.get("MLFLOW_TRACKING_URI", "")
    return said or f"sqlite:///{job.folder.root.resolve() / 'mlflow.db'}"


def _mlflow_host() -> str:
    said = os.environ.get("MLFLOW_TRACKING_URI", "")
    here = said.startswith(("file:", "sqlite:")) or not ("://" in said or said.startswith("databricks"))
    return "" if here else said


def _wandb_host() -> str:
    if os.environ.get("WANDB_MODE", "online") in ("offline", "disabled", "dryrun"):
        return ""
    return os.environ.get("WANDB_BASE_URL", "api.wandb.ai")


KINDS: dict[str, Kind] = {
    "tensorboard": Kind("tensorboard", "tensorboard", lambda: "", _TensorBoard),
    "mlflow": Kind("mlflow", "mlflow-skinny", _mlflow_host, _Mlflow),
    "wandb": Kind("wandb", "wandb", _wandb_host, _Wandb),
}
"""Trackers by the name that is asked for."""
