"""The report says what the records say, in the order a client asks, and nothing of the client's texts."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.settings import Settings
from reports.rendering import render, write_report
from tests.conftest import Demo, tunecase
from tests.reports import engagements as made
from tests.reports.page import Page

MINUS = "\N{MINUS SIGN}"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>{{ 7*7 }}'


def points(value: float) -> str:
    """A share as the page writes it, worked out here anew."""
    return f"{100 * value:.1f}".replace("-", MINUS)


def page_of(engagement: Engagement, *, with_examples: bool = False) -> Page:
    """The rendered report, parsed."""
    return Page(render(engagement, today=made.TODAY, with_examples=with_examples))


def test_nothing_to_report_is_a_refusal_that_writes_nothing(tmp_path: Path) -> None:
    engagement = Engagement.create(tmp_path / "empty", Settings(title="Empty"))
    with pytest.raises(NotReady, match="nothing to report"):
        write_report(engagement, today=made.TODAY)
    assert not engagement.report_path.exists()


def test_the_scoping_report_begins_with_the_recommendation(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    advice = engagement.recommendation()
    assert advice is not None
    page = page_of(engagement)
    assert page.headings[0] == advice.sentence
    order = [
        "Why",
        "Options",
        "Money",
        "What would change it",
        "What to find out",
        "Roadmap",
        "Risks",
        "Method",
    ]
    found = [next(i for i, text in enumerate(page.headings) if text.startswith(topic)) for topic in order]
    assert found == sorted(found)


def test_every_bill_line_has_amount_source_and_date(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme", requests_per_month=40000)
    advice = engagement.recommendation()
    assert advice is not None
    rows = page_of(engagement).table("The estimate, line by line").rows
    assert [row[0] for row in rows] == [item.name for item in advice.cost.items]
    for row, item in zip(rows, advice.cost.items, strict=True):
        assert item.source in row[5]
        assert item.as_of in row[5]
        assert re.search(r"\$[\d,.]+ to \$[\d,.]+, likely \$[\d,.]+", row[4]), row


def test_the_comparison_report_answers_in_the_order_a_client_asks(tmp_path: Path) -> None:
    headings = page_of(made.compared(tmp_path / "acme")).headings
    assert headings[0] == "LoRA fine-tuning classifies 67.5 of 100 inputs right."
    topics = ["Why", "What would change it", "Options compared", "Cost and speed", "Data", "Risks", "Method"]
    found = [next(i for i, text in enumerate(headings) if text.startswith(topic)) for topic in topics]
    assert found == sorted(found)


def test_every_number_in_the_options_table_is_the_records(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    check_options(engagement)


def test_every_number_of_the_demo_report_is_the_records(demo: Demo) -> None:
    check_options(demo.engagement)


def check_options(engagement: Engagement) -> None:
    """Scores, intervals, n, difference, p and moved items against comparison.json."""
    raw = json.loads(engagement.comparison_path.read_text(encoding="utf-8"))
    rows = {row[0]: row for row in page_of(engagement).table("Points of 100").rows}
    against = {one["b"]: one for one in raw["differences"] if one["a"] == raw["baseline"]}
    for arm in raw["arms"]:
        row = rows[arm["title"]]
        names = [raw["metric"], *(name for name in arm["metrics"] if name != raw["metric"])]
        for cell, name in zip(row[1:], names, strict=False):
            score = arm["metrics"][name]
            assert cell == f"{points(score['value'])} {points(score['low'])} to {points(score['high'])}"
        n, gap, p, moved, word = row[1 + len(names) :]
        assert n == str(arm["metrics"][raw["metric"]]["n"])
        one = against.get(arm["name"])
        if one is None:
            assert (gap, p, moved, word) == ("", "", "", "the best prompting option")
            continue
        ends = re.findall(rf"[+{MINUS}]?\d+\.\d", gap)
        assert [end.replace("+", "") for end in ends] == [points(one[k]) for k in ("value", "low", "high")]
        assert moved == f"{one['fixed']} / {one['broken']}"
        assert word == arm["word"]
        assert p == ("< 0.001" if one["p_adjusted"] < 0.001 else f"{one['p_adjusted']:.3f}")


def test_doing_nothing_is_an_option_and_is_not_called_measured(tmp_path: Path) -> None:
    last = page_of(made.compared(tmp_path / "acme")).table("Points of 100").rows[-1]
    assert last[0].startswith("Do nothing")
    assert last[-1] == "not measured here"


def test_no_client_text_without_being_asked(tmp_path: Path, demo: Demo) -> None:
    assert "secret ticket" not in render(made.compared(tmp_path / "acme"), today=made.TODAY)
    text = demo.engagement.report_path.read_text(encoding="utf-8")
    for example in demo.engagement.examples().values():
        assert example.input_text() not in text


def test_with_examples_shows_at_most_five_fixed_and_five_broken(tmp_path: Path) -> None:
    rows = page_of(made.compared(tmp_path / "acme"), with_examples=True).table("At most five items").rows
    assert [row[0].split()[0] for row in rows] == ["fixed"] * 5
    assert rows[0][1:] == ["secret ticket 1", "delivery", "billing", "delivery"]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    engagement = made.compared(root, made.comparison(labels=[HOSTILE, *made.LABELS]))
    rows = [Example(id=f"e{i}", input=HOSTILE, output=HOSTILE) for i in range(3)]
    made.write_rows(engagement, rows)
    made.write_predictions(engagement, "zero_shot", [(row, "\u202eevil\x07" + "A" * 200_000) for row in rows])
    made.write_predictions(engagement, "lora", [(row, row.output) for row in rows])
    text = render(engagement, today=made.TODAY, with_examples=True)
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "49" not in {cell for row in page.table("At most five items").rows for cell in row}
    assert "\u202e" not in text
    assert "\x07" not in text
    assert len(text) < 200_000


def test_the_page_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    for engagement in (made.scoping(tmp_path / "a"), made.compared(tmp_path / "b")):
        text = render(engagement, today=made.TODAY)
        assert "default-src 'none'" in text
        for name, value in Page(text).attributes:
            assert name not in ("src", "srcset", "background", "poster")
            assert name != "href" or value.startswith("#")
        assert "url(" not in text.replace("url(#", "")


def test_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    assert render(engagement, today=made.TODAY) == render(engagement, today=made.TODAY)


def test_an_arm_without_a_result_says_so(tmp_path: Path) -> None:
    measured = made.comparison()
    arms = [
        *measured.arms,
        made.arm("full", "Full fine-tuning", None, word="not ranked", cost_usd_per_1000=None),
    ]
    excluded = [{"name": "full", "why": "9 of 120 requests failed (7.5%)"}]
    engagement = made.compared(tmp_path / "acme", made.changed(measured, arms=arms, excluded=excluded))
    text = render(engagement, today=made.TODAY)
    row = next(r for r in Page(text).table("Points of 100").rows if r[0] == "Full fine-tuning")
    assert row[1] == "no result"
    assert "full is not ranked: 9 of 120 requests failed" in text
    assert "NaN" not in text
    assert "None" not in text


def test_an_inconclusive_result_says_what_would_settle_it(tmp_path: Path) -> None:
    found = made.verdict(decision="inconclusive", winner=None, winner_approach=None, needed_n=1450)
    page = page_of(made.compared(tmp_path / "acme", None, found))
    assert any("About 1,450 held-out items would settle it" in text for text in page.headings)


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    done = tunecase("report", "-C", engagement.root, "-o", tmp_path / "out.html", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {"report": str(tmp_path / "out.html"), "bytes": (tmp_path / "out.html").stat().st_size}
    assert not engagement.report_path.exists()


def test_a_report_older_than_the_verdict_is_called_so(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    for path in (engagement.answers_path, engagement.plan_path):
        path.touch()
    report = write_report(engagement, today=made.TODAY)
    plan = 'arms = ["floor"]\ninstruction = "Sort:"\n'
    engagement.plan_path.write_text(plan, encoding="utf-8")
    newer = report.stat().st_mtime + 10
    os.utime(engagement.verdict_path, (newer, newer))
    done = tunecase("status", "--json", "-C", engagement.root)
    said = json.loads(done.stdout)
    assert said["next"] == "tunecase report"
    assert said["state"]["report"] == "older than what it reports: run `tunecase report`"
