"""Every form says what the page says: the same tables, the same numbers, and nothing that runs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import docx
import pytest

from advisor.cli.report import FORMS
from advisor.engagement.catalogue import find, stems
from advisor.engagement.errors import MissingPackage
from advisor.engagement.folder import Engagement
from reports import forms
from reports.blocks import Chart, Table, blocks
from reports.browser import pictures
from reports.forms import docx as in_word
from reports.forms._kind import Form
from reports.numbers import points
from reports.rendering import ALL, Wanted, document, write_report
from tests.conftest import tunecase
from tests.reports import engagements as made
from tests.reports import golden
from tests.reports.page import Page

FORMULAS = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1")
MARKDOWN = "<img src=x onerror=alert(1)> [a](javascript:b) | `c` *d* $e$\n# f"


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Word as it is without a browser; one test below looks at its pictures."""
    monkeypatch.setattr(in_word, "_pictures", lambda page: [])


def written(engagement: Engagement, form: str, **wanted: Any) -> bytes:
    """One form of the report."""
    found = document(engagement, today=made.TODAY, wanted=ALL._replace(**wanted))
    return find(forms, Form, form).content(found)


def both(root: Path) -> tuple[Engagement, Engagement]:
    """A scoping engagement, and a compared one with every section."""
    return made.scoping(root / "a", requests_per_month=40000), golden.everything(root / "b")


