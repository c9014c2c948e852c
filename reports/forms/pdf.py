"""The page printed on A4 by a headless browser, with bookmarks and tags for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.browser import chromium
from reports.forms._kind import Document, Form

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def content(document: Document) -> bytes:
    """By a browser that is started for it."""
    with chromium() as browser:
        return printed(browser, document.page)


def printed(browser: Browser, page: str) -> bytes:
    """Nothing on the page can run or fetch: script is off and the browser is offline."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    sheet = context.new_page()
    sheet.set_content(page)
    sheet.emulate_media(media="print", color_scheme="light")
    file = sheet.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    context.close()
    return file


FORM = Form(name="pdf", content=content)
