"""Finished arms side by side: every contrast paired on the same items, corrected together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Word
from advisor.engagement.records.forgetting import Forgetting
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate, RunResult
from harness import arms, metrics
from harness.agreement import agree
from harness.arms import tuned_endpoint
from harness.arms._kind import Arm, ArmData
from harness.contrasts import Finished, difference, has, item, outputs, word_for
from harness.metrics._kind import Metric
from harness.statistics import intervals, paired_scores
from harness.statistics.multiplicity import holm
from harness.winning import simplicity

PROMPTING = ("zero_shot", "few_shot", "optimised_prompt")
MOST_MISSING = 0.02


def compare(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    runs: Sequence[RunFolder],
    *,
    provenance: dict[str, Any],
    hourly_usd: float | None = None,
    forgetting: Sequence[Forgetting] = (),
) -> Comparison:
    """Compare the runs and write `runs/comparison.json`."""
    digest, deviations = agree(engagement, plan)
    finished = _collect(runs)
    ranked = {name: arm for name, arm in finished.items() if _missing(arm, data) <= MOST_MISSING}
    baseline = _baseline(ranked, plan.metric)
    differences = _differences(plan, data, ranked, baseline)
    words = {difference.b: difference.word for difference in differences if difference.a == baseline}
    trained = {arm.name: _training(engagement, plan, arm) for arm in finished.values()}
    summaries = [
        _summary(arm, plan, data, trained[name], hourly_usd, _word(name, baseline, ranked, words))
        for name, arm in finished.items()
    ]
    comparison = Comparison(
        metric=plan.metric,
        baseline=baseline,
        arms=summaries,
        differences=differences,
        excluded=[
            {"name": name, "why": _why_excluded(arm, data)}
            for name, arm in finished.items()
            if name not in ranked
        ],
        minimum_effect=plan.minimum_effect,
        margin=plan.margin,
        labels=data.labels,
        n_test=len(data.test),
        n_train=len(data.train),
        n_validation=len(data.validation),
        plan_digest=digest,
        deviations=deviations,
        provenance=provenance,
        forgetting=list(forgetting),
    )
    codec.write_json(engagement.comparison_path, comparison)
    return comparison


def _collect(runs: Sequence[RunFolder]) -> dict[str, Finished]:
    grouped: dict[str, Finished] = {}
    for folder in runs:
        result = folder.result()
        if result is None:
            raise RunFailed(f"{folder.root}: the run is not finished", fix="run `tunecase compare` again")
        arm = grouped.setdefault(result.arm, Finished(result.arm, [], [], []))
        arm.folders.append(folder.name)
        arm.results.append(result)
        arm.rows.append({row.id: row for row in folder.predictions() if row.split == "test"})
    return grouped


def _missing(arm: Finished, data: ArmData) -> float:
    wanted = len(data.test) * len(arm.results)
    answered = sum(row.error is None for rows in arm.rows for row in rows.values())
    return 1 - answered / wanted if wanted else 1.0


def _why_excluded(arm: Finished, data: ArmData) -> str:
    """The share of failed requests, and where accuracy would lie with all of them wrong or right."""
    rows = [row for seed in arm.rows for row in seed.values()]
    failed = sum(row.error is not None for row in rows)
    told = f"{failed} of {len(rows)} requests failed ({_missing(arm, data):.1%})"
    hits = [next(iter(row.scores.values())) for row in rows if row.scores]
    if not hits:
        return told
    low, high = sum(hits) / len(rows), (sum(hits) + failed) / len(rows)
    name = next(iter(next(row.scores for row in rows if row.scores)))
    return f"{told}; {name} between {low:.3f} with all of them wrong and {high:.3f} with all of them right"


def _baseline(ranked: Mapping[str, Finished], metric: str) -> str | None:
    """The best prompting arm on validation; ties, and want of validation rows, go to the simpler one."""
    known = [name for name in PROMPTING if name in ranked]
    scores = {name: _validation(ranked[name], metric) for name in known}
    measured = [name for name in known if scores[name] is not None]
    if not measured:
        return known[0] if known else None
    return max(measured, key=lambda name: (scores[name] or 0.0, -PROMPTING.index(name)))


def _validation(arm: Finished, metric: str) -> float | None:
    values = [result.validation[metric].value for result in arm.results if metric in result.validation]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _differences(
    plan: Plan, data: ArmData, ranked: Mapping[str, Finished], baseline: str | None
) -> list[Difference]:
    """The declared contrasts, then the leaders against all; Holm's correction within each group."""
    metric = find(metrics, Metric, plan.metric)
    declared = [name for name in (plan.contrasts or plan.arms) if name in ranked and name != baseline]
    pairs = [(baseline, name) for name in declared] if baseline is not None else []
    found = _family(metric, [(ranked[a], ranked[b]) for a, b in pairs], data, plan)
    gains = [one.b for one in found if one.word == "better" and (one.value or 0) >= plan.minimum_effect]
    leaders = [_best({name: ranked[name] for name in gains}, plan.metric), _best(ranked, plan.metric)]
    further = dict.fromkeys(
        (leader, name)
        for leader in leaders
        for name in ranked
        if leader is not None and name != leader and (leader, name) not in pairs
    )
    return found + _family(metric, [(ranked[a], ranked[b]) for a, b in further], data, plan)


