"""Finished arms side by side: every contrast paired on the same items, corrected together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Limits, Word
from advisor.engagement.records.examples import Example
from advisor.engagement.records.forgetting import Forgetting
from advisor.engagement.records.judged import JudgeResult
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import RunResult
from harness import arms
from harness.agreement import agree
from harness.arms import tuned_endpoint
from harness.arms._kind import Arm, ArmData
from harness.clusters import clusters_of
from harness.constraints import NO_LIMITS, set_aside
from harness.contrasts import Finished, difference, scored, word_for
from harness.marking import Marker, Markers, basis_of, marked, markers, measured, require
from harness.slicing import explore
from harness.statistics.clustered import Codes
from harness.statistics.multiplicity import holm
from harness.uncollected import uncollected
from harness.winning import PROMPTING, simplicity

MOST_MISSING = 0.02


@uncollected()
def compare(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    runs: Sequence[RunFolder],
    *,
    provenance: dict[str, Any],
    hourly_usd: float | None = None,
    forgetting: Sequence[Forgetting] = (),
    may_execute: bool = False,
    limits: Limits = NO_LIMITS,
    judged: JudgeResult | None = None,
) -> Comparison:
    """Compare the runs and write `runs/comparison.json`; `may_execute`: metrics may run SQL of a model."""
    digest, deviations = agree(engagement, plan)
    basis = basis_of(data, plan, engagement, may_execute=may_execute)
    require(plan.metric, basis)
    ready = markers(basis)
    marker = ready[plan.metric]
    finished = collect(runs, data, ready, marker)
    clusters = clusters_of(data.test)
    ranked = {name: arm for name, arm in finished.items() if _missing(arm, data) <= MOST_MISSING}
    baseline = _baseline(ranked)
    trained = {arm.name: _training(engagement, plan, arm) for arm in finished.values()}
    measured_arms = [_summary(arm, trained[name], hourly_usd) for name, arm in finished.items()]
    aside = set_aside([arm for arm in measured_arms if arm.name in ranked], limits, provenance)
    kept_back = {entry["name"] for entry in aside}
    allowed = {name: arm for name, arm in ranked.items() if name not in kept_back}
    differences = _differences(plan, marker, clusters, ranked, allowed, baseline)
    words = {difference.b: difference.word for difference in differences if difference.a == baseline}
    summaries = [
        msgspec.structs.replace(arm, word=_word(arm.name, baseline, ranked, words)) for arm in measured_arms
    ]
    comparison = Comparison(
        metric=plan.metric,
        baseline=baseline,
        arms=summaries,
        differences=differences,
        excluded=[
            {"name": name, "why": _why_excluded(arm, data, plan.metric)}
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
        judge=judged,
        forgetting=list(forgetting),
        limits=limits,
        aside=aside,
        slices=explore(ready, marker, data.test, clusters, ranked, baseline),
    )
    codec.write_json(engagement.comparison_path, comparison)
    return comparison


def collect(runs: Sequence[RunFolder], data: ArmData, ready: Markers, primary: Marker) -> dict[str, Finished]:
    """Finished runs by arm, their rows scored by the metrics of today; rows of other data do not count."""
    grouped: dict[str, list[RunFolder]] = {}
    results: dict[str, RunResult] = {}
    for folder in runs:
        result = folder.result()
        if result is None:
            raise RunFailed(f"{folder.root}: the run is not finished", fix="run `tunecase compare` again")
        grouped.setdefault(result.arm, []).append(folder)
        results[folder.name] = result
    examples = {example.id: example for example in (*data.validation, *data.test)}
    return {
        name: _finished(
            name, folders, [results[folder.name] for folder in folders], examples, data.test, ready, primary
        )
        for name, folders in grouped.items()
    }


def _finished(
    name: str,
    folders: Sequence[RunFolder],
    results: list[RunResult],
    examples: Mapping[str, Example],
    held_out: Sequence[Example],
    ready: Markers,
    primary: Marker,
) -> Finished:
    """The runs of one arm with its rows scored by the metrics of today."""
    rows = [[row for row in folder.predictions() if row.id in examples] for folder in folders]
    test = [marked([row for row in training if row.split == "test"], examples, ready) for training in rows]
    deciding = {primary.metric.name: primary}
    validation = [
        marked([row for row in training if row.split == "validation"], examples, deciding)
        for training in rows
    ]
    by_id = [{row.id: row for row in training} for training in test]
    chosen = measured(validation, examples, deciding)[primary.metric.name]
    return Finished(
        name,
        [folder.name for folder in folders],
        results,
        by_id,
        scored(primary, by_id, held_out),
        measured(test, examples, ready),
        chosen.value,
    )


def _missing(arm: Finished, data: ArmData) -> float:
    wanted = len(data.test) * len(arm.results)
    answered = sum(row.error is None for rows in arm.rows for row in rows.values())
    return 1 - answered / wanted if wanted else 1.0


def _why_excluded(arm: Finished, data: ArmData, metric: str) -> str:
    """The share of failed requests, and where the metric would lie with all of them wrong or right."""
    rows = [row for seed in arm.rows for row in seed.values()]
    failed = sum(row.error is not None for row in rows)
    told = f"{failed} of {len(rows)} requests failed ({_missing(arm, data):.1%})"
    scored = [row.scores for row in rows if row.scores]
    name = (
        metric if any(metric in scores for scores in scored) else next(iter(scored[0]), "") if scored else ""
    )
    hits = [scores[name] for scores in scored if name in scores]
    if not hits:
        return told
    low, high = sum(hits) / (len(hits) + failed), (sum(hits) + failed) / (len(hits) + failed)
    return f"{told}; {name} between {low:.3f} with all of them wrong and {high:.3f} with all of them right"


def _baseline(ranked: Mapping[str, Finished]) -> str | None:
    """The best prompting arm on validation; ties, and want of validation rows, go to the simpler one."""
    known = [name for name in PROMPTING if name in ranked]
    scores = {name: ranked[name].validation for name in known}
    measured = [name for name in known if scores[name] is not None]
    if not measured:
        return known[0] if known else None
    return max(measured, key=lambda name: (scores[name] or 0.0, -PROMPTING.index(name)))


def _differences(
    plan: Plan,
    marker: Marker,
    clusters: Codes,
    ranked: Mapping[str, Finished],
    allowed: Mapping[str, Finished],
    baseline: str | None,
) -> list[Difference]:
    """The declared contrasts, then the leaders against all; Holm's correction within each group.

    Leaders are the best of all arms, and the best of those that the client's limits allow.
    """
    declared = [name for name in (plan.contrasts or plan.arms) if name in ranked and name != baseline]
    pairs = [(baseline, name) for name in declared] if baseline is not None else []
    found = _family(marker, [(ranked[a], ranked[b]) for a, b in pairs], clusters, plan)
    gains = [one.b for one in found if one.word == "better" and (one.value or 0) >= plan.minimum_effect]
    leaders = [
        _best(pool, plan.metric)
        for known in ([ranked] if len(allowed) == len(ranked) else [ranked, allowed])
        for pool in ({name: known[name] for name in gains if name in known}, known)
    ]
    further = dict.fromkeys(
        (leader, name)
        for leader in leaders
        for name in ranked
        if leader is not None and name != leader and (leader, name) not in pairs
    )
    return found + _family(marker, [(ranked[a], ranked[b]) for a, b in further], clusters, plan)


def _family(
    marker: Marker, pairs: Sequence[tuple[Finished, Finished]], clusters: Codes, plan: Plan
) -> list[Difference]:
    raw = [difference(marker, a, b, clusters, margin=plan.margin) for a, b in pairs]
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
    values = {name: arm.metrics[metric].value for name, arm in ranked.items()}
    known = [name for name in ranked if values[name] is not None]
    return max(known, key=lambda name: (values[name] or 0.0, -simplicity(name)), default=None)


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


def _summary(arm: Finished, training: Training, hourly_usd: float | None) -> ArmSummary:
    """All but its word, which the differences give."""
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
        metrics=arm.metrics,
        validation=arm.validation,
        failed=sum(result.failed for result in arm.results),
        unparsed=sum(result.unparsed for result in arm.results),
        tokens_estimated=sum(result.tokens_estimated for result in arm.results),
        cost_usd_per_1000=_cost(first, len(arm.rows[0]), seconds, hourly_usd),
        p50_seconds=first.p50_seconds,
        p95_seconds=first.p95_seconds,
        train_seconds=training.seconds,
        train_cost_usd=_training_cost(arm, training, hourly_usd),
        peak_memory_gib=max(memory, default=None),
        word="not ranked",
        per_class=first.per_class,
        prompt=first.prompt,
        choices=first.choices,
        runs=arm.folders,
        models=[result.training for result in arm.results if result.training],
        retrieval=first.retrieval,
        answered=len(rows),
        truncated=sum(result.truncated for result in arm.results),
        thought=sum(result.thought for result in arm.results),
        near_ties=_near_ties(arm),
    )


def _near_ties(arm: Finished) -> int | None:
    seen = [result.near_ties for result in arm.results if result.near_ties is not None]
    return sum(seen) if seen else None


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
