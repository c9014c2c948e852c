"""Every number of the report as one line of a table: for spreadsheets and for pivoting.

A cell of text that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection);
numbers are written by us and stay numbers, negative ones too.
"""

from __future__ import annotations

import csv
import io

from reports.figures import Figure
from reports.forms._kind import Document, Form
from reports.plain import plain

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of formulas, and of lines that hide one; the last four are their full-width twins."""


def content(document: Document) -> bytes:
    """UTF-8 with a byte order mark, without which Excel reads another encoding; dots in decimals."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(Figure._fields)
    writer.writerows([_cell(value) for value in figure] for figure in document.figures)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: str | float | None) -> str | float | None:
    """Text that is no formula; a number stays a number."""
    if not isinstance(value, str):
        return value
    text: str = plain(value)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA) else text


FORM = Form(name="csv", content=content)
