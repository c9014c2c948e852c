"""The page as it is: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from reports.forms._kind import Form

FORM = Form(name="html", content=lambda document: document.page.encode("utf-8"))
