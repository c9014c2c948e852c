"""Where lines, bands and marks stand on two axes: geometry for one SVG macro, small enough for a phone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from .charts import Kind, Tick, apart, log_ticks, ticks
from .lettering import fitting, wide
from .numbers import Shown, tick_texts

Stroke = Literal["solid", "dashed", "dotted", "none"]
Point = tuple[float, float]

WIDTH = 360
TALL = 170
"""Pixels of the plotting area, upright."""
TOP = 26
"""Where it begins; the unit of the upright axis stands above it."""
KEY = 20
"""Pixels of a line of the key."""
SIGN = 34
"""Pixels of the sign before its name."""
LEAST = 1e-6
"""A stretch shorter than this is a point."""
LABEL = 14
"""Height of a label."""


class Axis(NamedTuple):
    """One of the two axes."""

    unit: str
    """What is counted, in words."""
    text: Callable[[float], str] | None = None
    """A tick as written; None: a plain number."""
    reach: tuple[float, float] | None = None
    """Least stretch that is shown; None: as far as the data go."""
    log: bool = False
    """Whether equal steps are equal ratios; every value is above 0 then."""
    whole: bool = False
    """Whether only whole numbers are ticks."""
    cut: tuple[float, float] | None = None
    """Ends that no tick lies beyond, such as 0 and 100 for shares."""


class Series(NamedTuple):
    """Points that belong together."""

    name: str
    """In the key."""
    points: Sequence[Point]
    """In the order in which a line joins them."""
    kind: Kind = "other"
    """Shape and colour of marks: winners diamonds, baselines full circles, others open circles."""
    line: Stroke = "solid"
    """How they are joined."""
    marks: bool = True
    """Whether each point has a mark."""
    upright: Sequence[tuple[float, float] | None] = ()
    """Ends of a whisker for each point, in the unit of the upright axis."""
    labels: Sequence[str] = ()
    """Words beside the points."""


class Area(NamedTuple):
    """A band between two lines."""

    name: str
    """In the key."""
    low: Sequence[Point]
    """Lower line."""
    high: Sequence[Point]
    """Upper line, over the same places."""


class Path(NamedTuple):
    """A line or an area in pixels."""

    d: str
    """As SVG writes it."""
    kind: str
    """Class of its colour."""
    line: str
    """Class of its stroke."""


class Mark(NamedTuple):
    """A point in pixels."""

    x: float
    """Place."""
    y: float
    """Height."""
    kind: Kind
    """Shape."""


class Label(NamedTuple):
    """A word beside a mark."""

    x: float
    """Its left end."""
    y: float
    """Its base line."""
    text: str
    """What."""


class Entry(NamedTuple):
    """One line of the key."""

    y: float
    """Its middle."""
    text: str
    """Name, cut where long."""
    kind: str
    """As its series."""
    line: str
    """As its series; `area` for a band."""
    mark: bool
    """Whether its points have marks."""


class Plot(NamedTuple):
    """Everything the macro needs, with the same numbers as a table."""

    id: str
    """Unique within the page; title and description are named after it."""
    title: str
    """What the chart shows."""
    description: str
    """What one sees in it, in a sentence."""
    width: int
    """Pixels."""
    height: float
    """Pixels, key included."""
    left: float
    """Where the plotting area begins."""
    right: float
    """Where it ends."""
    top: float
    """Its upper end."""
    bottom: float
    """Where the lying axis is."""
    across: list[Tick]
    """Ticks of the lying axis."""
    up: list[Tick]
    """Ticks of the upright axis: heights."""
    x_unit: str
    """Below the lying axis."""
    y_unit: str
    """Above the upright axis."""
    areas: list[Path]
    """Bands, drawn first."""
    lines: list[Path]
    """Lines."""
    whiskers: list[tuple[float, float, float]]
    """Place, upper end, lower end."""
    marks: list[Mark]
    """Points."""
    labels: list[Label]
    """Words beside points."""
    key: list[Entry]
    """What is what."""
    columns: Sequence[str]
    """Head of the table."""
    rows: Sequence[Sequence[str | Shown]]
    """The same in figures, numbers from the second column on; empty: a table beside the chart has them."""


def plot(
    series: Sequence[Series],
    *,
    id: str,
    title: str,
    description: str,
    x: Axis,
    y: Axis,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[str | Shown]] = (),
    areas: Sequence[Area] = (),
) -> Plot:
    """Lines and marks in pixels; both axes are widened until every point, whisker and band fits."""
    points = [p for one in series for p in one.points] + [p for a in areas for p in (*a.low, *a.high)]
    ends = [end for one in series for pair in one.upright if pair for end in pair]
    across = _marks(x, [p[0] for p in points])
    up = _marks(y, [p[1] for p in points] + ends)
    x_texts, y_texts = _texts(x, across), _texts(y, up)
    left = round(max(max(map(wide, y_texts)) + 8, wide(x_texts[0]) / 2), 1)
    right = round(WIDTH - max(8.0, wide(x_texts[-1]) / 2), 1)
    bottom = float(TOP + TALL)
    place = _scale(x, across, left, right)
    rise = _scale(y, up, bottom, float(TOP))
    marks = [Mark(place(p[0]), rise(p[1]), one.kind) for one in series if one.marks for p in one.points]
    head = bottom + 46
    entries = _key(series, areas, head)
    return Plot(
        id=id,
        title=title,
        description=description,
        width=WIDTH,
        height=head + KEY * len(entries) + 2,
        left=left,
        right=right,
        top=float(TOP),
        bottom=bottom,
        across=apart([Tick(place(mark), text) for mark, text in zip(across, x_texts, strict=True)]),
        up=[Tick(rise(mark), text) for mark, text in zip(up, y_texts, strict=True)],
        x_unit=x.unit,
        y_unit=y.unit,
        areas=[_area(one, place, rise) for one in areas],
        lines=[_line(one, place, rise) for one in series if one.line != "none" and len(one.points) > 1],
        whiskers=[
            (place(point[0]), rise(pair[1]), rise(pair[0]))
            for one in series
            for point, pair in zip(one.points, one.upright, strict=False)
            if pair
        ],
        marks=marks,
        labels=_labels(series, place, rise, marks, right),
        key=entries,
        columns=columns,
        rows=rows,
    )


Placing = Callable[[float], float]


def _marks(axis: Axis, values: Sequence[float]) -> list[float]:
    """Ticks that cover the values and the least stretch."""
    low, high = min([*values, *(axis.reach or ())]), max([*values, *(axis.reach or ())])
    if axis.log:
        return log_ticks(low, high)
    if high - low < LEAST:
        high = low + 1
    found = ticks(low, high, about=5)
    if axis.whole:
        found = [mark for mark in found if mark == int(mark)]
    if axis.cut:
        found = [mark for mark in found if axis.cut[0] <= mark <= axis.cut[1]]
    return found


def _texts(axis: Axis, marks: Sequence[float]) -> list[str]:
    return tick_texts(marks) if axis.text is None else [axis.text(mark) for mark in marks]


def _scale(axis: Axis, marks: Sequence[float], start: float, end: float) -> Placing:
    def shape(value: float) -> float:
        return math.log10(value) if axis.log else value

    low, high = shape(marks[0]), shape(marks[-1])
    return lambda value: round(start + (shape(value) - low) / (high - low) * (end - start), 1)


def _line(one: Series, place: Placing, rise: Placing) -> Path:
    corners = [f"{place(x)} {rise(y)}" for x, y in one.points]
    return Path(f"M{'L'.join(corners)}", one.kind, one.line)


def _area(one: Area, place: Placing, rise: Placing) -> Path:
    around = [*one.low, *reversed(one.high)]
    return Path(f"M{'L'.join(f'{place(x)} {rise(y)}' for x, y in around)}Z", "other", "area")


def _key(series: Sequence[Series], areas: Sequence[Area], head: float) -> list[Entry]:
    """Series in their order, then bands; those without a name are not in it."""
    told = [(one.name, str(one.kind), str(one.line), one.marks) for one in series]
    told += [(one.name, "other", "area", False) for one in areas]
    return [
        Entry(head + KEY * (number + 0.5), fitting(name, WIDTH - SIGN), kind, line, mark)
        for number, (name, kind, line, mark) in enumerate(entry for entry in told if entry[0])
    ]


def _labels(
    series: Sequence[Series], place: Placing, rise: Placing, marks: Sequence[Mark], right: float
) -> list[Label]:
    """Words to the right of their marks, or wherever around them is room."""
    taken = [(mark.x - 7, mark.y - 7, mark.x + 7, mark.y + 7) for mark in marks]
    found = []
    for one in series:
        for (x, y), text in zip(one.points, one.labels, strict=False):
            spots = _around(place(x), rise(y), wide(text))
            inside = [box for box in spots if box[2] <= right + 6 and box[1] >= 0]
            free = [box for box in inside if not any(_meet(box, other) for other in taken)]
            box = (free or inside or spots)[0]
            taken.append(box)
            found.append(Label(round(box[0], 1), round(box[3] - 3, 1), text))
    return found


Box = tuple[float, float, float, float]


def _around(x: float, y: float, width: float) -> list[Box]:
    """Boxes at the corners of a mark, then right, left, above and below: left, top, right, bottom.

    Corners come first: whiskers and lines pass straight through a mark.
    """
    beside, over = (x + 9, x - 9 - width, x - width / 2), (y - LABEL / 2, y - 5 - LABEL, y + 5)
    order = [(0, 1), (1, 1), (0, 2), (1, 2), (0, 0), (1, 0), (2, 1), (2, 2)]
    near = [(beside[i], over[j], beside[i] + width, over[j] + LABEL) for i, j in order]
    further = [(-LABEL, 1), (LABEL, 2), (-2 * LABEL, 1), (2 * LABEL, 2)]
    far = [
        (beside[i], over[j] + by, beside[i] + width, over[j] + by + LABEL)
        for by, j in further
        for i in (0, 1)
    ]
    return near + far


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
