"""The typed records that the page was made from, unrounded, for other programs."""

from __future__ import annotations

from advisor.engagement import codec
from reports.forms._kind import Form

FORM = Form(name="json", content=lambda document: codec.pretty(document.records).encode("utf-8"))
