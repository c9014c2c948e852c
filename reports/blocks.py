"""A written page read back as headings, paragraphs, lists, tables and charts: other forms are made of these.

So each form says the same words and numbers as the HTML, and a new section is in all of them at once.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Literal, NamedTuple, TypeVar

Style = Literal["", "code", "strong"]

MARKS = {"winner": "\N{BLACK DIAMOND} ", "baseline": "\N{BLACK CIRCLE} "}
"""Signs that the page draws before a row, and that captions speak of."""


class Run(NamedTuple):
    """A stretch of text in one style."""

    text: str
    """Without line breaks."""
    style: Style = ""
    """code for commands, strong, or nothing."""


class Heading(NamedTuple):
    """A title."""

    level: int
    """1 for the decision, 2 for sections, 3 below."""
    topic: str
    """What the section is about; empty outside of sections."""
    text: str
    """The conclusion."""


class Paragraph(NamedTuple):
    """A paragraph."""

    runs: list[Run]
    """Its text."""
    kind: str = ""
    """Class on the page: kicker, decision, next, quiet or nothing."""


class Items(NamedTuple):
    """A list."""

    ordered: bool
    """Whether it is numbered."""
    items: list[list[Run]]
    """Its entries."""


class Facts(NamedTuple):
    """Names with values."""

    pairs: list[tuple[str, str]]
    """In order."""


class Row(NamedTuple):
    """One row of a table."""

    cells: list[str]
    """As many as the table has columns."""
    is_group: bool = False
    """Whether it heads the rows below it; then only the first cell says something."""


class Table(NamedTuple):
    """A table."""

    caption: str
    """What it shows."""
    columns: list[str]
    """Heads."""
    rows: list[Row]
    """In order."""
    numbers: frozenset[int]
    """Columns whose cells are set flush right."""


class Chart(NamedTuple):
    """A chart in words; its figures stand in a table beside it."""

    caption: str
    """Title and legend."""
    description: str
    """What one sees in it; empty where the caption says it."""


class Verbatim(NamedTuple):
    """Text whose line breaks count."""

    text: str
    """As it is."""


Block = Heading | Paragraph | Items | Facts | Table | Chart | Verbatim
B = TypeVar("B", Items, Facts, Table)

ASIDES = ("interval", "place")
"""Spans that stand below a value on the page, and in brackets after it in running text."""
_SKIPPED = ("nav", "style", "title", "footer")
_LINES = ("p", "li", "dt", "dd", "h1", "h2", "h3", "td", "th", "caption", "figcaption", "summary", "pre")


def blocks(page: str) -> list[Block]:
    """The page in reading order, without contents, style and footer."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Pages of our own templates: well nested, with nothing but what those write."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._open: list[tuple[str, str]] = []
        self._runs: list[Run] = []
        self._topic = ""
        self._description = ""
        self._cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open what the tag opens."""
        kind = dict(attrs).get("class") or ""
        if tag in ("meta", "img", "col", "br"):
            return
        self._open.append((tag, kind))
        if tag in ("ul", "ol"):
            self.found.append(Items(tag == "ol", []))
        elif tag == "dl":
            self.found.append(Facts([]))
        elif tag == "table":
            self.found.append(Table("", [], [], frozenset()))
        elif tag == "tr":
            self._cells = []
        elif tag == "span" and kind in ASIDES:
            self._runs.append(Run("("))
        elif (tag in _LINES or tag == "desc") and not (tag == "p" and self._inside("td")):
            self._runs, self._topic = [], ""

    def handle_endtag(self, tag: str) -> None:
        """Close it, and keep what it held."""
        if not self._open or self._open[-1][0] != tag:
            return
        kind = self._open[-1][1]
        if not self._inside(*_SKIPPED):
            self._close(tag, kind)
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text of whatever is open."""
        if self._inside(*_SKIPPED):
            return
        if self._open and self._open[-1] == ("span", "topic"):
            self._topic += data
            return
        style: Style = "code" if self._inside("code") else "strong" if self._inside("strong") else ""
        self._runs.append(Run(data, style))

    def _close(self, tag: str, kind: str) -> None:
        if tag == "span" and kind in ASIDES:
            self._runs.append(Run(")"))
        elif tag == "desc":
            self._description = _text(self._runs)
        elif tag == "tr" and not self._inside("thead"):
            table = self._last(Table)
            cells = self._cells + [""] * (len(table.columns) - len(self._cells))
            table.rows.append(Row(cells, is_group=kind == "group"))
        elif tag in ("td", "th", "caption") or (tag == "p" and self._inside("td")):
            self._close_cell(tag, kind)
        elif tag in _LINES:
            self._close_line(tag, kind)

    def _close_cell(self, tag: str, kind: str) -> None:
        if tag == "p":
            self._runs.append(Run("; "))
            return
        text, table = _text(self._runs).removesuffix(";"), self._last(Table)
        if tag == "caption":
            self._replace(table, table._replace(caption=text))
        elif self._inside("thead"):
            numbers = table.numbers | ({len(table.columns)} if kind == "number" else set())
            self._replace(table, table._replace(columns=[*table.columns, text], numbers=numbers))
        else:
            row = next(kind for tag, kind in reversed(self._open) if tag == "tr")
            self._cells.append(text if self._cells else MARKS.get(row, "") + text)

    def _close_line(self, tag: str, kind: str) -> None:
        if tag == "pre":
            self.found.append(Verbatim("".join(run.text for run in self._runs).strip("\n")))
        elif tag in ("h1", "h2", "h3"):
            self.found.append(Heading(int(tag[1]), " ".join(self._topic.split()), _text(self._runs)))
        elif tag == "summary" and not self._inside("figure"):
            self.found.append(Heading(3, "", _text(self._runs)))
        elif tag == "figcaption":
            caption = _text(self._runs)
            told = "" if self._description in caption else self._description
            self.found.append(Chart(caption, told))
        elif tag == "li":
            self._last(Items).items.append(_tidy(self._runs))
        elif tag == "dt":
            self._last(Facts).pairs.append((_text(self._runs), ""))
        elif tag == "dd":
            pairs = self._last(Facts).pairs
            pairs[-1] = (pairs[-1][0], _text(self._runs))
        elif tag == "p" and (runs := _tidy(self._runs)):
            self.found.append(Paragraph(runs, kind))

    def _inside(self, *tags: str) -> bool:
        return any(tag in tags for tag, _ in self._open)

    def _last(self, kind: type[B]) -> B:
        return next(block for block in reversed(self.found) if isinstance(block, kind))

    def _replace(self, old: Table, new: Table) -> None:
        place = next(number for number, block in enumerate(self.found) if block is old)
        self.found[place] = new


def _tidy(runs: list[Run]) -> list[Run]:
    """Neighbours of one style in one run, white space as a browser shows it."""
    joined: list[Run] = []
    for run in runs:
        text = re.sub(r"[ \t\r\n\f]+", " ", run.text)
        before = joined[-1] if joined else Run("")
        if not joined or before.text.endswith(" "):
            text = text.lstrip(" ")
        if not text:
            continue
        if joined and before.style == run.style:
            joined[-1] = Run(before.text + text, run.style)
        else:
            joined.append(Run(text, run.style))
    if joined:
        joined[-1] = Run(joined[-1].text.rstrip(" "), joined[-1].style)
    return [run for run in joined if run.text]


def _text(runs: list[Run]) -> str:
    return "".join(run.text for run in _tidy(runs))
