"""Metrics made ready for the data of one engagement, and what they say of an answer and of an arm.

Scores are taken from output and example whenever they are needed, not read back from stored rows: arms that
were run before a metric existed, or before its glossary was mended, are measured like the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from advisor.engagement.catalogue import find, items
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate, Prediction
from harness import metrics
from harness.arms._kind import Answer, ArmData
from harness.metrics._kind import Basis, ItemScore, Metric, Pooled

if TYPE_CHECKING:
    from harness.statistics.clustered import Codes, Values


class Marker(NamedTuple):
    """A metric made ready: one of `score` and `pooled` is there."""

    metric: Metric
    """What is measured."""
    score: ItemScore | None
    """Of one item."""
    pooled: Pooled | None
    """Over all items."""


Markers = Mapping[str, Marker]
"""By name."""
INSTEAD = ("accuracy", "exact_match", "normalised_match", "field_f1", "token_f1", "chrf")
"""What stands for a metric over all items at once where single items are looked at: the first to apply."""


def basis_of(data: ArmData, plan: Plan, engagement: Engagement, *, may_execute: bool = False) -> Basis:
    """What metrics may look up, learn from and do."""
    from harness.judges.judging import scores_on_file

    return Basis(
        data.task,
        data.labels,
        data.train,
        data.validation,
        plan.metrics,
        engagement.root,
        may_execute,
        judged=scores_on_file(engagement, plan),
    )


def ready(metric: Metric, basis: Basis) -> Marker | None:
    """The metric for these data; None where it does not apply to them."""
    score = metric.fit(basis) if metric.fit is not None else metric.score
    pooled = metric.pool(basis) if metric.pool is not None else None
    return Marker(metric, score, pooled) if score is not None or pooled is not None else None


def markers(basis: Basis) -> dict[str, Marker]:
    """Every metric that suits the task and applies to the data."""
    suited = [metric for metric in items(metrics, Metric).values() if basis.task in metric.tasks]
    return {metric.name: marker for metric in suited if (marker := ready(metric, basis)) is not None}


def per_item(ready: Markers, name: str) -> str | None:
    """The metric itself where it scores single items, else the first that does and says right or wrong."""
    suited = [one for one in (name, *INSTEAD) if one in ready and ready[one].score is not None]
    return suited[0] if suited else next((one for one, marker in ready.items() if marker.score), None)


def require(name: str, basis: Basis) -> None:
    """Refuse a primary metric that these data cannot be measured by, before anything runs."""
    metric = find(metrics, Metric, name)
    if basis.task not in metric.tasks:
        suited = [one.name for one in items(metrics, Metric).values() if basis.task in one.tasks]
        raise PlanError(
            f"metric `{name}` does not suit {basis.task} data",
            fix=f"set metric to one of {', '.join(suited)}",
        )
    if ready(metric, basis) is None:
        raise PlanError(
            f"metric `{name}` does not apply: it needs {metric.needs or 'other rows'}",
            fix="choose another metric in plan.toml, or supply that",
        )


def scores_of(answer: Answer | Prediction, example: Example, ready: Markers) -> dict[str, float]:
    """A failed request has no scores; an answer cut at the limit is the model's failure and scores 0."""
    if answer.output is None or answer.error is not None:
        return {}
    cut = answer.finish_reason == "length"
    found = {}
    for name, marker in ready.items():
        if marker.score is None:
            continue
        score = marker.score(answer.output, example)
        if score is not None:
            found[name] = 0.0 if cut else score
    return found


def marked(rows: Sequence[Prediction], examples: Mapping[str, Example], ready: Markers) -> list[Prediction]:
    """The rows with the scores that these metrics give them, whatever scores they were stored with."""
    return [msgspec.structs.replace(row, scores=scores_of(row, examples[row.id], ready)) for row in rows]


def counts_of(marker: Marker, rows: Sequence[Prediction], examples: Mapping[str, Example]) -> Values:
    """Items x counts of a metric over all items; an answer cut at the limit is wrong here too."""
    assert marker.pooled is not None
    outputs = [None if row.finish_reason == "length" else row.output for row in rows]
    counts: Values = marker.pooled.counts(outputs, [examples[row.id] for row in rows])
    return counts


def item_estimate(metric: Metric, scores: Sequence[float]) -> Estimate:
    """Mean of the items that have a score, with its interval."""
    from harness.statistics import intervals

    return intervals.proportion(scores) if metric.binary else intervals.mean(scores)


def pooled_estimate(marker: Marker, counts: Values, clusters: Codes) -> Estimate:
    """Of trainings x items x counts: averaged over trainings, items resampled by clusters."""
    from harness.statistics import intervals, pooled

    assert marker.pooled is not None
    if not counts.shape[1]:
        return intervals.NOTHING
    formula, lowest = marker.pooled.value, marker.pooled.lowest
    low, high = pooled.interval(counts, formula, clusters)
    return Estimate(
        value=pooled.value(counts, formula),
        low=None if low is None else max(lowest, low),
        high=None if high is None else min(1.0, high),
        n=counts.shape[1],
    )


def measured(
    trainings: Sequence[Sequence[Prediction]], examples: Mapping[str, Example], ready: Markers
) -> dict[str, Estimate]:
    """Every metric over the items that all trainings answered; scores are averaged over trainings first.

    The rows have been marked by the same metrics.
    """
    import numpy as np

    from harness.clusters import clusters_of

    by_id = [{row.id: row for row in rows if row.error is None} for rows in trainings]
    first, *others = by_id
    ids = [id for id in first if all(id in rows for rows in others)] if others else list(first)
    clusters = clusters_of([examples[id] for id in ids])
    found = {}
    for name, marker in ready.items():
        if marker.pooled is not None:
            counts = np.stack([counts_of(marker, [rows[id] for id in ids], examples) for rows in by_id])
            found[name] = pooled_estimate(marker, counts, clusters)
            continue
        means = [first[id].scores[name] for id in ids if name in first[id].scores] if not others else []
        if others:
            kept = [id for id in ids if all(name in rows[id].scores for rows in by_id)]
            means = [sum(rows[id].scores[name] for rows in by_id) / len(by_id) for id in kept]
        found[name] = item_estimate(marker.metric, means)
    return found