def lines(engagement: Engagement) -> list[dict[str, str]]:
    """The CSV, read back."""
    text = written(engagement, "csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_form_can_be_asked_for() -> None:
    assert sorted(FORMS) == stems(forms)


def test_markdown_and_word_hold_every_table_of_the_page(tmp_path: Path) -> None:
    for engagement in both(tmp_path):
        page = document(engagement, today=made.TODAY).page
        tables = [block for block in blocks(page) if isinstance(block, Table)]
        seen = Page(page)
        assert [table.caption for table in tables] == [table.caption for table in seen.tables]
        for table, other in zip(tables, seen.tables, strict=True):
            assert [len(row) for row in other.rows if len(row) > 1] == [len(table.columns)] * len(
                [row for row in table.rows if not row.is_group]
            )
        of_word = docx.Document(io.BytesIO(written(engagement, "docx"))).tables
        text = written(engagement, "md").decode("utf-8")
        in_markdown = re.findall(r"^\|.*\n\|[ :|-]+\n(?:\|.*\n?)*", text, re.MULTILINE)
        assert len(of_word) == len(in_markdown) == len(tables)
        for table, word, markdown in zip(tables, of_word, in_markdown, strict=True):
            cells = [[cell.text for cell in row.cells] for row in word.rows]
            assert cells == [table.columns, *(row.cells for row in table.rows)]
            assert markdown.strip().count("\n") == 1 + len(table.rows)


def test_scores_are_the_same_numbers_in_every_form(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    compared = engagement.comparison()
    assert compared is not None
    texts = [written(engagement, form).decode("utf-8") for form in ("html", "md")]
    word = docx.Document(io.BytesIO(written(engagement, "docx")))
    texts.append("\n".join(cell.text for table in word.tables for cell in table._cells))
    as_json = json.loads(written(engagement, "json"))
    rows = lines(engagement)
    for arm, record in zip(compared.arms, as_json["comparison"]["arms"], strict=True):
        score = arm.metrics["accuracy"]
        assert record["metrics"]["accuracy"]["value"] == score.value
        (row,) = [one for one in rows if (one["item"], one["measure"]) == (arm.title, "accuracy")]
        found = [float(row[name]) for name in ("value", "low", "high")]
        assert found == [score.value, score.low, score.high]
        assert row["n"] == str(made.N)
        for text in texts:
            assert arm.title in text
            assert points(score.value) in text
    (gap,) = [one for one in rows if one["section"] == "differences" and one["value"] == "-0.0666"]
    assert gap["item"] == "Most frequent answer against Prompting without examples"


def test_every_amount_of_the_bill_is_a_line_with_its_band(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme", requests_per_month=40000)
    advice = engagement.recommendation()
    assert advice is not None
    found = {(one["item"], one["measure"]): one for one in lines(engagement) if one["section"] == "money"}
    for item in advice.cost.items:
        row = found[item.name, "once" if item.period == "one_off" else "per month"]
        assert [float(row[name]) for name in ("low", "value", "high")] == [item.low, item.likely, item.high]
        assert item.source in row["note"]


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    arms = [made.arm("lora", text, 0.5) for text in FORMULAS]
    engagement = made.compared(tmp_path / "acme", made.comparison(arms=arms, baseline=None, differences=[]))
    rows = list(csv.reader(io.StringIO(written(engagement, "csv").decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    opening = [cell for cell in cells if re.match(r"[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", cell)]
    assert all(re.fullmatch(r"-\d+(\.\d+)?(e-\d+)?", cell) for cell in opening), opening
    assert {f"'{text}" for text in FORMULAS} <= set(cells)


def test_hostile_text_is_text_in_markdown_and_word(tmp_path: Path) -> None:
    arms = [made.arm("lora", MARKDOWN, 0.5), made.arm("rag", "\ufffe\ud7ff\u202e\x07", 0.4)]
    engagement = made.compared(tmp_path / "acme", made.comparison(arms=arms, baseline=None, differences=[]))
    text = written(engagement, "md").decode("utf-8")
    assert "<img" not in text
    assert "\\[a\\](javascript:b) \\| \\`c\\` \\*d\\* \\$e\\$ # f" in text
    word = docx.Document(io.BytesIO(written(engagement, "docx")))
    titles = [table.cell(1, 0).text for table in word.tables if table.cell(0, 0).text == "Option"]
    assert titles[0] == f"\N{BLACK DIAMOND} {' '.join(MARKDOWN.split())}"


def test_prompts_stand_verbatim_and_no_fence_ends_early(tmp_path: Path) -> None:
    prompt = "<|user|>\n```\n  two  spaces\n{input}"
    arms = [made.arm("lora", "LoRA", 0.5, prompt=prompt)]
    engagement = made.compared(tmp_path / "acme", made.comparison(arms=arms, baseline=None, differences=[]))
    text = written(engagement, "md").decode("utf-8")
    assert f"````text\n{prompt}\n````" in text


def test_json_holds_the_records_and_a_schema(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    told = json.loads(written(engagement, "json"))
    assert told["schema"] == "report/1"
    for name, path in (("verdict", engagement.verdict_path), ("profile", engagement.profile_path)):
        assert told[name] == json.loads(path.read_text(encoding="utf-8"))
    assert "learning_curve" not in told


def test_client_text_enters_no_form_without_being_asked(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    for form in ("md", "csv", "json"):
        assert b"secret ticket" not in written(engagement, form)
    assert b"secret ticket" in written(engagement, "md", with_examples=True)


def test_word_has_every_chart_as_a_picture_with_words_for_those_who_cannot_see_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_word, "_pictures", lambda page: pictures(browser, page))
    engagement = made.compared(tmp_path / "acme")
    charts = [one for one in blocks(document(engagement, today=made.TODAY).page) if isinstance(one, Chart)]
    word = docx.Document(io.BytesIO(written(engagement, "docx")))
    shapes = list(word.inline_shapes)
    assert len(shapes) == len(charts) >= 3
    for shape, chart in zip(shapes, charts, strict=True):
        assert shape._inline.docPr.get("descr").startswith(chart.caption)
        assert 0 < shape.width <= word.sections[0].page_width * 0.9


def test_a_missing_extra_is_one_error_with_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engagement = made.scoping(tmp_path / "acme")
    for form, package, extra in (("docx", "docx", "word"), ("pdf", "playwright", "pdf")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingPackage) as refused:
            write_report(engagement, today=made.TODAY, wanted=Wanted(form=form))
        assert refused.value.fix == f"pip install 'tunecase[{extra}]'"
    assert not (engagement.root / "report").exists()


def test_a_file_s_ending_names_its_form_and_two_reports_at_once_are_refused(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    done = tunecase(
        "report", "-C", engagement.root, "-o", tmp_path / "acme.md", "--summary", "--locale", "de"
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "acme.md").read_text(encoding="utf-8")
    assert text.startswith("Parcel desk, for Acme. Summary, ")
    assert re.search(r"Cost once\*\*: \d+\.\d{3} \\\$ to", text)
    done = tunecase("report", "-C", engagement.root, "--summary", "--index", tmp_path)
    assert done.returncode == 2
    assert "name one of them" in done.stderr


def test_every_measured_section_has_its_figures_in_the_spreadsheet(tmp_path: Path) -> None:
    engagement = golden.everything(tmp_path / "acme")
    curve, automation, verdict = engagement.curve(), engagement.automation(), engagement.verdict()
    compared = engagement.comparison()
    assert curve and automation and verdict and verdict.money and compared
    found = lines(engagement)

    def values(section: str) -> list[float]:
        return [float(one["value"]) for one in found if one["section"] == section and one["value"]]

    expected = [*(one.score.value for one in curve.points), *(one.value for one in curve.ahead)]
    assert values("learning curve")[: len(expected)] == expected
    assert values("automation")[: len(automation.arms[0].points)] == [
        one.share for one in automation.arms[0].points
    ]
    assert values("bill")[:2] == [verdict.money.requests_per_month, verdict.money.usd_per_month]
    assert values("forgetting") == [(one.after - one.before) / one.n for one in compared.forgetting]
    retrieved = [arm.retrieval for arm in compared.arms if arm.retrieval]
    assert len(values("retrieval")) == sum(len(one.found) for one in retrieved) > 0
