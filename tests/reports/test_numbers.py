"""Numbers on a page: rounding, signs, and nothing that looks more exact than it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.records.runs import Estimate
from reports import numbers
from reports.charts import Spot, dot_plot, ticks

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "signed", "shown"),
    [
        (0.8125, False, "81.2"),
        (0.0, True, "0.0"),
        (-0.0003, True, "0.0"),
        (0.05, True, "+5.0"),
        (-0.1, True, f"{MINUS}10.0"),
        (1.0, False, "100.0"),
        (None, False, "no result"),
    ],
)
def test_points(value: float | None, signed: bool, shown: str) -> None:
    assert numbers.points(value, signed=signed) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (15234.0, "$15,000"),
        (1.26, "$1.30"),
        (0.126, "$0.13"),
        (0.0043, "$0.0043"),
        (0.000022, "under $0.0001"),
        (0.0, "$0"),
        (None, ""),
    ],
)
def test_money_has_two_digits_and_never_pretends(amount: float | None, shown: str) -> None:
    assert numbers.money(amount, "USD") == shown


@pytest.mark.parametrize(("p", "shown"), [(0.0004, "< 0.001"), (0.031, "0.031"), (1.0, "1.000"), (None, "")])
def test_p_values(p: float | None, shown: str) -> None:
    assert numbers.p_value(p) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.96, "96 %"), (0.001, "under 1 %"), (0.999, "over 99 %"), (1.0, "100 %"), (0.0, "0 %")],
)
def test_percent_never_rounds_to_certainty(share: float, shown: str) -> None:
    assert numbers.percent(share) == shown


def test_an_estimate_is_shown_with_its_interval() -> None:
    one = Estimate(value=0.5, low=0.4, high=0.6, n=10)
    assert numbers.estimate(one) == ("50.0", "40.0 to 60.0")
    assert numbers.estimate(Estimate(value=None, low=None, high=None, n=0)) == ("no result", "")


ends = st.floats(-100, 100, allow_nan=False)


@given(low=ends, width=st.floats(0.01, 200))
def test_ticks_are_round_and_cover_the_stretch(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert marks[0] <= low + 1e-6
    assert marks[-1] >= low + width - 1e-6
    assert 3 <= len(marks) <= 13


@given(values=st.lists(st.tuples(ends, st.floats(0, 30), st.floats(0, 30)), min_size=1, max_size=8))
def test_every_mark_and_whisker_lies_on_the_plot_in_the_order_of_its_numbers(
    values: list[tuple[float, float, float]],
) -> None:
    spots = [Spot(str(i), v, v - down, v + up, f"{v:.1f}") for i, (v, down, up) in enumerate(values)]
    chart = dot_plot(spots, id="x", title="t", description="d", unit="u", reach=(0.0, 1.0))
    for row in chart.rows:
        assert row.low is not None
        assert row.high is not None
        assert chart.left <= row.low <= row.x <= row.high <= chart.right
    by_value = sorted(zip([s.value for s in spots], [r.x for r in chart.rows], strict=True))
    assert [x for _, x in by_value] == sorted(x for _, x in by_value)
