"""The way from here to something that runs: iterations, their gates, and a timeline of likely weeks."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from advisor.engagement.records.advice import Iteration, Range

from .charts import Chart, Spot, dot_plot
from .numbers import one_length, weeks

LABELS = 300
"""Pixels for the titles of iterations."""


class Step(NamedTuple):
    """One iteration as shown."""

    title: str
    """With its number."""
    weeks: str
    """Low to high, likely."""
    work: list[str]
    """What is done, in order."""
    gate: str
    """The result that lets the next iteration start."""
    otherwise: str
    """What to do where the gate says no."""


def steps(roadmap: list[Iteration]) -> list[Step]:
    """The iterations, numbered."""
    return [
        Step(f"{number}. {one.title}", weeks(one.weeks), one.work, one.gate, one.otherwise)
        for number, one in enumerate(roadmap, start=1)
    ]


def total(roadmap: list[Iteration]) -> Range:
    """Weeks of all iterations one after the other."""
    return Range(
        low=sum(one.weeks.low for one in roadmap),
        likely=sum(one.weeks.likely for one in roadmap),
        high=sum(one.weeks.high for one in roadmap),
    )


def timeline(roadmap: list[Iteration]) -> Chart | None:
    """A bar of likely weeks for each iteration, starting where the one before it likely ends."""
    if not roadmap:
        return None
    starts = [0.0, *accumulate(one.weeks.likely for one in roadmap)]
    spots = [
        Spot(
            label=f"{number}. {one.title}",
            value=start + one.weeks.likely,
            low=start + one.weeks.low,
            high=start + one.weeks.high,
            text=one_length(one.weeks.likely),
            start=start,
        )
        for number, (start, one) in enumerate(zip(starts, roadmap, strict=False), start=1)
    ]
    return dot_plot(
        spots,
        id="timeline",
        title="Likely weeks of each iteration, one after the other",
        description=f"{len(spots)} iterations, likely {one_length(starts[-1])} in all.",
        unit="weeks from the start",
        reach=(0.0, starts[-1]),
        left=LABELS,
    )
