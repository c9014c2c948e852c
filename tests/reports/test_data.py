"""The data section says what `check` found, in both reports, and its charts say it again in figures."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.intake import Finding, Intake
from reports import titles
from reports.bins import fewer
from reports.data_charts import HEIGHT, WIDTH, DataChart, data_charts
from reports.rendering import render
from tests.reports import engagements as made
from tests.reports import intakes
from tests.reports.page import Page

SERIOUS = intakes.finding("leak", "serious")
WARNING = intakes.finding("crooked")
RICH = intakes.intake(intakes.profile(), WARNING, SERIOUS)


def with_data(engagement: Engagement, intake: Intake) -> Engagement:
    """The same engagement after `check`."""
    codec.write_json(engagement.intake_path, intake)
    if intake.profile is not None:
        codec.write_json(engagement.profile_path, intake.profile)
    return engagement


def both(root: Path, intake: Intake = RICH) -> list[str]:
    """Scoping and comparison report of the same data."""
    found = (made.scoping(root / "scoping"), made.compared(root / "compared"))
    return [render(with_data(engagement, intake), today=made.TODAY) for engagement in found]


def section(text: str) -> str:
    """The data section alone."""
    return text[text.index('<h2 id="data"') :].split("<h2", 2)[1]


def chart(id: str, intake: Intake = RICH) -> DataChart:
    """One chart of a profile."""
    assert intake.profile is not None
    return next(one for one in data_charts(intake.profile) if one.id == id)


@pytest.mark.parametrize(
    ("warnings", "said"),
    [
        ([], "accepted without warnings: 1,200 of 1,240 rows"),
        ([WARNING], "accepted with 1 warning: 1,200 of 1,240 rows"),
        ([SERIOUS, SERIOUS], "accepted with 2 serious findings: 1,200 of 1,240 rows"),
        ([SERIOUS, WARNING, WARNING], "accepted with 1 serious finding and 2 warnings: 1,200 of 1,240 rows"),
    ],
)
def test_the_title_is_what_the_check_concluded(warnings: list[Finding], said: str) -> None:
    assert titles.data(intakes.intake(None, *warnings)) == f"The data were {said}"


def test_both_reports_have_the_section_with_findings_serious_first(tmp_path: Path) -> None:
    for text in both(tmp_path):
        page = Page(text)
        assert "DataThe data were accepted with 1 serious finding and 1 warning: 1,200 of 1,240 rows" in (
            page.headings
        )
        assert '<li><a href="#data">Data</a></li>' in text
        where = "lines 3, 17, 40, 51, 52, 61, 70, 88, 90, 1,200 and more"
        assert page.table("Findings").rows == [
            ["serious", SERIOUS.message, "40", where, SERIOUS.do],
            ["warning", WARNING.message, "40", where, WARNING.do],
        ]


def test_demands_and_thresholds_are_tables_with_evidence_and_source(tmp_path: Path) -> None:
    for text in both(tmp_path):
        page = Page(text)
        demands = page.table("Four demands").rows
        assert [row[1] for row in demands] == ["cannot say", "no", "yes", "no"]
        assert demands[2] == ["One format?", "yes", "1,196 labels"]
        assert page.table("Rows in the training split").rows == [
            ["rows per class to fine-tune", "6", "50", "too few", "a paper, 2023"],
            ["rows to fine-tune", "840", "500", "enough", "a guide, 2025"],
        ]


def test_facts_carry_n_interval_and_unit(tmp_path: Path) -> None:
    terms = dict(Page(both(tmp_path)[0]).terms)
    assert terms["splits"] == "train 840, validation 120, test 240"
    assert terms["test rows can show"].startswith("differences of 8.1 points or more")
    assert "n=240" in terms["test rows can show"]
    assert terms["input length"] == f"median 30, 95 % up to 220, longest 2,400 ({intakes.UNIT})"
    assert "0.56, 95 % interval 0.52 to 0.60, n=480" in terms["drift from training to test"]
    assert terms["form of outputs"] == "over 99 % are of one form: a label (n=1,200)"
    assert terms["Data"] == "1,200 of 1,240 rows, 1 serious finding and 1 warning"


def test_masked_values_are_counted_by_kind(tmp_path: Path) -> None:
    masked = intakes.intake(intakes.profile(), masked={"email address": 1200, "iban": 3})
    assert dict(Page(both(tmp_path, masked)[0]).terms)["masked values"] == "email address 1,200, iban 3"


def test_a_scoping_report_without_data_has_no_data_section(tmp_path: Path) -> None:
    text = render(made.scoping(tmp_path / "acme"), today=made.TODAY)
    assert 'id="data"' not in text
    assert "#data" not in text
    assert "nothing was measured for this report" in text


def test_a_profile_of_an_older_version_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    for text in both(tmp_path, intakes.intake(intakes.bare())):
        told = section(text)
        assert "mean 4, 95 % up to 9" in told
        assert "<svg" not in told
        assert "Four demands" not in told
        assert not re.search(r"\b(None|nan|NaN)\b", told)


def test_charts_have_title_description_and_their_figures(tmp_path: Path) -> None:
    for text in both(tmp_path):
        told = section(text)
        assert told.count("<svg") == told.count('role="img"') == 4
        for one in data_charts(intakes.profile()):
            assert f'<title id="{one.id}-title">{one.title}</title>' in told
            assert f'<desc id="{one.id}-text">{one.description}</desc>' in told
            assert Page(text).table(one.title).rows == one.rows


def test_the_bars_of_a_histogram_are_as_high_as_the_counts() -> None:
    one = chart("input-lengths")
    assert [row[1] for row in one.rows] == ["12", "90", "300", "420", "200", "120", "40", "12", "5", "1"]
    unit = one.boxes[3].height / 420
    for box, row in zip(one.boxes, one.rows, strict=True):
        assert box.height == pytest.approx(unit * int(row[1]), abs=0.2)
        assert 0 <= box.x <= box.x + box.width <= WIDTH
        assert box.y + box.height <= HEIGHT
    places = [word.x for word in one.words if word.y == HEIGHT - 30]
    assert all(right - left >= 50 for left, right in itertools.pairwise(places))


def test_many_bands_are_joined_and_none_is_lost() -> None:
    edges, counts = list(range(101)), [*[0] * 5, *range(95)]
    bins = fewer(edges, counts, 18)
    assert len(bins) <= 18
    assert sum(number for _, _, number in bins) == sum(counts)
    assert (bins[0][0], bins[-1][1]) == (6, 100)
    assert all(one[1] == two[0] for one, two in itertools.pairwise(bins))
    assert fewer([], [], 8) == fewer([1, 2], [0], 8) == fewer([1, 2], [3, 4], 8) == []


def test_up_to_twenty_classes_are_bars_and_more_are_a_profile() -> None:
    labels = {f"c{number}": 20 - number for number in range(20)}
    few = chart("class-rows", intakes.intake(intakes.profile(labels=labels)))
    assert not few.outline
    assert len(few.boxes) == len(few.rows) == 20
    assert few.boxes[0].width == pytest.approx(20 * few.boxes[-1].width, abs=2)
    many = chart("class-rows")
    assert many.outline.startswith("M")
    assert many.boxes == []
    assert len(many.rows) == 21
    assert many.rows[-1][:2] == ["131 other classes", f"{sum(range(10, 141)):,}"]
    assert "The largest of 151 classes has 160 rows, the rarest 10." in many.description


def test_the_profile_of_many_classes_falls_and_stays_in_the_picture() -> None:
    labels = {f"c{number}": 5000 - number for number in range(3000)}
    outline = chart("class-rows", intakes.intake(intakes.profile(labels=labels))).outline
    corners = [tuple(map(float, corner.split())) for corner in outline.strip("MZ").split("L")]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in corners)
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    assert corners[0][1] == corners[-1][1] == max(y for _, y in corners)
    inner = [y for _, y in corners[1:-1]]
    assert inner == sorted(inner)
    assert len(outline) < 20_000


def test_one_language_is_no_chart_and_rare_ones_are_summed_up() -> None:
    one = intakes.profile(languages={"en": 1.0})
    assert "languages" not in {found.id for found in data_charts(one)}
    codes = ("en", "de", "fr", "es", "it", "nl", "pl", "sv")
    rows = chart("languages", intakes.intake(intakes.profile(languages=dict.fromkeys(codes, 0.125)))).rows
    assert len(rows) == 7
    assert rows[-1] == ["2 others", "25 %"]
    assert chart("languages").rows[1] == ["German", "7 %"]


def test_client_texts_stay_text_and_fit(tmp_path: Path) -> None:
    labels = {intakes.HOSTILE: 3, "W" * 900: 2, "\u554f" * 60: 1}
    found = intakes.finding("x", message=intakes.HOSTILE, do=intakes.HOSTILE, places=[intakes.HOSTILE])
    for text in both(tmp_path, intakes.intake(intakes.profile(labels=labels), found)):
        page = Page(text)
        assert not {"script", "img"} & set(page.tags)
        assert not set(text) & {"\x1b", "\u202e"}
        assert "49" not in section(text).replace("149", "").split()
        for name in re.findall(r"<text x=\"0\"[^>]*>([^<]*)</text>", section(text)):
            assert len(name) <= 80


def test_a_long_list_of_findings_is_cut_and_says_so(tmp_path: Path) -> None:
    many = [intakes.finding(f"kind-{number}") for number in range(30)]
    text = both(tmp_path, intakes.intake(intakes.profile(), *many))[0]
    assert len(Page(text).table("Findings").rows) == 24
    assert "6 more findings stand in <code>data/findings.jsonl</code>" in text


def test_a_table_of_findings_without_lines_names_none(tmp_path: Path) -> None:
    found = intakes.finding("single_label", lines=[])
    text = both(tmp_path, intakes.intake(None, found))[0]
    assert Page(text).table("Findings").rows[0][3] == ""
