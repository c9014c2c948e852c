"""What the rows of a run amount to: scores per item, metrics with intervals, times, tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from advisor.engagement.catalogue import find
from advisor.engagement.folder import ModelFolder, RunFolder
from advisor.engagement.records.runs import Prediction, RunResult, RunSpec
from harness import arms
from harness.arms._kind import Arm, ArmData, Prepared
from harness.marking import Markers, marked, measured
from harness.retrieval.scoring import retrieval_of


def sum_up(
    spec: RunSpec,
    data: ArmData,
    folder: RunFolder,
    *,
    ready: Markers,
    prepared: Prepared,
    model: str | None = None,
    trained: ModelFolder | None = None,
) -> RunResult:
    """What the predictions of a run amount to."""
    arm = find(arms, Arm, spec.arm)
    examples = {example.id: example for example in (*data.validation, *data.test)}
    rows = marked(folder.predictions(), examples, ready)
    order = {id: number for number, id in enumerate(examples)}
    rows.sort(key=lambda row: order[row.id])
    test = [row for row in rows if row.split == "test"]
    answered = [row for row in test if row.error is None]
    seconds = sorted(row.seconds for row in answered)
    known = set(spec.labels)
    cut = [row for row in answered if row.finish_reason == "length"]
    whole = [row for row in answered if row.finish_reason != "length"]
    seen = [row.near_ties for row in answered if row.near_ties is not None]
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
        metrics=measured([test], examples, ready),
        validation=measured([[row for row in rows if row.split == "validation"]], examples, ready),
        failed=len(test) - len(answered),
        unparsed=sum(row.output not in known for row in whole) if known else 0,
        truncated=len(cut),
        thought=sum(bool(row.thinking) for row in answered),
        near_ties=sum(ties > 0 for ties in seen) if seen else None,
        choices=prepared.choices,
        prompt=prepared.prompt,
        p50_seconds=seconds[len(seconds) // 2] if seconds else None,
        p95_seconds=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))] if seconds else None,
        tokens_in=sum(row.tokens_in for row in answered),
        tokens_out=sum(row.tokens_out for row in answered),
        peak_memory_gib=_peak_memory() if arm.needs_model else None,
        retrieval=retrieval if arm.retrieves else None,
        tokens_estimated=sum(row.tokens_estimated for row in answered),
        usd=_paid(prepared, answered),
        per_class=per_class(answered, spec.labels),
        seconds=sum(row.seconds for row in rows),
    )


def _paid(prepared: Prepared, rows: Sequence[Prediction]) -> float | None:
    """USD of these answers, where they are paid by the token."""
    if prepared.price is None:
        return None
    return sum(prepared.price(row.tokens_in, row.tokens_out) for row in rows)


def per_class(rows: Sequence[Prediction], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """By label: precision, recall, F1, support; a cut answer counts as no label."""
    whole = [row for row in rows if row.finish_reason != "length"]
    given, wanted = Counter(row.output for row in whole), Counter(row.target for row in rows)
    hits = Counter(row.target for row in whole if row.output == row.target)
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
