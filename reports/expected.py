"""The forecast of each training and each run of a trained arm beside what it took, with our error."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Range
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.forecast import Expected

from .numbers import MINUS, count, gib, two_digits, whole_seconds


class ExpectedRow(NamedTuple):
    """One quantity of one model."""

    title: str
    """Arm, seed where there are several, and what was done."""
    what: str
    """Quantity with its unit."""
    estimated: str
    """Likely, low to high."""
    measured: str
    """What it took."""
    error: str
    """Of our likely value, in per cent of the measured one."""
    inside: str
    """Whether the measured value lies in the band."""


def expected_rows(engagement: Engagement, comparison: Comparison) -> list[ExpectedRow]:
    """Training and answering of every trained arm; empty where no forecast was kept."""
    rows: list[ExpectedRow] = []
    for arm in comparison.arms:
        for seed, model, run in zip(arm.seeds, arm.models, arm.runs, strict=False):
            title = arm.title if len(arm.models) == 1 else f"{arm.title}, seed {seed}"
            trained, answered = engagement.training_result(model), engagement.run(run).result()
            if trained is not None:
                rows += _rows(
                    f"{title}: training", trained.expected, trained.seconds, trained.peak_memory_gib
                )
            if answered is not None:
                rows += _rows(
                    f"{title}: answering", answered.expected, answered.seconds, answered.peak_memory_gib
                )
    return rows


def _rows(
    title: str, expected: Expected | None, seconds: float | None, memory_gib: float | None
) -> list[ExpectedRow]:
    if expected is None:
        return []
    found = []
    if expected.seconds is not None and seconds is not None:
        found.append(_row(title, "seconds", expected.seconds, seconds, whole_seconds(seconds)))
    if expected.memory_gib is not None and memory_gib is not None:
        found.append(_row(title, "peak GiB", expected.memory_gib, memory_gib, gib(memory_gib)))
    return found


def _row(title: str, what: str, band: Range, measured: float, shown: str) -> ExpectedRow:
    low, likely, high = (count(two_digits(value)) for value in (band.low, band.likely, band.high))
    return ExpectedRow(
        title=title,
        what=what,
        estimated=f"{likely} ({low} to {high})",
        measured=shown,
        error=_error(band.likely, measured),
        inside="inside" if band.low <= measured <= band.high else "outside",
    )


def _error(likely: float, measured: float) -> str:
    """`+12 %`: the estimate was too high; without a measured amount there is none."""
    if measured <= 0:
        return ""
    off = round(100 * (likely - measured) / measured)
    sign = "+" if off > 0 else MINUS if off < 0 else ""
    return f"{sign}{count(abs(off))} %"
