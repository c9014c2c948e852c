"""One arm over validation and test items: a row per item as it arrives, a result when all are there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find, items
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement, ModelFolder, RunFolder
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate, Prediction, RunResult, RunSpec, Split
from harness import arms, metrics
from harness.arms._kind import Answer, Arm, Prepared, Work
from harness.metrics._kind import Metric
from harness.models.scoring import SCORER_VERSION

SHORTEST_ANSWER = 32
LONGEST_ANSWER = 1024


@dataclass(frozen=True)
class ArmData:
    """What every arm of a comparison is given."""

    train: list[Example]
    """Rows to learn from."""
    validation: list[Example]
    """Rows for choices."""
    test: list[Example]
    """Held-out rows."""
    task: str
    """classification or generation."""
    labels: list[str]
    """All labels in alphabetical order; empty for generation."""
    digest: str
    """sha256 of all rows in order."""


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
    rows = [*train, *validation, *test]
    labels = sorted({row.label for row in rows if row.label is not None})
    return ArmData(train, validation, test, profile.scored_as, labels, digests.of_records(rows))


def _limited(rows: list[Example], limit: int | None) -> list[Example]:
    """Evenly spaced rows after sorting by label, in their first order: every label keeps its share."""
    if limit is None or len(rows) <= limit:
        return rows
    ranked = sorted(
        range(len(rows)), key=lambda i: (rows[i].label or "", digests.of_bytes(rows[i].id.encode()))
    )
    chosen = {ranked[i * len(ranked) // limit] for i in range(limit)}
    return [row for number, row in enumerate(rows) if number in chosen]


def answer_limit(data: ArmData) -> int:
    """Tokens a generated answer may take: half a token per character of the longest training answer.

    Tokenizers spend about a quarter of a token per character of English, so this is twice what is needed.
    """
    longest = max((len(example.output) for example in data.train), default=0)
    return min(LONGEST_ANSWER, max(SHORTEST_ANSWER, longest // 2))


def run_spec(
    arm: str,
    plan: Plan,
    data: ArmData,
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
        decoding="labels" if data.task == "classification" else f"greedy:{answer_limit(data)}",
        renderer=renderer,
        scorer=SCORER_VERSION if weights is not None else 0,
        arm_version=find(arms, Arm, arm).version,
    )


def run_arm(
    spec: RunSpec,
    folder: RunFolder,
    *,
    data: ArmData,
    model: str | None,
    trained: ModelFolder | None,
    on_progress: OnProgress,
    expected: Expected | None = None,
) -> RunResult:
    """Answer every item that has no row yet, then sum up; the stored result if it is there."""
    done = folder.result()
    if done is not None:
        return done
    arm = find(arms, Arm, spec.arm)
    codec.write_json(folder.spec_path, spec)
    work = Work(
        data=data,
        instruction=spec.instruction,
        seed=spec.seed,
        model=model,
        adapter=trained.weights_path if trained else None,
        quantised=arm.method == "qlora",
        max_new_tokens=answer_limit(data),
        on_progress=on_progress,
    )
    codec.cut_torn_line(folder.predictions_path)
    finished = {row.id for row in folder.predictions()}
    prepared = arm.prepare(work)
    with folder.predictions_path.open("ab") as out:
        _answer_all(spec, data, prepared, finished, out, on_progress)
    result = sum_up(spec, data, folder, prepared=prepared, model=model, trained=trained)
    result = msgspec.structs.replace(result, expected=expected)
    codec.write_json(folder.result_path, result)
    return result


def _answer_all(
    spec: RunSpec, data: ArmData, prepared: Prepared, finished: set[str], out: BinaryIO, tell: OnProgress
) -> None:
    held_out = {example.id for example in data.test}
    scored = [m for m in items(metrics, Metric).values() if spec.task in m.tasks and m.score is not None]
    total = len(data.validation) + len(data.test)
    count = 0
    for batch in prepared.batches:
        if not all(example.id in finished for example in batch):
            started = time.perf_counter()
            answers = prepared.answer(batch)
            each = (time.perf_counter() - started) / len(batch)
            lines = [
                codec.encode(_row(example, answer, each, example.id in held_out, scored)) + b"\n"
                for example, answer in zip(batch, answers, strict=True)
                if example.id not in finished
            ]
            out.write(b"".join(lines))
            out.flush()
        count += len(batch)
        tell(Progress(f"{spec.arm}: predicting", count, total))


def _row(
    example: Example, answer: Answer, seconds: float, test: bool, scored: Sequence[Metric]
) -> Prediction:
    split: Split = "test" if test else "validation"
    return Prediction(
        id=example.id,
        split=split,
        output=answer.output,
        target=example.output,
        scores=_scores(answer, example.output, scored),
        seconds=seconds,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        error=answer.error,
        finish_reason=answer.finish_reason,
        logprobs={label: round(value, 6) for label, value in answer.logprobs.items()},
    )


def _scores(answer: Answer, target: str, scored: Sequence[Metric]) -> dict[str, float]:
    """A failed request has no scores; an answer cut at the limit is the model's failure and scores 0."""
    if answer.output is None:
        return {}
    return {
        metric.name: 0.0 if answer.finish_reason == "length" else metric.score(answer.output, target)
        for metric in scored
        if metric.score is not None
    }


