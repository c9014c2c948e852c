"""A report read back: tables as rows of text, and what its tags are."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple


class Table(NamedTuple):
    """One table of a page."""

    caption: str
    """What stands above it."""
    columns: list[str]
    """Head cells."""
    rows: list[list[str]]
    """Body cells, text only."""


class Page(HTMLParser):
    """Collects tables, headings, terms with what is said of them, tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.headings: list[str] = []
        self.terms: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._text = ""
        self._row: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a cell, heading or table."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "table":
            self.tables.append(Table("", [], []))
        if tag == "tr":
            self._row = []
        if tag in ("td", "th", "caption", "h1", "h2", "h3", "dt", "dd"):
            self._text = ""

    def handle_endtag(self, tag: str) -> None:
        """Close it and keep its text."""
        text = " ".join(self._text.split())
        if tag in ("td", "th"):
            self._row.append(text)
        elif tag == "caption":
            self.tables[-1] = self.tables[-1]._replace(caption=text)
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(text)
        elif tag == "dt":
            self.terms.append((text, ""))
        elif tag == "dd":
            self.terms[-1] = (self.terms[-1][0], text)
        elif tag == "tr" and self.tables:
            table = self.tables[-1]
            if table.columns:
                table.rows.append(self._row)
            else:
                table.columns.extend(self._row)

    def handle_data(self, data: str) -> None:
        """Text of whatever is open."""
        self._text += data

    def table(self, start: str) -> Table:
        """The first table whose caption begins so."""
        return next(table for table in self.tables if table.caption.startswith(start))
