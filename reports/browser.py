"""A headless browser, for those who have one: it prints PDF and takes the pictures of charts for Word."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from advisor.engagement.errors import MissingPackage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHANNELS = ("chrome", "msedge")
"""Chrome and Edge where their installers put them, on any system."""
FINE = 2
"""Pixels of a picture to one of the page."""
WIDE = 1100
"""Pixels of a page on a desk."""
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, Chrome or Edge, else playwright's own. Raises MissingPackage without any."""
    try:
        from playwright import sync_api
    except ModuleNotFoundError:
        raise MissingPackage("PDF needs playwright", fix="pip install 'tunecase[pdf]'") from None
    with sync_api.sync_playwright() as playwright:
        for way in _ways():
            try:
                browser = playwright.chromium.launch(args=FLAGS, **way)
            except sync_api.Error:
                continue
            with browser:
                yield browser
            return
    raise MissingPackage(
        "PDF needs a browser: neither Chromium nor Chrome nor Edge starts here",
        fix="python -m playwright install chromium",
    )


def pictures(browser: Browser, page: str) -> list[bytes]:
    """Each chart of a page as PNG, in order; script is off and the browser is offline."""
    context = browser.new_context(
        java_script_enabled=False,
        offline=True,
        device_scale_factor=FINE,
        viewport={"width": WIDE, "height": WIDE},
    )
    sheet = context.new_page()
    sheet.set_content(page)
    charts = [figure.locator("svg:visible").first for figure in sheet.locator("figure").all()]
    taken = [chart.screenshot() for chart in charts]
    context.close()
    return taken


def _ways() -> Iterator[dict[str, Any]]:
    found = (path for name in NAMES if (path := shutil.which(name)))
    yield from ({"executable_path": path} for path in found)
    yield from ({"channel": name} for name in CHANNELS)
    yield {}
