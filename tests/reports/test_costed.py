"""What stands below the bill of a scoping report: other ways, volumes from which it pays, what moves it."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from reports import costed, numbers
from reports.rendering import render
from tests.reports import engagements as made
from tests.reports.page import Page


def told(engagement: Engagement) -> tuple[Recommendation, Page, str]:
    """The record, the page parsed and the page as text."""
    advice = engagement.recommendation()
    assert advice is not None
    text = render(engagement, today=made.TODAY)
    return advice, Page(text), " ".join(text.split())


def test_the_first_year_is_a_sentence_with_its_band(tmp_path: Path) -> None:
    advice, _, text = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    assert advice.cost.first_year is not None
    assert f"The first year costs {numbers.money_range(advice.cost.first_year, 'USD')}" in text


def test_other_ways_stand_below_the_bill_as_it_is(tmp_path: Path) -> None:
    advice, page, _ = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    rows = page.table("The monthly bill with another way").rows
    assert rows[0][:2] == ["As in the bill", numbers.money_range(advice.cost.per_month, "USD")]
    assert len(rows) == 1 + len(advice.cost.alternatives) > 1
    assert all(row[2] for row in rows[1:])


def test_every_approach_has_its_volume_or_a_reason_the_recommended_one_first(tmp_path: Path) -> None:
    advice, page, _ = told(made.scoping(tmp_path / "acme", requests_per_month=40000, fixed_text=4000))
    rows = page.table("Requests a month from which").rows
    assert rows[0][0] == "Fine-tuning" and advice.approach == "fine_tuning"
    assert {row[0] for row in rows} == {
        "Fine-tuning",
        "Retrieval (RAG)",
        "Fine-tuning with retrieval (RAG)",
    }
    for row in rows:
        assert re.match(r"[\d,]+ \([\d,]+ to ", row[2]) or row[4]
    assert any("cached" in row[1] for row in rows)


def test_volumes_stand_on_an_axis_of_ratios_with_todays(tmp_path: Path) -> None:
    advice, _, text = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    chart = costed.break_even_chart(advice)
    assert chart is not None and chart.line is not None
    known = [one for one in advice.cost.break_even if one.likely]
    assert len(chart.rows) == len(known) > 2
    for row in chart.rows:
        assert chart.left <= chart.line < row.x <= chart.right
    first, second = chart.rows[:2]
    both = [one for one in known if one.approach == advice.approach]
    assert [row.text for row in (first, second)] == [
        numbers.count(float(f"{one.likely:.2g}")) for one in both
    ]
    assert first.low is not None and first.low < first.x < (first.high or 0)
    assert "the line stands at today&#39;s 40,000" in text


def test_the_tornado_is_a_bar_and_a_row_for_each_input(tmp_path: Path) -> None:
    advice, page, text = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    rows = page.table("One input at its lowest").rows
    assert [row[0].lower() for row in rows] == [one.input.lower() for one in advice.cost.tornado]
    assert [row[2] for row in rows] == [numbers.money(one.low, "USD") for one in advice.cost.tornado]
    drawing = text[text.index('id="tornado-title"') :].split("</svg>")[0]
    assert drawing.count('<rect class="bar"') == len(rows)
    assert "<script" not in text


def test_without_a_volume_the_tornado_is_that_of_setting_it_up(tmp_path: Path) -> None:
    advice, _, text = told(made.scoping(tmp_path / "acme"))
    assert "The first year costs" not in text
    assert "What moves the cost of setting it up" in text
    assert costed.what_moves(advice.cost) == "cost of setting it up"


def test_advice_of_an_older_version_still_makes_a_report(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme", requests_per_month=40000)
    old = made.changed(told(engagement)[0].cost, first_year=None, alternatives=[], break_even=[], tornado=[])
    _, _, text = told(made.advised(engagement, cost=old))
    assert "What moves the" not in text
    assert f"from about {numbers.count(old.break_even_requests_per_month)} requests a month" in text
