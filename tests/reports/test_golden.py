"""Whole comparison reports in headless Chromium: on a desk, on a phone, on paper, in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports.rendering import Wanted, write_report
from tests.reports import engagements as made
from tests.reports.golden import GOLDEN
from tests.reports.opening import CONTRAST, SIDEWAYS, TOUCHING, opened

MOST_BYTES = 2_000_000
DESK, PHONE, PAPER = 1280, 360, 688
"""Pixels; an A4 page at 96 dpi less its margins of 14 mm."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every golden engagement's report, with examples."""
    folder = tmp_path_factory.mktemp("golden")
    return {
        name: write_report(make(folder / name), today=made.TODAY, wanted=Wanted(with_examples=True))
        for name, make in GOLDEN.items()
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_it_opens_quietly_and_fits_desk_phone_and_paper(
    browser: Any, written: dict[str, Path], name: str
) -> None:
    path = written[name]
    assert path.stat().st_size <= MOST_BYTES
    page, asked, said = opened(browser, path, width=DESK)
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK
    if name != "hostile":
        assert page.evaluate(TOUCHING) == []
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert page.evaluate(SIDEWAYS) == []
    if name != "hostile":
        assert page.evaluate(TOUCHING) == []
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print")
    wide = (
        "[...document.querySelectorAll('table, svg, pre')].filter(e => e.getBoundingClientRect().right > 690)"
    )
    assert page.evaluate(f"{wide}.map(e => (e.caption || e).textContent.slice(0, 60))") == []
    assert asked == [path.as_uri()]
    assert said == []
    assert page.title() != "owned"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Any, written: dict[str, Path], scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(written["everything"].as_uri())
    assert page.evaluate(CONTRAST) >= 4.5
    page.close()


def test_each_chart_is_named_once_and_heard_once(browser: Any, written: dict[str, Path]) -> None:
    page, _, _ = opened(browser, written["everything"], width=DESK)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    named = page.evaluate(
        "[...document.querySelectorAll('svg')].map(s => [s.checkVisibility(), ...s.getAttribute("
        "'aria-labelledby').split(' ').map(id => document.getElementById(id).textContent.trim())])"
    )
    assert all(title and text for _, title, text in named)
    on_desk = [title for shown, title, _ in named if shown]
    assert len(on_desk) == page.get_by_role("img").count()
    page.set_viewport_size({"width": PHONE, "height": 800})
    on_phone = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(s => s.checkVisibility())"
        ".map(s => s.querySelector('title').textContent)"
    )
    assert on_phone == on_desk
    page.close()


def test_lines_are_told_apart_without_colour(browser: Any, written: dict[str, Path]) -> None:
    page, _, _ = opened(browser, written["everything"], width=DESK)
    drawn = page.evaluate(
        "[...document.querySelectorAll('svg.small')].map(s => [...s.querySelectorAll('path.line')]"
        ".filter(p => !p.getAttribute('d').includes('h26'))"
        ".map(p => getComputedStyle(p).strokeDasharray))"
    )
    several = [dashes for dashes in drawn if len(dashes) > 1]
    assert several
    assert all(len(set(dashes)) == len(dashes) for dashes in several)
    page.close()