def _family(
    metric: Metric, pairs: Sequence[tuple[Finished, Finished]], data: ArmData, plan: Plan
) -> list[Difference]:
    raw = [difference(metric, a, b, data, margin=plan.margin) for a, b in pairs]
    tested = [number for number, one in enumerate(raw) if one.p is not None]
    adjusted = dict(zip(tested, holm([raw[number].p or 0.0 for number in tested]), strict=True))
    return [
        msgspec.structs.replace(
            corrected := msgspec.structs.replace(one, p_adjusted=adjusted.get(number)),
            word=word_for(corrected, margin=plan.margin),
        )
        for number, one in enumerate(raw)
    ]


def _best(ranked: Mapping[str, Finished], metric: str) -> str | None:
    values = {name: _mean(arm, metric) for name, arm in ranked.items()}
    known = [name for name in ranked if values[name] is not None]
    return max(known, key=lambda name: (values[name] or 0.0, -simplicity(name)), default=None)


def _mean(arm: Finished, metric: str) -> float | None:
    values = [result.metrics[metric].value for result in arm.results if metric in result.metrics]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _word(name: str, baseline: str | None, ranked: Mapping[str, Finished], words: Mapping[str, Word]) -> Word:
    if name == baseline:
        return "baseline"
    return words.get(name, "not ranked") if name in ranked else "not ranked"


class Training(NamedTuple):
    """Means over the seeds of a trained arm."""

    seconds: float | None
    """Training time."""
    memory_gib: float | None
    """Peak memory."""
    usd: float | None = None
    """What a vendor took for it; None where it was trained here."""


def _training(engagement: Engagement, plan: Plan, arm: Finished) -> Training:
    if arm.name == tuned_endpoint.ARM.name and plan.tuned_endpoint is not None:
        return _training_away(engagement, plan.tuned_endpoint.model)
    names = [result.training for result in arm.results if result.training]
    records = [record for name in names if (record := engagement.training_result(name)) is not None]
    if not records:
        return Training(None, None)
    return Training(sum(r.seconds for r in records) / len(records), max(r.peak_memory_gib for r in records))


def _training_away(engagement: Engagement, model: str) -> Training:
    """Of a model that `tunecase tune` made, as its record says; nothing is known of others."""
    made = next((one for one in engagement.hosted_results() if one.model == model), None)
    if made is None:
        return Training(None, None)
    usd = made.usd_billed if made.usd_billed is not None else made.usd_likely
    return Training(made.seconds, None, usd)


def _summary(
    arm: Finished, plan: Plan, data: ArmData, training: Training, hourly_usd: float | None, word: Word
) -> ArmSummary:
    first = arm.results[0]
    rows = [row for seed in arm.rows for row in seed.values() if row.error is None]
    seconds = sum(row.seconds for row in rows) / len(rows) if rows else None
    memory = [
        gib for gib in (training.memory_gib, *(r.peak_memory_gib for r in arm.results)) if gib is not None
    ]
    return ArmSummary(
        name=arm.name,
        title=first.title,
        seeds=[result.seed for result in arm.results],
        metrics=_over_seeds(arm, data),
        validation=_validation(arm, plan.metric),
        failed=sum(result.failed for result in arm.results),
        unparsed=sum(result.unparsed for result in arm.results),
        cost_usd_per_1000=_cost(first, len(arm.rows[0]), seconds, hourly_usd),
        p50_seconds=first.p50_seconds,
        p95_seconds=first.p95_seconds,
        train_seconds=training.seconds,
        train_cost_usd=_training_cost(arm, training, hourly_usd),
        peak_memory_gib=max(memory, default=None),
        word=word,
        per_class=first.per_class,
        prompt=first.prompt,
        choices=first.choices,
        runs=arm.folders,
        models=[result.training for result in arm.results if result.training],
        retrieval=first.retrieval,
    )


def _training_cost(arm: Finished, training: Training, hourly_usd: float | None) -> float | None:
    """What the vendor took, else the machine's time at its price."""
    if find(arms, Arm, arm.name).remote or hourly_usd is None or training.seconds is None:
        return training.usd
    return training.seconds / 3600 * hourly_usd


def _cost(result: RunResult, asked: int, seconds: float | None, hourly_usd: float | None) -> float | None:
    """USD of 1,000 requests: by the token where they are paid so, else the machine's time at its price."""
    if find(arms, Arm, result.arm).remote:
        answered = asked - result.failed
        return None if result.usd is None or not answered else 1000 * result.usd / answered
    return None if hourly_usd is None or seconds is None else 1000 * seconds / 3600 * hourly_usd


def _over_seeds(arm: Finished, data: ArmData) -> dict[str, Estimate]:
    """One seed: its own estimates. Several: items averaged over seeds first, so n stays the items."""
    if len(arm.results) == 1:
        return arm.results[0].metrics
    ids = [id for id in arm.rows[0] if has(arm, id)]
    return {name: _estimate(find(metrics, Metric, name), arm, ids, data) for name in arm.results[0].metrics}


def _estimate(metric: Metric, arm: Finished, ids: Sequence[str], data: ArmData) -> Estimate:
    if not ids:
        return intervals.NOTHING
    if metric.score is not None:
        values = [item(arm, id, metric.name) for id in ids]
        return intervals.proportion(values) if metric.binary else intervals.mean(values)
    targets, given = [arm.rows[0][id].target for id in ids], outputs(arm, ids)
    low, high = paired_scores.macro_f1_interval(targets, given, data.labels)
    value = paired_scores.macro_f1(targets, given, data.labels)
    return Estimate(value=value, low=low, high=high, n=len(ids))
