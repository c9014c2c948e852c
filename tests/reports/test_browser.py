"""The report in headless Chromium: no script, no request, no sideways scrolling, and pages that print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.records.examples import Example
from reports.rendering import Wanted, write_report
from tests.conftest import Demo
from tests.reports import engagements as made
from tests.reports import intakes
from tests.reports.opening import CONTRAST, TOUCHING, opened

MOST_BYTES = 2_000_000
HOSTILE = '</style><script>document.title="owned"</script><img src="http://192.0.2.1/x" onerror="alert(1)">'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> dict[str, Path]:
    """One file per kind of report."""
    folder = tmp_path_factory.mktemp("reports")
    hostile = made.compared(folder / "hostile", made.comparison(labels=[HOSTILE, *made.LABELS]))
    rows = [Example(id=HOSTILE, input=HOSTILE + "x" * 5000, output="W" * 3000)]
    made.write_rows(hostile, rows)
    made.write_predictions(hostile, "zero_shot", [(rows[0], HOSTILE)])
    made.write_predictions(hostile, "lora", [(rows[0], rows[0].output)])
    advised = made.scoping(folder / "hostile-scoping")
    said = advised.recommendation()
    assert said is not None
    long = HOSTILE + "W" * 900
    made.advised(
        advised,
        answered=[made.changed(one, answer=long, note=long) for one in said.answered[:3]],
        reasons_for=[made.changed(one, answer=long, source=long) for one in said.reasons_for],
        flips=[made.changed(one, now=long, to=long) for one in said.flips[:3]],
        find_out=[made.changed(one, why=long, who=long) for one in said.find_out[:3]],
        options=[made.changed(one, what=long, strongest_for=long) for one in said.options],
        roadmap=[made.changed(one, title=long, work=[long], gate=long) for one in said.roadmap],
    )
    found = {"scoping": made.scoping(folder / "scoping"), "compared": made.compared(folder / "compared")}
    written = {name: write_report(one, today=made.TODAY) for name, one in found.items()}
    written["hostile scoping"] = write_report(advised, today=made.TODAY)
    checked, strange = made.scoping(folder / "checked"), made.compared(folder / "strange")
    labels = {HOSTILE: 900_000, "W" * 900: 2, "\u554f" * 60: 1}
    for engagement, data in ((checked, intakes.profile()), (strange, intakes.profile(labels=labels))):
        warnings = [intakes.finding("leak", "serious"), intakes.finding("odd", message=long, do=long)]
        codec.write_json(engagement.intake_path, intakes.intake(data, *warnings))
        codec.write_json(engagement.profile_path, data)
    written["data"] = write_report(checked, today=made.TODAY)
    written["hostile data"] = write_report(strange, today=made.TODAY)
    written["hostile"] = write_report(hostile, today=made.TODAY, wanted=Wanted(with_examples=True))
    return {**written, "demo": demo.engagement.report_path}


KINDS = ("scoping", "compared", "data", "hostile", "hostile scoping", "hostile data", "demo")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_it_opens_without_request_or_error_and_fits(
    browser: Any, files: dict[str, Path], kind: str, width: int
) -> None:
    page, asked, said = opened(browser, files[kind], width=width)
    assert asked == [files[kind].as_uri()]
    assert said == []
    assert page.title() != "owned"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_small_and_prints_on_a4_without_cutting_tables(
    browser: Any, files: dict[str, Path], kind: str
) -> None:
    assert files[kind].stat().st_size <= MOST_BYTES
    # 794 - 2 x 53: an A4 page at 96 dpi less its margins of 14 mm
    page, _, _ = opened(browser, files[kind], width=688)
    page.emulate_media(media="print")
    wide = (
        "[...document.querySelectorAll('table, svg, pre')].filter(e => e.getBoundingClientRect().right > 690)"
    )
    assert page.evaluate(f"{wide}.map(e => (e.caption || e).textContent.slice(0, 60))") == []
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_it_is_read_without_colour_and_by_a_screen_reader(browser: Any, files: dict[str, Path]) -> None:
    page, _, _ = opened(browser, files["compared"], width=1280)
    assert page.get_by_role("img").count() == 5
    named = page.evaluate(
        "[...document.querySelectorAll('svg')].every(s => s.getAttribute('aria-labelledby').split(' ')"
        ".every(id => document.getElementById(id).textContent.trim()))"
    )
    assert named
    assert page.locator("svg.wide path.winner").count() == 2
    assert page.locator("svg.wide circle.baseline").count() == 1
    assert page.locator("main h2").count() >= 8
    page.close()


@pytest.mark.parametrize("kind", ["scoping", "hostile scoping", "data"])
def test_tables_of_words_and_the_ranking_are_read_on_a_phone_without_scrolling_sideways(
    browser: Any, files: dict[str, Path], kind: str
) -> None:
    page, _, _ = opened(browser, files[kind], width=420)
    wide = "e => e.getBoundingClientRect().width > e.parentElement.clientWidth"
    found = f"[...document.querySelectorAll('.read, svg.narrow, svg.small')].filter({wide})"
    assert page.locator(".read").count() >= 6
    assert page.evaluate(f"{found}.map(e => (e.caption || e).textContent.slice(0, 60))") == []
    page.close()


def test_on_paper_rows_and_iterations_stay_whole_and_headings_keep_what_they_head(
    browser: Any, files: dict[str, Path]
) -> None:
    page, _, _ = opened(browser, files["scoping"], width=688)
    page.emulate_media(media="print")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    for whole in ("tbody tr", ".iteration", "figure", ".next"):
        assert page.evaluate(style.format(whole, "breakInside")) == "avoid", whole
    for heading in ("h2", "h3", "caption"):
        assert page.evaluate(style.format(heading, "breakAfter")) == "avoid", heading
    field = page.locator(".fill").first.bounding_box()
    assert field["width"] >= 80
    assert field["height"] >= 40
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["data", "hostile data"])
def test_small_charts_fit_and_their_words_do_not_touch(
    browser: Any, files: dict[str, Path], kind: str, width: int
) -> None:
    page, _, _ = opened(browser, files[kind], width=width)
    assert page.locator("svg.small").count() >= 4
    assert page.evaluate(TOUCHING) == []
    page.close()


def test_figures_of_the_charts_are_on_paper_without_being_opened(
    browser: Any, files: dict[str, Path]
) -> None:
    page, _, _ = opened(browser, files["data"], width=688)
    cell = page.get_by_text("131 other classes")
    assert not cell.is_visible()
    page.emulate_media(media="print")
    assert cell.is_visible()
    page.close()


@pytest.mark.parametrize("kind", ["scoping", "compared", "data"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    browser: Any, files: dict[str, Path], scheme: str, kind: str
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(files[kind].as_uri())
    ratio = page.evaluate(CONTRAST)
    assert ratio >= 4.5, ratio
    page.close()
