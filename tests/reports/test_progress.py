"""The progress report says what each iteration changed, and never more than the record."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from advisor.engagement.errors import NotReady, RecordError
from advisor.engagement.folder import Engagement
from advisor.engagement.iterations import iterations, iterations_path
from reports.forms.csv import content as as_csv
from reports.rendering import Wanted, document
from tests.conftest import tunecase
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
    assert [row[0] for row in rows] == ["1. 2026-11-03", "2. 2026-11-12", "3. 2026-11-24"]
    assert [row[1] for row in rows] == ["300 / 120", "1,300 / 120", "1,300 / 240"]
    assert [row[3] for row in rows] == ["61.0 56.0 to 66.0", "67.5 62.5 to 72.5", "68.5 63.5 to 73.5"]
    assert [row[6] for row in rows] == ["first", "+6.5 +2.5 to +10.5", f"+1.0 {MINUS}3.0 to +5.0"]
    assert [row[7] for row in rows] == ["", "better", "not shown to differ"]
    assert page.headings[0] == (
        "Iteration 3 is not shown to differ from the last one (+1.0 points): "
        "LoRA fine-tuning reaches accuracy 68.5 of 100"
    )
    assert [row[1] for row in page.table("Every advice given").rows][-1] == "Fine-tune, with LoRA."


def test_options_that_did_not_run_or_have_no_result_say_so(tmp_path: Path) -> None:
    lines = [
        several.line(3, 0.61),
        several.line(12, None, arms=[several.arm("full", "Full fine-tuning", None)], leading=None),
    ]
    page = page_of(several.iterated(tmp_path / "acme", lines))
    assert page.headings[0] == "Iteration 2: no option has a result"
    by_title = {row[0]: row[1:] for row in page.table("Points of 100 by iteration").rows}
    assert by_title["LoRA fine-tuning"] == ["61.0 56.0 to 66.0", "not run"]
    assert by_title["Full fine-tuning"] == ["not run", "no result"]


def test_iterations_that_cannot_be_compared_say_why(tmp_path: Path) -> None:
    why = "The metric was accuracy and is macro_f1 now."
    lines = [several.line(3, 0.61), several.line(12, 0.7, metric="macro_f1", incomparable=why)]
    rows = page_of(several.iterated(tmp_path / "acme", lines)).table("Each iteration").rows
    assert rows[1][6:8] == ["no result", why]


def test_every_change_is_in_the_spreadsheet_unrounded(tmp_path: Path) -> None:
    engagement = several.iterated(tmp_path / "acme")
    text = as_csv(document(engagement, today=made.TODAY, wanted=PROGRESS)).decode("utf-8-sig")
    (row,) = [
        one for one in csv.DictReader(io.StringIO(text)) if one["item"] == "change" and one["n"] == "120"
    ]
    change = iterations(engagement)[1].change
    assert change is not None
    assert [float(row[name]) for name in ("value", "low", "high")] == [change.value, change.low, change.high]
    assert row["note"] == "better; Bonett-Price interval, exact McNemar"


def test_without_iterations_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no comparison has been kept"):
        document(made.compared(tmp_path / "acme"), today=made.TODAY, wanted=PROGRESS)


def test_a_torn_last_line_is_not_there_and_a_broken_one_is_named(tmp_path: Path) -> None:
    engagement = several.iterated(tmp_path / "acme")
    path = iterations_path(engagement)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"as_of": "20')
    assert len(iterations(engagement)) == 3
    path.write_bytes(b"{}\n" + whole)
    with pytest.raises(RecordError, match=r"history\.jsonl line 1"):
        iterations(engagement)


def test_the_demo_has_one_iteration_and_running_it_again_adds_none(demo: object) -> None:
    engagement = demo.engagement  # type: ignore[attr-defined]
    (only,) = iterations(engagement)
    verdict = engagement.verdict()
    assert (only.sentence, only.differs, only.change) == (verdict.sentence, [], None)


def test_the_command_writes_beside_the_report(tmp_path: Path) -> None:
    engagement = several.iterated(tmp_path / "acme")
    done = tunecase("report", "--progress", "-C", engagement.root, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] == str(engagement.root / "report" / "progress.html")
