"""Where marks, whiskers and ticks stand: geometry for the SVG macros, which draw and decide nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from .numbers import short

Kind = Literal["winner", "baseline", "other"]

WIDTH = 680
NARROW = 520
"""Small enough to be read whole on a phone."""
LEFT = 246
RIGHT = 78
ROW = 34
TOP = 8
AXIS = 40


class Spot(NamedTuple):
    """One row of a dot plot, in the unit of the axis."""

    label: str
    """Name of the row."""
    value: float
    """Where the mark stands."""
    low: float | None
    """Lower end of the whisker; None: no whisker."""
    high: float | None
    """Upper end."""
    text: str
    """The value as written beside the mark."""
    kind: Kind = "other"
    """Shape of the mark: winners are diamonds, baselines full circles, others open circles."""
    start: float | None = None
    """Where a bar to the value begins, in place of a mark; None: a mark."""


class Placed(NamedTuple):
    """One row in pixels."""

    label: str
    """Name of the row."""
    text: str
    """The value as written."""
    kind: Kind
    """Shape of the mark."""
    y: float
    """Middle of the row."""
    x: float
    """Middle of the mark."""
    low: float | None
    """Left end of the whisker."""
    high: float | None
    """Right end of the whisker."""
    start: float | None
    """Left end of the bar; None: a mark."""


class Tick(NamedTuple):
    """A labelled place on the axis."""

    x: float
    """Where."""
    text: str
    """What is written there."""


class Chart(NamedTuple):
    """Everything a macro needs."""

    id: str
    """Unique within the page; title and description are named after it."""
    title: str
    """What the chart shows, for screen readers and hovering."""
    description: str
    """What one sees in it, in a sentence."""
    unit: str
    """Under the axis."""
    width: int
    """Pixels."""
    narrow: bool
    """Whether it is read whole on a phone, without scrolling."""
    height: float
    """Pixels."""
    left: int
    """Where the plotting area begins."""
    right: float
    """Where it ends."""
    bottom: float
    """Where the axis lies."""
    ticks: list[Tick]
    """Of the axis."""
    rows: list[Placed]
    """Top to bottom."""
    zero: float | None
    """Where zero lies, for differences."""
    band: tuple[float, float] | None
    """A shaded stretch of the axis."""
    band_text: str
    """What the stretch means."""


def dot_plot(
    spots: Sequence[Spot],
    *,
    id: str,
    title: str,
    description: str,
    unit: str,
    reach: tuple[float, float],
    zero: bool = False,
    band: tuple[float, float] | None = None,
    band_text: str = "",
    left: int = LEFT,
    width: int = WIDTH,
) -> Chart:
    """Dots or bars with whiskers on one axis; `reach` is widened until every whisker fits."""
    ends = [end for s in spots for end in (s.value, s.low, s.high) if end is not None]
    low, high = min([reach[0], *ends]), max([reach[1], *ends])
    marks = ticks(low, high)
    low, high = min(low, marks[0]), max(high, marks[-1])
    right = float(width - RIGHT)

    def place(value: float) -> float:
        return round(left + (value - low) / (high - low) * (right - left), 1)

    rows = [
        Placed(
            spot.label,
            spot.text,
            spot.kind,
            TOP + ROW * (number + 0.5),
            place(spot.value),
            None if spot.low is None else place(spot.low),
            None if spot.high is None else place(spot.high),
            None if spot.start is None else place(spot.start),
        )
        for number, spot in enumerate(spots)
    ]
    bottom = float(TOP + ROW * len(spots))
    return Chart(
        id=id,
        title=title,
        description=description,
        unit=unit,
        width=width,
        narrow=width <= NARROW,
        height=bottom + AXIS,
        left=left,
        right=right,
        bottom=bottom,
        ticks=[Tick(place(mark), short(mark)) for mark in marks],
        rows=rows,
        zero=place(0.0) if zero else None,
        band=(place(band[0]), place(band[1])) if band else None,
        band_text=band_text,
    )


def ticks(low: float, high: float, *, about: int = 6) -> list[float]:
    """Round numbers that cover the stretch: steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low, low + 1]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]
