"""Where marks, whiskers and ticks stand: geometry for the SVG macros, which draw and decide nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from .lettering import wide, wrapped
from .numbers import tick_texts

Kind = Literal["winner", "baseline", "other"]

WIDTH = 680
NARROW = 520
"""Small enough to be read whole beside others."""
PHONE = 360
"""The same chart where the screen is no wider: names stand above their rows."""
LEFT = 246
RIGHT = 78
ROW = 34
STACKED = 48
"""Pixels of a row with its name above."""
TOP = 8
LEADING = 15
"""Pixels between two lines of a name."""
LINE = 18
"""Pixels of a line of words below the axis."""


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
    each: Sequence[float] = ()
    """Values that this one is the mean of, drawn as strokes."""


class Placed(NamedTuple):
    """One row in pixels."""

    label: list[tuple[float, str]]
    """Name of the row: base line and words of at most two lines, the last cut where long."""
    text: str
    """The value as written."""
    base: float
    """Its base line."""
    kind: Kind
    """Shape of the mark."""
    y: float
    """Height of the mark."""
    x: float
    """Middle of the mark."""
    low: float | None
    """Left end of the whisker."""
    high: float | None
    """Right end of the whisker."""
    start: float | None
    """Left end of the bar; None: a mark."""
    each: list[float]
    """Strokes."""


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
    unit: list[str]
    """Under the axis, line by line."""
    width: int
    """Pixels."""
    form: Literal["wide", "narrow", "phone"]
    """How wide it is shown."""
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
    line: float | None
    """Where an upright line stands: zero, for differences."""
    band: tuple[float, float] | None
    """A shaded stretch of the axis."""
    band_text: str
    """What the stretch means."""
    phone: Chart | None
    """The same for a small screen."""


def dot_plot(
    spots: Sequence[Spot],
    *,
    id: str,
    title: str,
    description: str,
    unit: str,
    reach: tuple[float, float],
    line: float | None = None,
    log: bool = False,
    band: tuple[float, float] | None = None,
    band_text: str = "",
    left: int = LEFT,
    width: int = WIDTH,
) -> Chart:
    """Dots or bars with whiskers on one axis; `reach` is widened until every whisker fits.

    `line` stands upright across all rows. With `log`, equal steps are equal ratios, and all is above 0.
    """
    ends = [end for s in spots for end in (s.value, s.low, s.high, *s.each) if end is not None]
    ends = [*ends, *reach, *(band or ()), *(() if line is None else (line,))]
    beside = max(RIGHT, *(round(wide(spot.text)) + 14 for spot in spots))

    def shape(value: float) -> float:
        return math.log10(value) if log else value

    def drawn(form: Literal["wide", "narrow", "phone"], phone: Chart | None) -> Chart:
        on_phone = form == "phone"
        about = 4 if on_phone else 6
        marks = log_ticks(min(ends), max(ends)) if log else ticks(min(ends), max(ends), about=about)
        low, high, texts = shape(marks[0]), shape(marks[-1]), tick_texts(marks)
        whole = PHONE if on_phone else width
        start = round(wide(texts[0]) / 2 + 1) if on_phone else left
        right = float(whole - (round(wide(texts[-1]) / 2 + 1) if on_phone else beside))

        def place(value: float) -> float:
            return round(start + (shape(value) - low) / (high - low) * (right - start), 1)

        rows, bottom = _rows(spots, place, None if on_phone else left)
        lines = wrapped(unit, whole - 8)
        return Chart(
            id=f"{id}-phone" if on_phone else id,
            title=title,
            description=description,
            unit=lines,
            width=whole,
            form=form,
            height=bottom + LINE * (1 + len(lines)) + 6,
            left=start,
            right=right,
            bottom=bottom,
            ticks=apart([Tick(place(at), text) for at, text in zip(marks, texts, strict=True)]),
            rows=rows,
            line=None if line is None else place(line),
            band=(place(band[0]), place(band[1])) if band else None,
            band_text=band_text,
            phone=phone,
        )

    return drawn("narrow" if width <= NARROW else "wide", drawn("phone", None))


def _rows(
    spots: Sequence[Spot], place: Callable[[float], float], left: int | None
) -> tuple[list[Placed], float]:
    """Rows of equal height, and where they end; without room on the left names stand above their rows."""
    names = [
        wrapped(spot.label, PHONE - wide(spot.text) - 12 if left is None else left - 8, most_lines=2)
        for spot in spots
    ]
    more = LEADING * (max(map(len, names)) - 1)
    step = STACKED + more if left is None else max(ROW, 12 + LEADING + more)
    rows = [
        _row(spot, name, TOP + step * number, step, place, on_phone=left is None)
        for number, (spot, name) in enumerate(zip(spots, names, strict=True))
    ]
    return rows, float(TOP + step * len(spots))


def _row(
    spot: Spot, name: list[str], top: float, step: float, place: Callable[[float], float], *, on_phone: bool
) -> Placed:
    """One row of so many pixels; on a phone its name stands above its mark."""
    y = top + step - 17 if on_phone else top + step / 2
    base = top + 14.0 if on_phone else y + 5
    first = base if on_phone else base - LEADING * (len(name) - 1) / 2
    return Placed(
        label=[(first + LEADING * number, line) for number, line in enumerate(name)],
        text=spot.text,
        base=base,
        kind=spot.kind,
        y=y,
        x=place(spot.value),
        low=None if spot.low is None else place(spot.low),
        high=None if spot.high is None else place(spot.high),
        start=None if spot.start is None else place(spot.start),
        each=[place(value) for value in spot.each],
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


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten around the stretch, powers alone where it is long."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 2 else (1,)
    found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    below = max(mark for mark in found if mark <= low * (1 + 1e-9))
    above = min((mark for mark in found if mark >= high * (1 - 1e-9)), default=found[-1])
    kept = [mark for mark in found if below <= mark <= above]
    return kept if len(kept) > 1 else [below, below * 10]


def apart(marks: Sequence[Tick]) -> list[Tick]:
    """The ticks with words at every one, or at every second, third ... where they would touch."""
    for every in range(1, len(marks) + 1):
        kept = [mark if number % every == 0 else Tick(mark.x, "") for number, mark in enumerate(marks)]
        named = [mark for mark in kept if mark.text]
        if all(b.x - a.x > (wide(a.text) + wide(b.text)) / 2 + 4 for a, b in pairwise(named)):
            return kept
    return list(marks[:1])
