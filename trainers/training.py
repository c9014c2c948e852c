"""Train one model as its spec says; asked again, it finds the result or resumes where it was killed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example, Preference
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import TrainingResult, TrainingSpec
from trainers import methods, objectives
from trainers.language.rendering import RENDERER_VERSION
from trainers.methods._kind import Method
from trainers.objectives._kind import Job, Objective
from trainers.replaying import replayed, row_notes, started
from trainers.watching import conclude

TRAINER_VERSION = 2


def training_spec(
    plan: Plan,
    method: str,
    seed: int,
    *,
    train: Sequence[Example],
    validation: Sequence[Example],
    labels: Sequence[str],
    weights: str,
    tokenizer: str,
    objective: str = "sft",
    pairs: Sequence[Preference] = (),
    begins_with: str = "",
    texts: Sequence[str] = (),
    old: Sequence[Example] = (),
) -> TrainingSpec:
    """What the plan asks of one method and seed; the method's own rate where the plan names none.

    `texts` are the raw texts, those held out last; `old` the rows to replay from, then the test rows.
    """
    needs = find(objectives, Objective, objective).needs
    rate = plan.training.learning_rate or find(methods, Method, method).learning_rate
    return TrainingSpec(
        method=method,
        objective=objective,
        weights=weights,
        tokenizer=tokenizer,
        data=digests.of_records([*train, *validation]),
        instruction=plan.instruction,
        labels=list(labels),
        settings=msgspec.structs.replace(plan.training, learning_rate=rate),
        seed=seed,
        renderer=RENDERER_VERSION,
        trainer=TRAINER_VERSION,
        begins_with=begins_with,
        pairs=digests.of_records(pairs) if pairs else "",
        preferences=plan.preferences if "pairs" in needs else None,
        teacher=digests.of_record(plan.distillation.asked())
        if "teacher" in needs and plan.distillation
        else "",
        texts=digests.of_bytes(codec.encode(texts)) if texts else "",
        pretraining=plan.pretraining if "texts" in needs else None,
        old=digests.of_records(old) if old else "",
    )


def train(job: Job) -> TrainingResult:
    """Train, save, measure; the stored result if it is there.

    Raises PlanError where rows do not fit, RunFailed where the loss or a weight is not finite.
    """
    folder = job.folder
    done = folder.result()
    if done is not None:
        return done
    objective = find(objectives, Objective, job.spec.objective)
    _refuse_missing(objective, job)
    folder.root.mkdir(parents=True, exist_ok=True)
    codec.write_json(folder.spec_path, job.spec)
    starting = started(job)
    # the others draw old rows themselves, where they learn from rows at all
    mixed, replay = replayed(starting) if objective.needs == ("examples",) else (starting, [])
    result = objective.train(mixed)
    if job.spec.settings.replay and "pairs" in objective.needs:
        replay = ["replay is set, and pairs are not replayed"]
    notes = [*result.notes, *row_notes(mixed.train), *replay]
    result = msgspec.structs.replace(result, model=job.model, expected=job.expected, notes=notes)
    conclude(folder, result)
    return result


def _refuse_missing(objective: Objective, job: Job) -> None:
    texts = [*job.texts, *(row for row in job.train if not row.output)]
    there = {"examples": job.train, "texts": texts, "pairs": job.pairs, "teacher": job.teacher}
    for need in objective.needs:
        if not there[need]:
            raise PlanError(f"{objective.title} needs {NEEDED[need]}, and there are none", fix=FIXES[need])


NEEDED = {
    "examples": "training rows",
    "texts": "texts",
    "pairs": "preference pairs",
    "teacher": "a teacher's answers",
}
FIXES = {
    "examples": "check a file with rows to train on",
    "texts": "check the data with --documents FOLDER",
    "pairs": "check a file with prompt, chosen and rejected on every row",
    "teacher": "name the teacher in plan.toml under [distillation]",
}
