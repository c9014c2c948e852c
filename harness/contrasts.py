"""Two arms on the same items: the difference, its interval and its test, by what the scores are.

0/1 scores of one training each have the exact test; whatever comes in clusters, is graded or has several
seeds is tested as such; metrics over all items at once are resampled, or linearised where seeds vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from advisor.engagement.records.comparison import Difference, Word
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import Estimate, Prediction, RunResult
from harness.marking import Marker, counts_of
from harness.metrics._kind import Metric
from harness.statistics import clustered, crossed, paired_binary, pooled
from harness.statistics.power import minimum_detectable

ALPHA = 0.05


class Scored(NamedTuple):
    """What a metric says of the test items of one arm, in the order of the split."""

    has: clustered.Flags
    """Items that every training answered and that the metric says something of."""
    values: clustered.Values
    """Trainings x items, or trainings x items x counts; 0 where it says nothing."""


class Finished(NamedTuple):
    """All runs of one arm."""

    name: str
    """Arm."""
    folders: list[str]
    """Name of the run's folder, one per seed."""
    results: list[RunResult]
    """One per seed."""
    rows: list[dict[str, Prediction]]
    """Test rows by id, one mapping per seed, scored by the metrics of today."""
    scored: Scored
    """By the primary metric."""
    metrics: dict[str, Estimate]
    """On the test split, averaged over seeds."""
    validation: float | None
    """Primary metric on the validation split, averaged over seeds."""


def scored(marker: Marker, trainings: Sequence[Mapping[str, Prediction]], test: Sequence[Example]) -> Scored:
    """The rows of every training by this metric."""
    name = marker.metric.name
    if marker.pooled is None:
        found = [
            [rows[one.id].scores.get(name) if one.id in rows else None for one in test] for rows in trainings
        ]
        has = np.array([[score is not None for score in row] for row in found], dtype=bool)
        return Scored(
            np.logical_and.reduce(has), np.array([[score or 0.0 for score in row] for row in found])
        )
    has = np.array([[one.id in rows and rows[one.id].error is None for one in test] for rows in trainings])
    tables = [_counts(marker, rows, test, told) for rows, told in zip(trainings, has, strict=True)]
    return Scored(np.logical_and.reduce(has), np.stack(tables).astype(np.float64))


def _counts(
    marker: Marker, rows: Mapping[str, Prediction], test: Sequence[Example], has: clustered.Flags
) -> clustered.Values:
    """Items x counts of one training."""
    examples = {one.id: one for one, told in zip(test, has, strict=True) if told}
    table = counts_of(marker, [rows[id] for id in examples], examples)
    found = np.zeros((len(test), *table.shape[1:]))
    found[has] = table
    return found


def difference(
    marker: Marker, a: Finished, b: Finished, clusters: clustered.Codes, *, margin: float
) -> Difference:
    """b minus a on the items that both answered and that the metric says something of."""
    both = a.scored.has & b.scored.has
    one, other = a.scored.values[:, both], b.scored.values[:, both]
    metric, n = marker.metric, int(both.sum())
    _, drawn_in = np.unique(clusters[both], return_inverse=True)
    drawn = int(drawn_in.max()) + 1 if n else 0
    if len(one) > 1 or len(other) > 1:
        found = _seeded_difference(marker, one, other, drawn_in)
    elif marker.pooled is not None:
        found = _pooled_difference(marker, one, other, drawn_in)
    elif metric.binary and drawn == n:
        found = _binary_difference(gaps_of(one, other))
    else:
        found = _clustered_difference(metric, gaps_of(one, other), drawn_in)
    record = Difference(
        metric=metric.name,
        a=a.name,
        b=b.name,
        n=n,
        clusters=drawn,
        word="not shown to differ",
        p_adjusted=found["p"],
        **found,
    )
    return msgspec.structs.replace(record, word=word_for(record, margin=margin))


def word_for(found: Difference, *, margin: float) -> Word:
    """The fixed vocabulary: better, worse, not worse, not shown to differ."""
    if found.p_adjusted is None or found.low is None or found.high is None:
        return "not ranked"
    if found.p_adjusted < ALPHA and found.low > 0:
        return "better"
    if found.p_adjusted < ALPHA and found.high < 0:
        return "worse"
    return "not worse" if found.low > -margin else "not shown to differ"


def _binary_difference(gaps: clustered.Values) -> dict[str, Any]:
    method, n = "Bonett-Price interval, exact McNemar", gaps.shape[1]
    if not n:
        return _nothing(method)
    fixed, broken = int((gaps > 0).sum()), int((gaps < 0).sum())
    counts = paired_binary.PairedCounts(fixed, broken, n)
    low, high = paired_binary.interval(counts)
    return {
        "value": (fixed - broken) / n,
        "low": low,
        "high": high,
        "p": paired_binary.exact_mcnemar(counts),
        "discordant": fixed + broken,
        "fixed": fixed,
        "broken": broken,
        "method": method,
        "minimum_detectable": minimum_detectable(n, (fixed + broken) / n),
    }


