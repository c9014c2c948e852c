"""The progress report says what each iteration changed, and never more than the record."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from advisor.engagement.afterwards import iterations
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.iterations import Change
from reports.forms.csv import content as as_csv
from reports.rendering import Wanted, document
from tests.conftest import Demo, tunecase
from tests.reports import engagements as made
from tests.reports import several
from tests.reports.page import Page

PROGRESS = Wanted(kind="progress")
MINUS = "\N{MINUS SIGN}"


def page_of(engagement: Engagement) -> Page:
    """The progress report, parsed."""
    return Page(document(engagement, today=made.TODAY, wanted=PROGRESS).page)


def test_each_iteration_is_a_row_with_score_and_change(tmp_path: Path) -> None:
    page = page_of(several.iterated(tmp_path / "acme"))
    rows = page.table("Each iteration").rows
    assert [row[0] for row in rows] == ["1. 2026-11-10", "2. 2026-11-11", "3. 2026-11-12"]
    assert [row[1] for row in rows] == ["300 / 120", "1,300 / 120", "1,300 / 240"]
    assert [row[3] for row in rows] == ["61.0 56.0 to 66.0", "67.5 62.5 to 72.5", "68.5 63.5 to 73.5"]
    assert [row[5] for row in rows] == ["first", "+6.5 +2.5 to +10.5", f"+1.0 {MINUS}3.0 to +5.0"]
    assert [row[6] for row in rows] == ["", "better", "not shown to differ"]
    assert page.headings[0] == (
        "Iteration 3 is not shown to differ from the last one (+1.0 points): "
        "LoRA fine-tuning reaches accuracy 68.5 of 100"
    )
    assert [row[1] for row in page.table("Every advice given").rows][-1] == "Fine-tune, with LoRA."


def test_what_was_changed_in_between_is_told(tmp_path: Path) -> None:
    arms = [several.arm("lora", 0.6), several.arm("full", 0.7)]
    lines = [several.line(1, 0.61), several.line(2, 0.6, arms=arms, model="bigger", limit=1000)]
    lines.append(several.line(3, 0.6, arms=arms, model="bigger", limit=1000))
    told = document(several.iterated(tmp_path / "acme", lines), today=made.TODAY, wanted=PROGRESS).page
    for sentence in (
        "Base model: bigger, before starter.",
        "Limit of rows: 1,000, before none.",
        "New: Full.",
        "No longer run: Prompting without examples.",
        "Other rows, as many as before.",
    ):
        assert f"<li>{sentence}</li>" in told


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (several.change(0.05), "is better than the last one by +5.0 points"),
        (several.change(-0.05), f"is worse than the last one by {MINUS}5.0 points"),
        (several.change(0.04), "is not shown to differ from the last one (+4.0 points)"),
    ],
)
def test_the_headline_follows_the_interval(tmp_path: Path, change: Change, word: str) -> None:
    lines = [several.line(1, 0.61), several.line(2, 0.65, leading_change=change)]
    assert word in page_of(several.iterated(tmp_path / "acme", lines)).headings[0]


def test_options_that_did_not_run_or_have_no_result_say_so(tmp_path: Path) -> None:
    lines = [several.line(1, 0.61), several.line(2, None, arms=[several.arm("full", None)])]
    page = page_of(several.iterated(tmp_path / "acme", lines))
    assert page.headings[0] == "Iteration 2: no option has a result"
    by_title = {row[0]: row[1:] for row in page.table("Points of 100 by iteration").rows}
    assert by_title["LoRA fine-tuning"] == ["61.0 56.0 to 66.0", "not run"]
    assert by_title["Full"] == ["not run", "no result"]


def test_iterations_that_cannot_be_compared_say_why(tmp_path: Path) -> None:
    nothing = several.change(None, method="", paired=False)
    lines = [several.line(1, 0.61), several.line(2, 0.7, metric="macro_f1", leading_change=nothing)]
    engagement = several.iterated(tmp_path / "acme", lines)
    assert page_of(engagement).table("Each iteration").rows[1][5:7] == ["no result", "cannot be said"]
    page = document(engagement, today=made.TODAY, wanted=PROGRESS).page
    assert "Scores by two metrics cannot be held against each other." in page


def test_every_change_is_in_the_spreadsheet_unrounded(tmp_path: Path) -> None:
    engagement = several.iterated(tmp_path / "acme")
    text = as_csv(document(engagement, today=made.TODAY, wanted=PROGRESS)).decode("utf-8-sig")
    (row, _) = [one for one in csv.DictReader(io.StringIO(text)) if one["item"] == "change"]
    change = iterations(engagement)[1].leading_change
    assert change is not None
    assert [float(row[name]) for name in ("value", "low", "high")] == [change.value, change.low, change.high]
    assert row["note"] == "lora against lora: better; Bonett-Price interval, exact McNemar"


def test_without_iterations_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no comparison has been kept"):
        document(made.compared(tmp_path / "acme"), today=made.TODAY, wanted=PROGRESS)


def test_the_demo_is_one_iteration(demo: Demo) -> None:
    page = page_of(demo.engagement)
    assert len(page.table("Each iteration").rows) == 1
    assert page.headings[0].startswith("Iteration 1: ")


def test_the_command_writes_beside_the_report(tmp_path: Path) -> None:
    engagement = several.iterated(tmp_path / "acme")
    done = tunecase("report", "--progress", "-C", engagement.root, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] == str(engagement.root / "report" / "progress.html")
