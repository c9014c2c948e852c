"""Small charts of the data: shapes and words placed in pixels, for a macro that draws and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from babel import Locale

from advisor.engagement.records.intake import Lengths, Profile

from .bins import fewer
from .charts import ticks
from .lettering import fitting, wide
from .numbers import count, percent

WIDTH = 360
HEIGHT = 190
LEFT = 50
"""Pixels for the numbers beside a histogram."""
RIGHT = 334
"""Where the axis of a histogram ends; half of the last border stands to the right of it."""
NAMES = 176
"""Most pixels for the names beside bars."""
ROW = 22
GAP = 2
BINS = 18
BARS = 20
LANGUAGES = 6
SPACE = 12
EDGE_SPACE = 58


class Box(NamedTuple):
    """A bar."""

    x: float
    """Left end."""
    y: float
    """Upper end."""
    width: float
    """Pixels."""
    height: float
    """Pixels."""


class Word(NamedTuple):
    """Something written."""

    x: float
    """Where."""
    y: float
    """Its base line."""
    text: str
    """What."""
    anchor: Literal["start", "middle", "end"]
    """Which part of it stands at x."""
    soft: bool = True
    """Whether it is of the axis, not of the data."""


class DataChart(NamedTuple):
    """Everything the macro needs, with the same numbers as a table."""

    id: str
    """Unique within the page; title and description are named after it."""
    title: str
    """What the chart shows."""
    description: str
    """What one sees in it, in a sentence."""
    height: float
    """Pixels."""
    boxes: list[Box]
    """Bars."""
    outline: str
    """Path of one closed shape in place of bars; empty: none."""
    words: list[Word]
    """Names, numbers and borders."""
    lines: list[tuple[float, float]]
    """Height and left end of lines that end at `right`; the last is the axis. Empty: none."""
    columns: list[str]
    """Head of the table."""
    rows: list[list[str]]
    """The same in figures; numbers stand from the second column on."""
    width: int = WIDTH
    """Pixels."""
    right: int = RIGHT
    """Where lines end."""


def data_charts(profile: Profile) -> list[DataChart]:
    """Lengths of inputs and outputs, rows per class, languages: those that the profile knows."""
    found = [
        _lengths(profile.inputs, "input") if profile.inputs else None,
        _lengths(profile.outputs, "output") if profile.outputs else None,
        _classes(profile.labels) if len(profile.labels) > 1 else None,
        _languages(profile.languages) if len(profile.languages) > 1 else None,
    ]
    return [chart for chart in found if chart is not None]


def unit_of(lengths: Lengths) -> str:
    """The unit without how it was counted."""
    return re.split("[,;:(]", lengths.unit)[0].strip()


def _lengths(lengths: Lengths, name: str) -> DataChart | None:
    """A histogram; None where there is nothing to draw."""
    bins = fewer(lengths.edges, lengths.counts, BINS)
    if not bins:
        return None
    columns = _columns([number for _, _, number in bins])
    step = (RIGHT - LEFT) / len(bins)
    borders = [bins[0][0], *(high for _, high, _ in bins)]
    every = max(1, -(-EDGE_SPACE // int(step)))
    words = [
        Word(round(LEFT + step * place, 1), HEIGHT - 30, count(border), "middle", True)
        for place, border in enumerate(borders)
        if place % every == 0
    ]
    unit = unit_of(lengths)
    middle = Word((LEFT + RIGHT) / 2, HEIGHT - 10, f"{unit} per {name}", "middle", True)
    even = len({high - low for low, high, _ in bins[:-1]}) <= 1
    counted = f"{'a sample, ' if lengths.sampled else ''}n={count(sum(lengths.counts))}"
    return DataChart(
        id=f"{name}-lengths",
        title=f"Lengths of {name}s in {unit} ({counted}){'' if even else '; bands of unequal width'}",
        description=(
            f"Half of the {name}s have {count(lengths.p50)} or fewer {unit}, 95 of 100 at most "
            f"{count(lengths.p95)}; the longest has {count(lengths.longest)}."
        ),
        height=HEIGHT,
        boxes=columns.boxes,
        outline=columns.outline,
        words=[*columns.words, *words, middle],
        lines=columns.lines,
        columns=[f"{unit} per {name}", "Texts"],
        rows=[[f"{count(low)} to {count(high)}", count(number)] for low, high, number in bins],
    )


def _classes(labels: dict[str, int]) -> DataChart:
    """A bar for each class; with more than twenty, a profile from the largest to the rarest."""
    ordered = sorted(labels.items(), key=lambda entry: (-entry[1], entry[0]))
    total, shown = sum(labels.values()), ordered[:BARS]
    rows = [[_named(name), count(number), _share(number, total)] for name, number in shown]
    rest = ordered[BARS:]
    if rest:
        others = sum(number for _, number in rest)
        rows.append([f"{count(len(rest))} other classes", count(others), _share(others, total)])
    described = (
        f"The largest of {count(len(ordered))} classes has {count(ordered[0][1])} rows, "
        f"the rarest {count(ordered[-1][1])}."
    )
    bars = [(row[0], float(number), row[1]) for row, (_, number) in zip(rows, shown, strict=False)]
    drawn = _profile(ordered) if rest else _bars(bars)
    return DataChart(
        id="class-rows",
        title=f"Rows per class over all splits ({count(len(ordered))} classes, n={count(total)})",
        description=described,
        height=drawn.height,
        boxes=drawn.boxes,
        outline=drawn.outline,
        words=drawn.words,
        lines=drawn.lines,
        columns=["Class", "Rows", "Share"],
        rows=rows,
    )


def _profile(ordered: Sequence[tuple[str, int]]) -> _Drawn:
    """Columns without gaps: each is one class, or the mean of neighbours where there are too many."""
    most = RIGHT - LEFT
    joined = -(-len(ordered) // most)
    groups = [ordered[start : start + joined] for start in range(0, len(ordered), joined)]
    means = [sum(number for _, number in group) / len(group) for group in groups]
    columns = _columns(means)
    words = [
        Word(LEFT, HEIGHT - 30, f"largest: {count(ordered[0][1])}", "start", True),
        Word(RIGHT, HEIGHT - 30, f"rarest: {count(ordered[-1][1])}", "end", True),
        Word(
            (LEFT + RIGHT) / 2, HEIGHT - 10, f"{count(len(ordered))} classes, sorted by rows", "middle", True
        ),
    ]
    step, bottom = (RIGHT - LEFT) / len(means), columns.lines[-1][0]
    tops = [bottom, *(box.y for box in columns.boxes), bottom]
    corners = [f"{round(LEFT + step * place, 1)} {y}" for place, y in _stairs(tops)]
    return columns._replace(boxes=[], outline=f"M{'L'.join(corners)}Z", words=[*columns.words, *words])


def _stairs(tops: Sequence[float]) -> list[tuple[int, float]]:
    """Corners of the outline above columns side by side: place and height, the ends on the ground."""
    return [(place, y) for place, pair in enumerate(pairwise(tops)) for y in pair if pair[0] != pair[1]]


def _languages(shares: dict[str, float]) -> DataChart:
    """A bar for each of the frequent languages."""
    shown = sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))
    pairs = [(_language(code), share) for code, share in shown[:LANGUAGES]]
    if rest := shown[LANGUAGES:]:
        pairs.append((f"{len(rest)} others", sum(share for _, share in rest)))
    drawn = _bars([(name, share, percent(share)) for name, share in pairs])
    return DataChart(
        id="languages",
        title="Languages: share of the rows that are long enough to tell",
        description=f"{pairs[0][0]} {percent(pairs[0][1])}, then {pairs[1][0]} {percent(pairs[1][1])}.",
        height=drawn.height,
        boxes=drawn.boxes,
        outline=drawn.outline,
        words=drawn.words,
        lines=drawn.lines,
        columns=["Language", "Share of rows"],
        rows=[[name, percent(share)] for name, share in pairs],
    )


class _Drawn(NamedTuple):
    """Shapes and words of a chart."""

    height: float
    """Pixels."""
    boxes: list[Box]
    """Bars."""
    outline: str
    """As in the chart."""
    words: list[Word]
    """Names, numbers and borders."""
    lines: list[tuple[float, float]]
    """As in the chart."""


def _columns(values: Sequence[float]) -> _Drawn:
    """Upright bars of equal width on an axis of rows."""
    top, bottom = 10.0, HEIGHT - 48.0
    marks = [mark for mark in ticks(0, max(values), about=4) if mark == int(mark)]
    step = (RIGHT - LEFT) / len(values)

    def place(value: float) -> float:
        return round(bottom - value / marks[-1] * (bottom - top), 1)

    boxes = [
        Box(
            round(LEFT + step * number + GAP / 2, 1),
            place(value),
            round(max(step - GAP, 0.5), 1),
            round(bottom - place(value), 1),
        )
        for number, value in enumerate(values)
    ]
    words = [Word(LEFT - 6, place(mark) + 5, count(mark), "end", True) for mark in marks]
    return _Drawn(HEIGHT, boxes, "", words, [(place(mark), LEFT) for mark in reversed(marks)])


def _bars(rows: Sequence[tuple[str, float, str]]) -> _Drawn:
    """Lying bars from zero: name, value, value as written."""
    most = max(value for _, value, _ in rows)
    names = [fitting(name, NAMES) for name, _, _ in rows]
    left = round(max(map(wide, names)) + SPACE)
    reach = WIDTH - left - SPACE - max(wide(text) for _, _, text in rows)
    boxes, words = [], []
    for number, (name, (_, value, text)) in enumerate(zip(names, rows, strict=True)):
        y = ROW * number
        boxes.append(Box(left, y + 3, round(reach * value / most, 1), ROW - 6))
        words.append(Word(0, y + 16, name, "start", False))
        words.append(Word(WIDTH, y + 16, text, "end", False))
    return _Drawn(ROW * len(rows) + 4, boxes, "", words, [])


def _named(label: str) -> str:
    return label.strip() or "(empty)"


def _language(code: str) -> str:
    """Its English name; the code itself where it has none."""
    return str(Locale("en").languages.get(code, code))


def _share(part: float, whole: float) -> str:
    return percent(part / whole) if whole else ""
