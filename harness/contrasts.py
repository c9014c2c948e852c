"""Two arms on the same items: the difference, its interval and its test, by what the scores are.

0/1 scores of one training each have the exact test; whatever comes in clusters, is graded or has several
seeds is tested as such; metrics over all items at once are resampled, or linearised where seeds vary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from advisor.engagement.records.comparison import Difference, Word
from advisor.engagement.records.runs import Estimate, Prediction, RunResult
from harness.arms._kind import ArmData
from harness.clusters import clusters_of
from harness.marking import Marker
from harness.metrics._kind import Metric
from harness.statistics import clustered, crossed, paired_binary, pooled
from harness.statistics.power import minimum_detectable

ALPHA = 0.05


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
    counts: list[dict[str, clustered.Values]]
    """Counts of the primary metric by id, one mapping per seed; empty where items have scores."""
    metrics: dict[str, Estimate]
    """On the test split, averaged over seeds."""
    validation: float | None
    """Primary metric on the validation split, averaged over seeds."""


def difference(marker: Marker, a: Finished, b: Finished, data: ArmData, *, margin: float) -> Difference:
    """b minus a on the items that both answered and that the metric says something of."""
    metric = marker.metric
    rows = [example for example in data.test if all(counted_in(marker, arm, example.id) for arm in (a, b))]
    ids = [example.id for example in rows]
    clusters = clusters_of(rows)
    drawn = int(clusters.max()) + 1 if ids else 0
    if len(a.rows) > 1 or len(b.rows) > 1:
        found = _seeded_difference(marker, a, b, ids, clusters)
    elif marker.pooled is not None:
        found = _pooled_difference(marker, a, b, ids, clusters)
    elif metric.binary and drawn == len(ids):
        found = _binary_difference(metric, a, b, ids)
    else:
        found = _clustered_difference(metric, a, b, ids, clusters)
    record = Difference(
        metric=metric.name,
        a=a.name,
        b=b.name,
        n=len(ids),
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


def counted_in(marker: Marker, arm: Finished, id: str) -> bool:
    """Whether every training of the arm has a say on the item by this metric."""
    if marker.pooled is not None:
        return all(id in counts for counts in arm.counts)
    return all(id in rows and marker.metric.name in rows[id].scores for rows in arm.rows)


def _binary_difference(metric: Metric, a: Finished, b: Finished, ids: Sequence[str]) -> dict[str, Any]:
    pairs = [(a.rows[0][id].scores[metric.name], b.rows[0][id].scores[metric.name]) for id in ids]
    fixed, broken = sum(y > x for x, y in pairs), sum(y < x for x, y in pairs)
    counts = paired_binary.PairedCounts(fixed, broken, len(pairs))
    if not pairs:
        return _nothing("Bonett-Price interval, exact McNemar")
    low, high = paired_binary.interval(counts)
    return {
        "value": (fixed - broken) / len(pairs),
        "low": low,
        "high": high,
        "p": paired_binary.exact_mcnemar(counts),
        "discordant": fixed + broken,
        "fixed": fixed,
        "broken": broken,
        "method": "Bonett-Price interval, exact McNemar",
        "minimum_detectable": minimum_detectable(len(pairs), (fixed + broken) / len(pairs)),
    }


def _clustered_difference(
    metric: Metric, a: Finished, b: Finished, ids: Sequence[str], clusters: clustered.Codes
) -> dict[str, Any]:
    """One training each, scores that are graded or items that come in clusters."""
    method = "cluster-robust t interval, sign flips of clusters"
    if len(ids) < 2 or not clusters.any():
        return _nothing(method)
    _, _, gaps = gaps_of(metric, a, b, ids)
    tested = clustered.mean_difference(gaps[0].tolist(), clusters)
    found = _nothing(method) | _numbers(tested)
    return found | _discordance(gaps[0], clusters) if metric.binary else found


def _seeded_difference(
    marker: Marker, a: Finished, b: Finished, ids: Sequence[str], clusters: clustered.Codes
) -> dict[str, Any]:
    """Several trainings: seeds and items vary, and both are in the interval."""
    method = "t interval and test over seeds and items"
    if marker.pooled is not None:
        method += ", metric linearised"
    if len(ids) < 2 or not clusters.any():
        return _nothing(method)
    if marker.pooled is None:
        _, _, gaps = gaps_of(marker.metric, a, b, ids)
        differ = (gaps != 0).any(axis=0)
    else:
        counts = [_counts_of(arm, ids) for arm in (a, b)]
        gaps = _gaps([pooled.influence(one, marker.pooled.value) for one in counts])
        differ = (_gaps(counts) != 0).any(axis=(0, 2))
    parts = crossed.parts(gaps, clusters, differ)
    found = _nothing(method) | _numbers(crossed.mean_difference(gaps, clusters, differ))
    return found | {"items_error": parts.items**0.5, "seeds_error": parts.seeds**0.5}


def per_item(gaps: clustered.Values, clusters: clustered.Codes, *, binary: bool) -> clustered.Tested:
    """Seeds x items differences tested as above, but by t where that decides nothing and flips take long."""
    differ = (gaps != 0).any(axis=0)
    if len(gaps) > 1:
        return crossed.mean_difference(gaps, clusters, differ)
    if not binary or int(clusters.max()) + 1 < len(clusters):
        return clustered.by_t(gaps[0], clusters)
    counts = paired_binary.PairedCounts(int((gaps > 0).sum()), int((gaps < 0).sum()), gaps.shape[1])
    low, high = paired_binary.interval(counts)
    return clustered.Tested(float(gaps.mean()), low, high, paired_binary.exact_mcnemar(counts))


def gaps_of(
    metric: Metric, a: Finished, b: Finished, ids: Sequence[str]
) -> tuple[clustered.Values, clustered.Values, clustered.Values]:
    """Scores of a and of b, trainings x items, and b minus a, seeds x items."""
    one, other = _scores(metric, a, ids), _scores(metric, b, ids)
    return one, other, _gaps([one, other])


def _scores(metric: Metric, arm: Finished, ids: Sequence[str]) -> clustered.Values:
    """Trainings x items."""
    return np.array([[rows[id].scores[metric.name] for id in ids] for rows in arm.rows], dtype=np.float64)


def _counts_of(arm: Finished, ids: Sequence[str]) -> clustered.Values:
    """Trainings x items x counts."""
    return np.array([[counts[id] for id in ids] for counts in arm.counts], dtype=np.float64)


def _gaps(sides: Sequence[clustered.Values]) -> clustered.Values:
    """Seeds x items: b minus a, training by training; an arm with fewer seeds is averaged over its own."""
    most = max(len(side) for side in sides)
    one, other = (side if len(side) == most else side.mean(axis=0, keepdims=True) for side in sides)
    return other - one


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
    marker: Marker, a: Finished, b: Finished, ids: Sequence[str], clusters: clustered.Codes
) -> dict[str, Any]:
    """One training each, a number over all items at once; tested as a mean where few clusters differ."""
    method = "paired bootstrap over items"
    if len(ids) < 2 or not clusters.any():
        return _nothing(method)
    drawn = int(clusters.max()) + 1
    assert marker.pooled is not None
    formula = marker.pooled.value
    one, other = (_counts_of(arm, ids) for arm in (a, b))
    differ = (one != other).any(axis=(0, 2))
    if len(np.unique(clusters[differ])) < pooled.FEWEST:
        method = "cluster-robust t interval, sign flips of clusters, metric linearised"
        gaps = pooled.influence(other, formula) - pooled.influence(one, formula)
        return _nothing(method) | _numbers(clustered.mean_difference(gaps[0].tolist(), clusters, differ))
    if drawn < len(ids):
        method = "paired bootstrap over clusters of items"
    tested = pooled.difference(one, other, formula, clusters)
    return _nothing(method) | {"value": tested.value, "low": tested.low, "high": tested.high, "p": tested.p}


def _nothing(method: str) -> dict[str, Any]:
    empty = ("value", "low", "high", "p", "discordant", "fixed", "broken", "minimum_detectable")
    return {**dict.fromkeys(empty), "method": method}
