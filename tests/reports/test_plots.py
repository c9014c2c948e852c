"""Lines and marks on two axes: nothing outside, nothing out of order, and words that fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.charts import log_ticks
from reports.lettering import fitting, wide, wrapped
from reports.numbers import tick_texts
from reports.plots import Area, Axis, Plot, Series, plot

values = st.floats(-1000, 1000, allow_nan=False)
costs = st.floats(1e-6, 1e5)


def drawn(series: list[Series], *, log: bool = False, areas: list[Area] | None = None) -> Plot:
    """A plot without a table."""
    return plot(
        series, id="x", title="t", description="d", x=Axis("x", log=log), y=Axis("y"), areas=areas or []
    )


@settings(max_examples=50, deadline=None)
@given(points=st.lists(st.tuples(costs, values, st.floats(0, 50)), min_size=1, max_size=8), log=st.booleans())
def test_marks_whiskers_and_bands_lie_on_the_plot_in_the_order_of_their_numbers(
    points: list[tuple[float, float, float]], log: bool
) -> None:
    spots = [(x, y) for x, y, _ in points]
    ends = [(y - reach, y + reach) for _, y, reach in points]
    band = Area("band", [(x, low) for (x, _), (low, _) in zip(spots, ends, strict=True)], spots)
    found = drawn([Series("one", spots, upright=ends)], log=log, areas=[band])
    for mark in found.marks:
        assert found.left - 0.2 <= mark.x <= found.right + 0.2
        assert found.top - 0.2 <= mark.y <= found.bottom + 0.2
    for _, high, low in found.whiskers:
        assert found.top - 0.2 <= high <= low <= found.bottom + 0.2
    by_x = sorted(zip([x for x, _ in spots], [mark.x for mark in found.marks], strict=True))
    assert [place for _, place in by_x] == sorted(place for _, place in by_x)
    by_y = sorted(zip([y for _, y in spots], [mark.y for mark in found.marks], strict=True))
    assert [place for _, place in by_y] == sorted((place for _, place in by_y), reverse=True)


@given(low=costs, factor=st.floats(1, 1e6))
def test_ticks_of_ratios_cover_the_stretch(low: float, factor: float) -> None:
    marks = log_ticks(low, low * factor)
    assert marks[0] <= low * (1 + 1e-6)
    assert marks[-1] >= low * factor * (1 - 1e-6)
    assert 2 <= len(marks) <= 14


def test_labels_of_marks_in_one_place_do_not_cover_each_other() -> None:
    series = [Series(f"{n} option", [(1.0, 50.0 + n / 10)], line="none", labels=[str(n)]) for n in range(4)]
    found = drawn([*series, Series("far", [(100.0, 10.0)])]).labels
    boxes = [(one.x, one.y, one.x + wide(one.text), one.y + 11) for one in found]
    for number, a in enumerate(boxes):
        for b in boxes[number + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.0, 0.5, 1.0], ["0.0", "0.5", "1.0"]),
        ([0.0, 500.0, 1000.0], ["0", "500", "1,000"]),
        ([-0.02, 0.0], ["\N{MINUS SIGN}0.02", "0.00"]),
    ],
)
def test_ticks_of_one_axis_have_as_many_decimals(values: list[float], texts: list[str]) -> None:
    assert tick_texts(values) == texts


def test_words_are_cut_to_their_room_however_long() -> None:
    assert fitting("short", 200) == "short"
    assert wide(fitting("W" * 200_000, 100)) <= 120
    assert wrapped("two words", 400) == ["two words"]
    lines = wrapped("several words that need more than two lines of this width", 120, most_lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("\N{HORIZONTAL ELLIPSIS}")