def sum_up(
    spec: RunSpec,
    data: ArmData,
    folder: RunFolder,
    *,
    prepared: Prepared,
    model: str | None = None,
    trained: ModelFolder | None = None,
) -> RunResult:
    """What the predictions of a run amount to."""
    arm = find(arms, Arm, spec.arm)
    rows = folder.predictions()
    order = {example.id: number for number, example in enumerate([*data.validation, *data.test])}
    rows.sort(key=lambda row: order[row.id])
    test = [row for row in rows if row.split == "test"]
    answered = [row for row in test if row.error is None]
    seconds = sorted(row.seconds for row in answered)
    known = set(spec.labels)
    unknown = [row for row in answered if known and row.output not in known]
    cut = [row for row in answered if row.finish_reason == "length"]
    return RunResult(
        arm=arm.name,
        title=arm.title,
        seed=spec.seed,
        model=model,
        training=trained.name if trained else None,
        metrics=measured(test, spec),
        validation=measured([row for row in rows if row.split == "validation"], spec),
        failed=len(test) - len(answered),
        unparsed=len(unknown) + len(cut),
        choices=prepared.choices,
        prompt=prepared.prompt,
        p50_seconds=seconds[len(seconds) // 2] if seconds else None,
        p95_seconds=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))] if seconds else None,
        tokens_in=sum(row.tokens_in for row in answered),
        tokens_out=sum(row.tokens_out for row in answered),
        peak_memory_gib=_peak_memory() if arm.needs_model else None,
        per_class=per_class(answered, spec.labels),
        seconds=sum(row.seconds for row in rows),
    )


def measured(rows: Sequence[Prediction], spec: RunSpec) -> dict[str, Estimate]:
    """Every metric of the task with its interval; failed requests are missing, not wrong."""
    from harness.statistics import intervals, paired_scores

    answered = [row for row in rows if row.error is None]
    found = {}
    for metric in items(metrics, Metric).values():
        if spec.task not in metric.tasks:
            continue
        if metric.score is not None:
            values = [row.scores[metric.name] for row in answered]
            found[metric.name] = intervals.proportion(values) if metric.binary else intervals.mean(values)
        elif answered:
            targets, outputs = [row.target for row in answered], [[row.output or "" for row in answered]]
            low, high = paired_scores.macro_f1_interval(targets, outputs, spec.labels)
            value = paired_scores.macro_f1(targets, outputs, spec.labels)
            found[metric.name] = Estimate(value=value, low=low, high=high, n=len(answered))
        else:
            found[metric.name] = intervals.NOTHING
    return found


def per_class(rows: Sequence[Prediction], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support by label; a label never given has no precision."""
    given, wanted = Counter(row.output for row in rows), Counter(row.target for row in rows)
    hits = Counter(row.target for row in rows if row.output == row.target)
    table: dict[str, dict[str, float]] = {}
    for label in labels:
        entry = {"support": float(wanted[label])}
        if given[label]:
            entry["precision"] = hits[label] / given[label]
        if wanted[label]:
            entry["recall"] = hits[label] / wanted[label]
        if given[label] + wanted[label]:
            entry["f1"] = 2 * hits[label] / (given[label] + wanted[label])
        table[label] = entry
    return table


def _peak_memory() -> float:
    from trainers.language.loading import device, peak_memory_gib

    return peak_memory_gib(device())
