"""Numbers and money as German, French and English readers write them, on the page and nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from advisor.engagement import codec
from advisor.engagement.errors import RecordError
from advisor.engagement.toml_out import to_toml
from reports import numbers
from reports.rendering import Wanted, document
from tests.reports import engagements as made
from tests.reports.page import Page

NARROW, HARD = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
HIGH = "\N{RIGHT SINGLE QUOTATION MARK}"


@pytest.mark.parametrize(
    ("locale", "euros", "cents", "thousands", "share"),
    [
        ("en", "€15,000", "€0.0043", "40,000.5", "67.5"),
        ("en_GB", "€15,000", "€0.0043", "40,000.5", "67.5"),
        ("de", f"15.000{HARD}€", f"0,0043{HARD}€", "40.000,5", "67,5"),
        ("de-CH", f"EUR{HARD}15{HIGH}000", f"EUR{HARD}0.0043", f"40{HIGH}000.5", "67.5"),
        ("fr", f"15{NARROW}000{HARD}€", f"0,0043{HARD}€", f"40{NARROW}000,5", "67,5"),
    ],
)
def test_marks_are_those_of_the_locale(
    locale: str, euros: str, cents: str, thousands: str, share: str
) -> None:
    with numbers.written_as(locale):
        assert numbers.money(15234.0, "EUR") == euros
        assert numbers.money(0.0043, "EUR") == cents
        assert numbers.count(40000.5) == thousands
        assert numbers.points(0.675) == share
    assert numbers.points(0.675) == "67.5"


@pytest.mark.parametrize("locale", ["es", "xx", "", "de_XX_!", "english", "../de"])
def test_a_locale_nobody_has_looked_at_is_refused(locale: str) -> None:
    with pytest.raises(RecordError, match="numbers are written for de, en, fr"), numbers.written_as(locale):
        pass


@pytest.mark.parametrize(
    ("sentence", "german"),
    [
        ("67.5 of 100 (62.0 to 73.1), 1,450 items.", "67,5 of 100 (62,0 to 73,1), 1.450 items."),
        ("+4.2 points, 12,345.678 rows", "+4,2 points, 12.345,678 rows"),
        ("Qwen2.5-7B, GPT-4.1, torch 2.13.0, 1.5B, 3.5x", "Qwen2.5-7B, GPT-4.1, torch 2.13.0, 1.5B, 3.5x"),
        ("2026-11-24, see a/1.5 and `--minimum 0.5`", "2026-11-24, see a/1.5 and `--minimum 0.5`"),
        ("1, 2, 300 and 4", "1, 2, 300 and 4"),
    ],
)
def test_numbers_in_sentences_follow_and_names_stay(sentence: str, german: str) -> None:
    with numbers.written_as("de"):
        assert numbers.in_words(sentence) == german
    assert numbers.in_words(sentence) == sentence


def test_a_german_report_has_no_english_number_left_and_exports_stay_as_they_are(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    settings = made.changed(engagement.settings(), locale="de")
    codec.write_text(engagement.settings_path, to_toml(settings))
    found = document(engagement, today=made.TODAY)
    page = Page(found.page)
    assert page.headings[0] == "LoRA fine-tuning classifies 67,5 of 100 inputs right."
    row = next(row for row in page.table("Points of 100").rows if row[0] == "LoRA fine-tuning")
    assert row[1] == "67,5 62,5 to 72,5"
    shown = [
        cell
        for start in ("Points of 100", "Measured on", "F1 by label", "The estimate", "One answer")
        for cells in page.table(start).rows
        for cell in cells
    ]
    assert [
        cell
        for cell in shown
        if re.search(r"(?<![\w.-])\d+\.\d(?!\d\d)(?![\w.])|(?<!\d)[1-9]\d*,\d{3}\b", cell)
    ] == []
    assert found.records["comparison"]["arms"][3]["metrics"]["accuracy"]["value"] == 0.675
    assert json.dumps(found.records["verdict"]["sentence"]).count("67.5") == 1


def test_the_flag_is_stronger_than_the_setting(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    page = document(engagement, today=made.TODAY, wanted=Wanted(locale="fr")).page
    assert re.search(rf"\d{NARROW}\d{{3}}{HARD}\$US", page)
