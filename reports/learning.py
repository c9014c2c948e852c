"""The learning curve: what more training rows have brought, and how many more the target would take."""

from __future__ import annotations

import math
from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.curve import LearningCurve

from . import titles
from .numbers import Shown, count, estimate, loss, points, span
from .plots import Area, Axis, Plot, Series, plot

FITTED = 24
"""Places at which the fitted curve is drawn."""

TOLD = 5
"""Predicted amounts in figures, about."""


class Learning(NamedTuple):
    """The section on more training rows."""

    title: str
    """What more rows would do."""
    facts: list[tuple[str, str]]
    """Measured, wanted, needed, predicted."""
    chart: Plot
    """Points, curve and band."""
    rows: list[tuple[str, Shown, str, str]]
    """Training rows, score, items, each training."""
    measure: str
    """What is measured, in words."""
    next_step: str
    """What to do in the next iteration."""
    notes: list[str]
    """What has to be said of it."""


def learning(engagement: Engagement, comparison: Comparison) -> Learning | None:
    """From `runs/learning_curve.json`; None where no curve was drawn."""
    curve = engagement.curve()
    if curve is None or not curve.points or not curve.ahead:
        return None
    measure = titles.metric(curve.metric)
    return Learning(
        title=_title(curve),
        facts=_facts(curve, titles.arm_title(comparison, curve.arm)),
        chart=_chart(curve, measure),
        rows=[
            (
                count(one.rows),
                estimate(one.score),
                count(one.score.n),
                ", ".join(map(points, one.by_seed)),
            )
            for one in curve.points
        ],
        measure=measure,
        next_step=_next(curve),
        notes=curve.notes,
    )


def _reached(curve: LearningCurve) -> bool:
    now = curve.points[-1].score.value
    return curve.target is not None and now is not None and now >= curve.target


def _title(curve: LearningCurve) -> str:
    last, furthest = curve.points[-1], curve.ahead[-1]
    if curve.target is None:
        gain = furthest.value - (last.score.value or 0.0)
        return f"Twice the training rows would bring about {points(gain, signed=True)} points"
    wanted = f"the target of {points(curve.target)} points"
    if _reached(curve):
        return f"{count(last.rows)} training rows reach {wanted} already"
    if curve.needed is None:
        return f"Twice the training rows would not reach {wanted}"
    return f"About {count(curve.needed - last.rows)} more training rows would reach {wanted}"


def _facts(curve: LearningCurve, arm: str) -> list[tuple[str, str]]:
    last, furthest, law = curve.points[-1], curve.ahead[-1], curve.law
    score, n = estimate(last.score), count(last.score.n)
    told = [
        ("trained option", arm),
        (
            "measured",
            f"{score.value} with {count(last.rows)} training rows ({score.interval}, n={n})",
        ),
    ]
    if curve.target is not None:
        told.append(("target", f"{points(curve.target)} points"))
        if not _reached(curve):
            told.append(("training rows for it", _needed(curve)))
    predicted = f"{points(furthest.value)} ({span(furthest.low, furthest.high)})"
    told.append((f"predicted with {count(furthest.rows)} rows", predicted))
    formula = f"{loss(law.floor)} + {loss(law.scale)} \N{MULTIPLICATION SIGN} rows to the power of "
    told.append(("share of errors, fitted", f"{formula}{loss(-law.exponent)}"))
    return told


def _needed(curve: LearningCurve) -> str:
    furthest = count(curve.ahead[-1].rows)
    if curve.needed is None:
        return f"more than {furthest}: the curve is not followed further than twice the rows at hand"
    high = f"more than {furthest}" if curve.needed_high is None else count(curve.needed_high)
    return f"about {count(curve.needed)} ({count(curve.needed_low or curve.needed)} to {high})"


def _next(curve: LearningCurve) -> str:
    if _reached(curve):
        return "Rows are not what limits this option: spend the next iteration on new held-out items instead."
    if curve.target is None:
        return "Name the score that is good enough (question `score_target`) before more rows are labelled."
    if curve.needed is None:
        return "More rows of the same kind will not do: look at the labels, the prompt and the base model."
    more = count(curve.needed - curve.points[-1].rows)
    return f"Label about {more} more rows, then measure again: the curve is a forecast, not a result."


def _chart(curve: LearningCurve, measure: str) -> Plot:
    first, last, furthest = curve.points[0], curve.points[-1], curve.ahead[-1]
    places = [first.rows + (last.rows - first.rows) * step / FITTED for step in range(FITTED + 1)]
    known = [one for one in curve.points if one.score.value is not None]
    ends = [(one.score.low, one.score.high) for one in known]
    series = [
        Series("fitted to the points", [(at, 100 * _law(curve, at)) for at in places], marks=False),
        Series("predicted", [(one.rows, 100 * one.value) for one in curve.ahead], line="dashed", marks=False),
        Series(
            "measured, with its 95 % interval",
            [(one.rows, 100 * (one.score.value or 0.0)) for one in known],
            kind="winner",
            line="none",
            upright=[None if a is None or b is None else (100 * a, 100 * b) for a, b in ends],
        ),
    ]
    if curve.target is not None:
        level = [(0.0, 100 * curve.target), (float(furthest.rows), 100 * curve.target)]
        named = f"target: {points(curve.target)}"
        series.append(Series(named, level, kind="baseline", line="dotted", marks=False))
    band = Area(
        "95 of 100 curves lie here",
        [(one.rows, 100 * one.low) for one in curve.ahead],
        [(one.rows, 100 * one.high) for one in curve.ahead],
    )
    return plot(
        series,
        id="learning-curve",
        title=f"{titles.capital(measure)} by training rows, followed to twice the rows at hand",
        description=f"{_title(curve)}.",
        x=Axis("training rows", reach=(0.0, float(furthest.rows))),
        y=Axis(f"{measure}, points of 100", cut=(0.0, 100.0)),
        areas=[band],
        columns=["Training rows", "Predicted"],
        rows=[
            [count(one.rows), Shown(points(one.value), span(one.low, one.high))]
            for one in curve.ahead[:: max(1, len(curve.ahead) // TOLD)]
        ],
    )


def _law(curve: LearningCurve, rows: float) -> float:
    return 1 - curve.law.floor - curve.law.scale * math.pow(rows, -curve.law.exponent)
