"""How far an option moves when only its seed changes."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison

from . import titles
from .charts import Chart, Spot, dot_plot
from .numbers import points


class BySeed(NamedTuple):
    """Options that ran with several seeds."""

    title: str
    """The widest spread."""
    chart: Chart
    """Mean and every run."""
    rows: list[tuple[str, str, str, str]]
    """Option, mean, range, every run with its seed."""


def by_seed(engagement: Engagement, comparison: Comparison) -> BySeed | None:
    """From the results of the runs; None where no option ran with several seeds."""
    found = [(arm, each) for arm in comparison.arms if len(each := _scores(engagement, comparison, arm)) > 1]
    if not found:
        return None
    widest, scores = max(found, key=lambda one: _reach(one[1]))
    title = f"From seed to seed {widest.title} moves by {points(_reach(scores))} points at most"
    measure = titles.metric(comparison.metric)
    spots = [
        Spot(
            arm.title,
            100 * _mean(each),
            None,
            None,
            points(_mean(each)),
            each=[100 * score for _, score in each],
        )
        for arm, each in found
    ]
    return BySeed(
        title=title,
        chart=dot_plot(
            spots,
            id="seeds",
            title=f"{titles.capital(measure)} of every run; the circle is their mean",
            description=f"{title}.",
            unit=f"{measure}, points of 100",
            reach=(min(_ends(found)), max(_ends(found))),
        ),
        rows=[
            (
                arm.title,
                points(_mean(each)),
                f"{points(min(score for _, score in each))} to {points(max(score for _, score in each))}",
                ", ".join(f"{points(score)} (seed {seed})" for seed, score in each),
            )
            for arm, each in found
        ],
    )


def _scores(engagement: Engagement, comparison: Comparison, arm: ArmSummary) -> list[tuple[int, float]]:
    """Seed and score of every run whose result holds the primary metric."""
    found = []
    for seed, name in zip(arm.seeds, arm.runs, strict=False):
        result = engagement.run(name).result()
        score = result.metrics.get(comparison.metric) if result else None
        if score is not None and score.value is not None:
            found.append((seed, score.value))
    return found


def _mean(each: list[tuple[int, float]]) -> float:
    return sum(score for _, score in each) / len(each)


def _reach(each: list[tuple[int, float]]) -> float:
    scores = [score for _, score in each]
    return max(scores) - min(scores)


def _ends(found: list[tuple[ArmSummary, list[tuple[int, float]]]]) -> list[float]:
    """A point of 100 beside the outermost run, so that equal runs have an axis."""
    scores = [100 * score for _, each in found for _, score in each]
    return [min(scores) - 1, max(scores) + 1]
