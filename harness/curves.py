"""A learning curve from finished runs: what more rows have brought, and would bring up to twice as many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.curve import Ahead, CurvePoint, LearningCurve, PowerLaw
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import RunSpec
from harness.arms._kind import ArmData
from harness.marking import Markers, marked, per_item
from harness.statistics import intervals, power_law

PARTS = (8, 4, 2, 1)
"""The training split is divided by these; four amounts are the fewest that a floor can be told from."""
SEEDS = 3
"""Trainings of each amount at least."""
FEWEST = 8
"""Rows of the smallest amount."""
FURTHEST = 2.0
"""The curve is not followed beyond so many times the rows at hand."""
STEPS = 20
"""Amounts at which the curve is read off between the rows at hand and the furthest."""


class Runs(NamedTuple):
    """The runs of one amount."""

    rows: int
    """Training rows."""
    folders: list[RunFolder]
    """One per seed."""


def amounts(rows: int) -> list[int]:
    """Training rows of each point, fewest first."""
    found = sorted({round(rows / part) for part in PARTS})
    if found[0] < FEWEST or len(found) < len(PARTS):
        raise NotReady(
            f"{rows} training rows are too few for a learning curve of {len(PARTS)} amounts",
            fix=f"check a file that leaves {FEWEST * max(PARTS)} training rows or more",
        )
    return found


def nested(rows: Sequence[Example], count: int) -> list[Example]:
    """So many rows, in their order, every label in its share; smaller amounts lie within larger ones."""
    by_label: dict[str, list[Example]] = {}
    for row in sorted(rows, key=lambda row: digests.of_bytes(row.id.encode())):
        by_label.setdefault(row.label or "", []).append(row)
    ranked = sorted(
        ((place + 0.5) / len(group), label, row.id)
        for label, group in by_label.items()
        for place, row in enumerate(group)
    )
    chosen = {id for _, _, id in ranked[:count]}
    return [row for row in rows if row.id in chosen]


def draw_curve(
    engagement: Engagement,
    arm: str,
    runs: Sequence[Runs],
    *,
    metric: str,
    target: float | None,
    data: ArmData,
    ready: Markers,
) -> LearningCurve:
    """Points, fitted curve and answer, from finished runs; written to `runs/learning_curve.json`.

    Where the metric is defined over all items at once, another one of the same rows takes its place. Items
    that any of the runs failed on are left out of all of them. Raises RunFailed for a run on other rows.
    """
    metric = per_item(ready, metric) or metric
    found = [_scores(one, metric, data, ready) for one in runs]
    ids = [row.id for row in data.test if all(row.id in seed for amount in found for seed in amount)]
    scores = np.array([[[seed[id] for id in ids] for seed in amount] for amount in found])
    points = [_point(one, scores[at], metric) for at, one in enumerate(runs)]
    notes = _notes(len(data.test) - len(ids), metric)
    if not ids:
        raise RunFailed(f"{arm}: no item was answered by every run of the curve", fix="run it again")
    rows = [one.rows for one in runs]
    law = power_law.fit(rows, [1 - point.score.value for point in points if point.score.value is not None])
    laws = power_law.resampled(rows, scores)
    if law.floor == 0 or law.scale == 0:
        notes.append("The curve's floor cannot be told from these amounts; a prediction may be too good.")
    last = rows[-1]
    ahead = []
    for at in np.linspace(last, FURTHEST * last, STEPS + 1):
        low, high = power_law.band(laws, float(round(at)))
        value = min(1.0, law.score(float(round(at))))
        ahead.append(Ahead(rows=round(at), value=value, low=min(low, value), high=min(1.0, max(high, value))))
    reached = _needed(ahead, target)
    curve = LearningCurve(
        arm=arm,
        metric=metric,
        points=points,
        law=PowerLaw(floor=law.floor, scale=law.scale, exponent=law.exponent),
        ahead=ahead,
        target=target,
        needed=reached[0],
        needed_low=reached[1],
        needed_high=reached[2],
        answer=answer(points, ahead, target=target, reached=reached),
        notes=notes,
        data=data.digest,
    )
    codec.write_json(engagement.curve_path, curve)
    return curve


def answer(
    points: Sequence[CurvePoint],
    ahead: Sequence[Ahead],
    *,
    target: float | None,
    reached: tuple[int | None, int | None, int | None],
) -> str:
    """One sentence on how many rows more, made of the curve's own numbers."""
    last, furthest = points[-1], ahead[-1]
    now = last.score.value or 0.0
    predicted = (
        f"{furthest.rows:,} rows would give {100 * furthest.value:.1f} % "
        f"({100 * furthest.low:.1f} to {100 * furthest.high:.1f})"
    )
    if target is None:
        return f"By the curve, {predicted}; {last.rows:,} rows gave {100 * now:.1f} %."
    wanted = f"{100 * target:g} %"
    if now >= target:
        return f"{last.rows:,} rows reach {wanted} already: they gave {100 * now:.1f} %."
    needed, low, high = reached
    if needed is None:
        return (
            f"{wanted} is not reached within twice the rows at hand: {predicted}. How many rows would reach "
            "it is not predicted beyond that."
        )
    span = f"{low or needed:,} to {f'{high:,}' if high is not None else f'more than {furthest.rows:,}'}"
    return f"About {needed:,} rows would reach {wanted} ({span}), {needed - last.rows:,} more than today."


def _scores(runs: Runs, metric: str, data: ArmData, ready: Markers) -> list[dict[str, float]]:
    """Per seed, the score of every test item that was answered, by the metric of today."""
    examples = {row.id: row for row in data.test}
    by_seed = []
    for folder in runs.folders:
        if folder.result() is None:
            raise RunFailed(f"{folder.root}: the run is not finished", fix="run `tunecase compare` again")
        if codec.read_json(folder.spec_path, RunSpec).data != data.digest:
            raise RunFailed(
                f"{folder.root}: this run answered other rows", fix="run `tunecase compare --learning-curve`"
            )
        rows = [row for row in folder.predictions() if row.split == "test" and row.id in examples]
        scored = marked(rows, examples, {metric: ready[metric]})
        by_seed.append({row.id: row.scores[metric] for row in scored if metric in row.scores})
    return by_seed


def _point(runs: Runs, scores: power_law.Scores, metric: str) -> CurvePoint:
    results = [result for folder in runs.folders if (result := folder.result()) is not None]
    items = [float(value) for value in scores.mean(axis=0)]
    binary = bool(np.isin(scores, (0.0, 1.0)).all())
    return CurvePoint(
        rows=runs.rows,
        seeds=[result.seed for result in results],
        score=intervals.proportion(items) if binary else intervals.mean(items),
        by_seed=[float(value) for value in scores.mean(axis=1)],
        runs=[folder.name for folder in runs.folders],
    )


def _needed(ahead: Sequence[Ahead], target: float | None) -> tuple[int | None, int | None, int | None]:
    """Rows by the curve, by the upper end of its band, and by the lower end."""
    if target is None:
        return None, None, None
    rows = [one.rows for one in ahead]
    lines: Mapping[str, list[float]] = {
        "value": [one.value for one in ahead],
        "high": [one.high for one in ahead],
        "low": [one.low for one in ahead],
    }
    value, high, low = (power_law.rows_for(lines[name], rows, target) for name in ("value", "high", "low"))
    return value, high, low


def _notes(missing: int, metric: str) -> list[str]:
    notes = [f"Measured by {metric} on the test split; no choice was made by it."]
    if missing:
        notes.append(f"{missing} items are left out, because a run failed on them.")
    return notes
