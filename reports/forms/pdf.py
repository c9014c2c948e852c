"""The page printed on A4 by a headless browser, with bookmarks and tags for screen readers."""

from __future__ import annotations

from reports.browser import chromium
from reports.forms._kind import Document, Form


def content(document: Document) -> bytes:
    """Nothing on the page can run or fetch: script is off and the browser is offline."""
    with chromium() as browser:
        page = browser.new_context(java_script_enabled=False, offline=True).new_page()
        page.set_content(document.page)
        page.emulate_media(media="print", color_scheme="light")
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)


FORM = Form(name="pdf", content=content)
