"""What the rows of a run amount to: scores per item, metrics with intervals, times, tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from advisor.engagement.catalogue import find, items
from advisor.engagement.folder import ModelFolder, RunFolder
from advisor.engagement.records.runs import Estimate, Prediction, RunResult, RunSpec
from harness import arms, metrics
from harness.arms._kind import Answer, Arm, ArmData, Prepared
from harness.metrics._kind import Metric
from harness.retrieval.scoring import retrieval_of


def scores_of(answer: Answer, target: str, scored: Sequence[Metric]) -> dict[str, float]:
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
    retrieval = retrieval_of(
        test,
        {example.id: example for example in data.test},
        cite=spec.settings.get("cite") == "True" and spec.task != "classification",
        abstain=spec.settings.get("abstain", ""),
    )
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
        retrieval=retrieval if arm.retrieves else None,
        usd=_paid(prepared, answered),
        per_class=per_class(answered, spec.labels),
        seconds=sum(row.seconds for row in rows),
    )


def _paid(prepared: Prepared, rows: Sequence[Prediction]) -> float | None:
    """USD of these answers, where they are paid by the token."""
    if prepared.price is None:
        return None
    return sum(prepared.price(row.tokens_in, row.tokens_out) for row in rows)


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
