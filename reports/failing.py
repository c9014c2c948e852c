"""Where the leading and the best prompting option fail, what to add, and the change since the last data."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.engagement.afterwards import failures, iterations
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.failures import ArmFailures, Cause

from .numbers import p_value, percent

MOST = 6
"""Causes of one option, and rows named beside an addition."""


QUOTED = re.compile("`([^`]*)`")


class CauseRow(NamedTuple):
    """One thing that wrong items of an option share."""

    title: str
    """Option."""
    words: str
    """What they share."""
    wrong: str
    """Wrong items with it, of how many."""
    outside: str
    """The same outside, and who that is."""
    p: str
    """Adjusted; empty where it makes an answer wrong by itself."""


class Failing(NamedTuple):
    """What the section shows."""

    counts: list[str]
    """A sentence for each option: wrong items, groups, notes."""
    rows: list[CauseRow]
    """What is shown."""
    additions: list[str]
    """What to add or mend."""
    change: str
    """Against the comparison before; empty in the first."""


def failing(engagement: Engagement, comparison: Comparison) -> Failing | None:
    """The section; None where the failures were not looked at, or on other items than these."""
    found = failures(engagement)
    data = comparison.provenance.get("data")
    if found is None or found.data != data or not found.arms:
        return None
    kept = iterations(engagement)
    last = kept[-1] if kept and kept[-1].data == data else None
    return Failing(
        counts=[_counted(arm) for arm in found.arms],
        rows=[row for arm in found.arms for row in _rows(arm)],
        additions=[
            f"{'Add' if one.rows is not None else 'Mend'}: {one.words}{_like(one.like)}."
            for one in found.additions
        ]
        + [f"{note[:1].upper()}{note[1:]}{'' if note.endswith('.') else '.'}" for note in found.notes],
        change=last.said if last else "",
    )


def _counted(arm: ArmFailures) -> str:
    groups = "one group" if len(arm.clusters) == 1 else f"{len(arm.clusters)} groups of like inputs"
    told = f"{arm.title}: wrong on {arm.wrong} of {arm.n} items"
    if not arm.wrong:
        return f"{told}."
    notes = "".join(f" {note[:1].upper()}{note[1:]}." for note in arm.notes)
    return f"{told}, in {groups}; {arm.tested} possible causes were tested.{notes}"


def _rows(arm: ArmFailures) -> list[CauseRow]:
    return [
        CauseRow(
            arm.title,
            QUOTED.sub(r"“\1”", one.words),
            f"{one.count} of {one.n} ({percent(one.count / one.n)})" if one.n else str(one.count),
            _outside(one),
            "" if one.p_adjusted is None else p_value(one.p_adjusted),
        )
        for one in [cause for cause in arm.causes if cause.shown][:MOST]
    ]


def _outside(one: Cause) -> str:
    if not one.outside_n:
        return "it makes an answer wrong by itself"
    return f"{percent(one.outside_count / one.outside_n)} of {one.outside_n} {one.outside}"


def _like(rows: list[str]) -> str:
    return f" (see {', '.join(rows[:MOST])})" if rows else ""
