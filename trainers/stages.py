"""A training inside a training: a folder of its own, found again when the whole is asked again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from advisor.engagement import codec
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.runs import TrainingResult
from trainers.objectives._kind import Job
from trainers.watching import conclude

STAGES = "stages"


def folder_of(job: Job, name: str) -> ModelFolder:
    """Where the stage of this name lives."""
    return ModelFolder(job.folder.root / STAGES / name)


def run_stage(job: Job, name: str, train: Callable[[Job], TrainingResult], *, said: str) -> TrainingResult:
    """Train the stage, or find its result; `said` tells its progress from the rest."""
    folder = folder_of(job, name)
    done = folder.result()
    if done is not None:
        return done
    folder.root.mkdir(parents=True, exist_ok=True)
    inner = replace(
        job,
        folder=folder,
        on_progress=lambda at: job.on_progress(at._replace(stage=f"{at.stage} ({said})")),
    )
    codec.write_json(folder.spec_path, inner.spec)
    result = train(inner)
    conclude(folder, result)
    return result
