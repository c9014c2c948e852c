"""One arm over validation and test items: a row per item as it arrives, a result when all are there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.folder import Engagement, ModelFolder, RunFolder
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Prediction, RunResult, RunSpec, Split
from harness import arms
from harness.arms._kind import Answer, Arm, ArmData, Prepared, Work
from harness.decoding import decoding_of, identity
from harness.marking import Markers, basis_of, markers, scores_of
from harness.models.scoring import SCORER_VERSION
from harness.summing import sum_up
from trainers.language.prompting import as_asked


def arm_data(engagement: Engagement, plan: Plan) -> ArmData:
    """The frozen splits, at most `plan.limit` rows of each, drawn evenly over the labels."""
    examples, splits, profile = engagement.examples(), engagement.splits(), engagement.profile()
    if profile is None:
        raise NotReady(f"{engagement.root}: no profile of the data", fix="run `tunecase check FILE`")
    if profile.scored_as is None:
        raise NotReady(
            f"{engagement.root}: the data ({profile.task}) holds no wanted answers to compare arms on",
            fix="check a file with an output on every row",
        )
    missing = [id for id in (*splits.train, *splits.validation, *splits.test) if id not in examples]
    if missing:
        raise NotReady(
            f"{engagement.examples_path}: {len(missing)} rows of the splits are gone, first {missing[0]}",
            fix="run `tunecase check FILE` again",
        )
    ids = (*splits.train, *splits.validation, *splits.test)
    if digests.of_records([examples[id] for id in ids]) != splits.digest:
        raise NotReady(
            f"{engagement.examples_path}: rows changed after the splits were frozen",
            fix="run `tunecase check FILE` again",
        )
    train, validation, test = (
        _limited([examples[id] for id in part], plan.limit)
        for part in (splits.train, splits.validation, splits.test)
    )
    train = [*train, *_written(engagement, train)]
    train, validation, test = (
        [as_asked(engagement, row) for row in part] for part in (train, validation, test)
    )
    rows = [*train, *validation, *test]
    labels = sorted({row.label for row in rows if row.label is not None})
    return ArmData(train, validation, test, profile.scored_as, labels, digests.of_records(rows))


def _written(engagement: Engagement, train: Sequence[Example]) -> list[Example]:
    """Synthetic rows to learn beside those given; of a limited split, those whose seed rows are all there."""
    known = {row.id for row in train}
    return [row for row in engagement.synthetic() if known.issuperset(row.meta.get("seeds", ()))]


def _limited(rows: list[Example], limit: int | None) -> list[Example]:
    """Evenly spaced rows after sorting by label, in their first order: every label keeps its share."""
    if limit is None or len(rows) <= limit:
        return rows
    ranked = sorted(
        range(len(rows)), key=lambda i: (rows[i].label or "", digests.of_bytes(rows[i].id.encode()))
    )
    chosen = {ranked[i * len(ranked) // limit] for i in range(limit)}
    return [row for number, row in enumerate(rows) if number in chosen]


def run_spec(
    arm: str,
    plan: Plan,
    data: ArmData,
    engagement: Engagement,
    *,
    seed: int,
    weights: str | None,
    tokenizer: str | None,
    adapter: str | None,
) -> RunSpec:
    """Everything that can change an answer, and nothing else."""
    renderer = 0
    if weights is not None:
        from trainers.language.rendering import RENDERER_VERSION

        renderer = RENDERER_VERSION
    kind = find(arms, Arm, arm)
    return RunSpec(
        arm=arm,
        seed=seed,
        weights=weights,
        adapter=adapter,
        tokenizer=tokenizer,
        data=data.digest,
        instruction=plan.instruction if weights is not None else "",
        labels=data.labels,
        task=data.task,
        decoding=identity(
            decoding_of(plan, data, engagement), data, model=plan.model if weights is not None else None
        ),
        renderer=renderer,
        scorer=SCORER_VERSION if weights is not None else 0,
        arm_version=kind.version,
        settings=dict(kind.settings(plan, engagement)) if kind.settings else {},
    )


def run_arm(
    spec: RunSpec,
    folder: RunFolder,
    *,
    data: ArmData,
    plan: Plan,
    engagement: Engagement,
    model: str | None,
    trained: ModelFolder | None,
    on_progress: OnProgress,
    expected: Expected | None = None,
    may_execute: bool = False,
) -> RunResult:
    """Answer every item that has no row yet, then sum up; the stored result if it is there.

    Raises RunFailed where the folder holds rows of another run.
    """
    if folder.spec_path.exists() and codec.read_json(folder.spec_path, RunSpec) != spec:
        raise RunFailed(
            f"{folder.root}: this run answered another specification than its name says",
            fix="delete that folder and run `tunecase compare` again",
        )
    done = folder.result()
    if done is not None:
        return done
    arm = find(arms, Arm, spec.arm)
    codec.write_json(folder.spec_path, spec)
    codec.cut_torn_line(folder.predictions_path)
    answered = folder.predictions()
    work = Work(
        data=data,
        instruction=spec.instruction,
        seed=spec.seed,
        model=model,
        adapter=trained.weights_path if trained else None,
        quantised=arm.method == "qlora",
        max_new_tokens=decoding_of(plan, data, engagement).limit,
        on_progress=on_progress,
        plan=plan,
        engagement=engagement,
        answered=answered,
    )
    finished = {row.id for row in answered}
    prepared = arm.prepare(work)
    ready = markers(basis_of(data, plan, engagement, may_execute=may_execute))
    with folder.predictions_path.open("ab") as out:
        _answer_all(spec, data, prepared, finished, out, ready, on_progress)
    result = sum_up(spec, data, folder, ready=ready, prepared=prepared, model=model, trained=trained)
    result = msgspec.structs.replace(result, expected=expected)
    codec.write_json(folder.result_path, result)
    return result


def _answer_all(
    spec: RunSpec,
    data: ArmData,
    prepared: Prepared,
    finished: set[str],
    out: BinaryIO,
    ready: Markers,
    tell: OnProgress,
) -> None:
    held_out = {example.id for example in data.test}
    total = len(data.validation) + len(data.test)
    count = 0
    if prepared.stream is not None:
        left = [example for batch in prepared.batches for example in batch if example.id not in finished]
        for number, (example, answer, seconds) in enumerate(prepared.stream(left), start=1):
            out.write(codec.encode(_row(example, answer, seconds, example.id in held_out, ready)) + b"\n")
            out.flush()
            tell(Progress(f"{spec.arm}: predicting", total - len(left) + number, total))
        return
    for batch in prepared.batches:
        if not all(example.id in finished for example in batch):
            started = time.perf_counter()
            answers = prepared.answer(batch)
            each = (time.perf_counter() - started) / len(batch)
            lines = [
                codec.encode(_row(example, answer, each, example.id in held_out, ready)) + b"\n"
                for example, answer in zip(batch, answers, strict=True)
                if example.id not in finished
            ]
            out.write(b"".join(lines))
            out.flush()
        count += len(batch)
        tell(Progress(f"{spec.arm}: predicting", count, total))


def _row(example: Example, answer: Answer, seconds: float, test: bool, ready: Markers) -> Prediction:
    split: Split = "test" if test else "validation"
    return Prediction(
        id=example.id,
        split=split,
        output=answer.output,
        target=example.output,
        scores=scores_of(answer, example, ready),
        seconds=seconds,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        error=answer.error,
        finish_reason=answer.finish_reason,
        logprobs={label: round(value, 6) for label, value in answer.logprobs.items()},
        retrieved=list(answer.retrieved),
        thinking=answer.thinking,
        near_ties=answer.near_ties,
        shown=answer.shown,
        cited=list(answer.cited),
        tokens_estimated=answer.tokens_estimated,
    )
