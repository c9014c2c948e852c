"""axe-core finds nothing to object to, and the summary is one page, in a real browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from reports import look
from reports.forms.pdf import printed
from reports.rendering import Wanted, document, write_index, write_report
from tests.reports import engagements as made
from tests.reports import golden, several

KINDS = ("scoping", "compared", "summary", "progress", "index")
LONG = "Some rather wordy sentence without an end " * 40
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file per kind, with the client's logo and colour."""
    folder = tmp_path_factory.mktemp("looked-at")
    own = look.Look(
        f"data:image/svg+xml;base64,{base64.b64encode(LOGO).decode('ascii')}", look.accent("#7a1f5c")
    )
    scoping = made.scoping(folder / "scoping")
    compared = golden.everything(folder / "compared")
    found = {
        "scoping": write_report(scoping, today=made.TODAY, wanted=Wanted(look=own)),
        "compared": write_report(
            compared, today=made.TODAY, wanted=Wanted(look=own, with_examples=True, locale="de")
        ),
        "summary": write_report(compared, today=made.TODAY, wanted=Wanted(look=own, kind="summary")),
        "index": write_index(several.shelf(folder / "shelf"), today=made.TODAY, wanted=Wanted(look=own))[0],
    }
    iterated = several.iterated(folder / "iterated")
    found["progress"] = write_report(iterated, today=made.TODAY, wanted=Wanted(look=own, kind="progress"))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(browser: Any, pages: dict[str, Path], kind: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.goto(pages[kind].as_uri())
    # of all rules one looks at colours, and only those differ in the dark
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    found = axe.Axe().run(page, options={"resultTypes": ["violations"], **rules})
    page.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["summary", "progress", "index"])
def test_they_open_without_script_or_request_and_fit(
    browser: Any, pages: dict[str, Path], kind: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages[kind].as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [pages[kind].as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('img').naturalWidth") > 0
    page.close()


def test_the_summary_is_one_page_however_much_the_records_say(browser: Any, tmp_path: Path) -> None:
    scoping = made.scoping(tmp_path / "a", requests_per_month=40000)
    said = scoping.recommendation()
    assert said is not None
    made.advised(
        scoping,
        sentence=LONG,
        next_steps=[LONG],
        reasons_for=[made.changed(one, because=LONG) for one in said.reasons_for],
        flips=[made.changed(one, now=LONG) for one in said.flips],
        find_out=[made.changed(one, question_text=LONG) for one in said.find_out],
    )
    arms = [made.arm(f"arm{number}", f"Option {number} {LONG}", 0.5) for number in range(20)]
    gaps = [made.difference(arm.name, 0.01) for arm in arms]
    base = made.arm("zero_shot", "Prompting", 0.4)
    found = made.verdict(winner="arm0", sentence=LONG, because=LONG, next_step=LONG, caveats=[LONG] * 9)
    compared = made.compared(tmp_path / "b", made.comparison(arms=[base, *arms], differences=gaps), found)
    for engagement in (scoping, compared):
        page = document(engagement, today=made.TODAY, wanted=Wanted(kind="summary")).page
        file = printed(browser, page)
        assert file.startswith(b"%PDF")
        assert file.count(b"/Type /Page\n") == 1


def test_a_printed_report_has_bookmarks_and_tags(browser: Any, tmp_path: Path) -> None:
    file = printed(browser, document(made.scoping(tmp_path / "acme"), today=made.TODAY).page)
    assert b"/Outlines" in file
    assert b"/MarkInfo" in file
    assert file.count(b"/Type /Page\n") > 3