def _clustered_difference(
    metric: Metric, gaps: clustered.Values, clusters: clustered.Codes
) -> dict[str, Any]:
    """One training each, scores that are graded or items that come in clusters."""
    method = "cluster-robust t interval, sign flips of clusters"
    if not clusters.any():
        return _nothing(method)
    tested = clustered.mean_difference(gaps[0], clusters)
    found = _nothing(method) | _numbers(tested)
    return found | _discordance(gaps[0], clusters) if metric.binary else found


def _seeded_difference(
    marker: Marker, one: clustered.Values, other: clustered.Values, clusters: clustered.Codes
) -> dict[str, Any]:
    """Several trainings: seeds and items vary, and both are in the interval."""
    method = "t interval and test over seeds and items"
    if marker.pooled is not None:
        method += ", metric linearised"
    if not clusters.any():
        return _nothing(method)
    gaps = gaps_of(one, other)
    differ = (gaps != 0).any(axis=0)
    if marker.pooled is not None:
        differ = differ.any(axis=1)
        gaps = gaps_of(*(pooled.influence(side, marker.pooled.value) for side in (one, other)))
    parts = crossed.parts(gaps, clusters, differ)
    found = _nothing(method) | _numbers(crossed.mean_difference(gaps, clusters, differ))
    return found | {"items_error": parts.items**0.5, "seeds_error": parts.seeds**0.5}


def item_difference(gaps: clustered.Values, clusters: clustered.Codes, *, binary: bool) -> clustered.Tested:
    """Seeds x items differences tested as above, but by t where that decides nothing and flips take long."""
    differ = (gaps != 0).any(axis=0)
    if len(gaps) > 1:
        return crossed.mean_difference(gaps, clusters, differ)
    if not binary or int(clusters.max()) + 1 < len(clusters):
        return clustered.by_t(gaps[0], clusters)
    counts = paired_binary.PairedCounts(int((gaps > 0).sum()), int((gaps < 0).sum()), gaps.shape[1])
    low, high = paired_binary.interval(counts)
    return clustered.Tested(float(gaps.mean()), low, high, paired_binary.exact_mcnemar(counts))


def gaps_of(one: clustered.Values, other: clustered.Values) -> clustered.Values:
    """Seeds x items: b minus a, training by training; an arm with fewer seeds is averaged over its own."""
    most = max(len(one), len(other))
    a, b = (side if len(side) == most else side.mean(axis=0, keepdims=True) for side in (one, other))
    return b - a


def _numbers(tested: clustered.Tested) -> dict[str, Any]:
    low, high = max(-1.0, tested.low), min(1.0, tested.high)
    return {"value": tested.value, "low": low, "high": high, "p": tested.p}


def _discordance(gaps: clustered.Values, clusters: clustered.Codes) -> dict[str, Any]:
    """Discordant items, and what could be found among as many items as the clusters are worth."""
    fixed, broken = int((gaps > 0).sum()), int((gaps < 0).sum())
    worth = int(len(gaps) / clustered.design_effect(gaps, clusters))
    return {
        "discordant": fixed + broken,
        "fixed": fixed,
        "broken": broken,
        "minimum_detectable": minimum_detectable(worth, (fixed + broken) / len(gaps)),
    }


def _pooled_difference(
    marker: Marker, one: clustered.Values, other: clustered.Values, clusters: clustered.Codes
) -> dict[str, Any]:
    """One training each, a number over all items at once; tested as a mean where few clusters differ."""
    method = "paired bootstrap over items"
    if not clusters.any():
        return _nothing(method)
    assert marker.pooled is not None
    formula, differ = marker.pooled.value, (one != other).any(axis=(0, 2))
    if len(np.unique(clusters[differ])) < pooled.FEWEST:
        method = "cluster-robust t interval, sign flips of clusters, metric linearised"
        gaps = pooled.influence(other, formula) - pooled.influence(one, formula)
        return _nothing(method) | _numbers(clustered.mean_difference(gaps[0], clusters, differ))
    if int(clusters.max()) + 1 < one.shape[1]:
        method = "paired bootstrap over clusters of items"
    return _nothing(method) | _numbers(pooled.difference(one, other, formula, clusters))


def _nothing(method: str) -> dict[str, Any]:
    empty = ("value", "low", "high", "p", "discordant", "fixed", "broken", "minimum_detectable")
    return {**dict.fromkeys(empty), "method": method}
