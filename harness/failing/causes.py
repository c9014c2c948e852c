"""Which of the things that wrong rows share is shown to be a cause, over the arm and in each cluster.

Clusters are made of wrong rows by their texts, so whatever goes with the text is frequent in some cluster
although it causes nothing. A cause is therefore tested over the whole arm first, wrong rows against right
ones; only what is shown there is asked of the clusters.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.records.failures import Cause, FailureCluster
from harness.failing.features import Feature
from harness.failing.judged import Judged
from harness.statistics.exact import ALPHA, Table, corrected, fisher

NOTHING = "no shared cause is shown"
LISTED = 12
"""Causes that are kept although they are not shown, the likeliest first."""


def over_all(found: Sequence[Feature], judged: Judged) -> list[Cause]:
    """Every feature over all wrong rows; corrected over those that are tested."""
    right = {row.id for row in judged.rows} - judged.wrong
    tables = []
    for one in found:
        inside = judged.wrong if one.group is None else one.group
        outside = right if one.outside == "right rows" else judged.wrong - inside
        tables.append(_table(one, inside, outside))
    return _tested(found, tables)


def in_clusters(
    groups: Sequence[Sequence[str]], found: Sequence[Feature], shown: Sequence[Cause], judged: Judged
) -> list[FailureCluster]:
    """Each cluster with the causes shown over the arm that are more frequent in it than outside."""
    right = {row.id for row in judged.rows} - judged.wrong
    names = {(one.kind, one.what) for one in shown if one.shown}
    asked = [one for one in found if (one.kind, one.what) in names]
    pairs = [(set(group), one) for group in groups for one in asked]
    tables = []
    for group, one in pairs:
        outside = right if one.outside == "right rows" else judged.wrong - group
        # of a pair, rows of the one class that are answered as the other
        has = one if one.group is None else one._replace(has=one.has & one.group, known=set(judged.wrong))
        tables.append(_table(has, group, outside))
    causes = _tested([one for _, one in pairs], tables)
    clusters = []
    for number, rows in enumerate(groups):
        own = causes[number * len(asked) : (number + 1) * len(asked)]
        # what marks this cluster off comes before what is frequent in all of them
        kept = sorted(
            (one for one in own if one.shown and _marks(one)),
            key=lambda one: (1.0 if one.p is None else one.p, -one.count),
        )
        clusters.append(
            FailureCluster(rows=list(rows), causes=kept, words=kept[0].words if kept else NOTHING)
        )
    return clusters


def _marks(cause: Cause) -> bool:
    """Whether it says something of a cluster: more frequent there than outside, or in most of its rows."""
    proven = cause.p_adjusted is not None and cause.p_adjusted < ALPHA
    return proven or 2 * cause.count > cause.n


def listed(causes: Sequence[Cause]) -> list[Cause]:
    """Those shown, the most frequent first, then the likeliest of the others."""
    shown = sorted((one for one in causes if one.shown), key=lambda one: -one.count)
    others = [one for one in causes if not one.shown and one.count and one.p is not None]
    return [*shown, *sorted(others, key=lambda one: one.p or 0.0)[:LISTED]]


def _table(feature: Feature, inside: set[str], outside: set[str]) -> Table:
    inside, outside = inside & feature.known, outside & feature.known
    return Table(len(inside & feature.has), len(inside), len(outside & feature.has), len(outside))


def _tested(found: Sequence[Feature], tables: Sequence[Table]) -> list[Cause]:
    results = [fisher(table) for table in tables]
    # what makes an answer wrong by itself needs no test over the arm, and takes none of the others' share
    places = [at for at, one in enumerate(results) if one is not None]
    fixed = dict(zip(places, corrected([one for one in results if one is not None]), strict=True))
    causes = []
    for at, (feature, table, result) in enumerate(zip(found, tables, results, strict=True)):
        adjusted = fixed.get(at)
        proven = adjusted is not None and adjusted < ALPHA
        causes.append(
            Cause(
                kind=feature.kind,
                what=feature.what,
                words=feature.words,
                count=table.marked,
                n=table.n,
                outside_count=table.outside_marked,
                outside_n=table.outside_n,
                outside=feature.outside,
                p=result.p if result else None,
                p_adjusted=adjusted,
                shown=proven or (feature.by_itself and table.marked > 0),
            )
        )
    return causes
