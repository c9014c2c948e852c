"""One file of a client's folder to text and a title; what cannot be read says why and is never guessed."""

from __future__ import annotations

import codecs
import io
import logging
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.engagement.errors import DataError

from .chunking import headings
from .decoding import bounded

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement

MOST_BYTES = 64 << 20
"""No file over this size is opened: our own bound, some ten thousand pages of text."""
MOST_TAGS = 200_000
"""Of a web page: our own bound, since tags that nobody closes take time that grows with their square."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UNSHOWN = ("script", "style", "nav", "template", "svg", "title")
"""Elements of a web page that are not its content; the title is kept apart."""
HEADS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form header hr html main ol p pre section summary table ul".split()
)
# HTML Living Standard, "Determining the character encoding": the first 1024 bytes are searched.
DECLARED_WITHIN = 1024
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE
)
_ENCODINGS = re.compile(
    r"(us-ascii|iso-?8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|shift_jis|euc-(jp|kr)|big5|gb2312"
    r"|gbk|gb18030)$"
)
FENCE = "```"
"""Line around code."""
CELL = "\0"
"""End of a table's cell until its row is complete; no text holds it."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


class Unreadable(Exception):
    """No document can be made of a file; the text says why."""


class Extracted(NamedTuple):
    """What a file says."""

    title: str
    """As it names itself, else its name without the ending."""
    text: str
    """Line ends are `\\n`; headings are lines that begin with `#`."""
    meta: dict[str, Any]
    """`kind`; for a PDF also `pages`."""
    silent_pages: list[int]
    """Pages of a PDF without text, from 1."""


class _Read(NamedTuple):
    title: str
    """Empty where the file names none."""
    text: str
    """Everything it says."""
    pages: list[str] | None = None
    """Text of each page, for a PDF."""


def extract(path: Path) -> Extracted:
    """A readable file's text; raises Unreadable with the reason otherwise."""
    kind = kind_of(path)
    if kind is None:
        known = ", ".join(READERS)
        raise Unreadable(f"no document: the ending {path.suffix or 'is absent'!r} is not among {known}")
    content = _content(path)
    try:
        read = READERS[path.suffix.lower()][1](path, content)
    except (Unreadable, ModuleNotFoundError):
        raise
    except Exception as wrong:  # what damaged bytes raise inside the libraries is not bounded
        raise Unreadable(f"damaged, or not {kind}: {_first_line(wrong)}") from None
    text = _clean(read.text)
    if not text.strip():
        scanned = read.pages is not None
        raise Unreadable("no text on any page, perhaps scanned" if scanned else "empty: it holds no text")
    title = " ".join(_clean(read.title).split()) or path.stem
    if read.pages is None:
        return Extracted(title, text, {"kind": kind}, [])
    return _paged(title, read.pages)


def kind_of(path: Path) -> str | None:
    """Word for the kind of document, by the ending; None where it is none."""
    known = READERS.get(path.suffix.lower())
    return known[0] if known else None


def _paged(title: str, pages: list[str]) -> Extracted:
    clean = [_clean(page).strip() for page in pages]
    starts = [0]
    for page in clean[:-1]:
        starts.append(starts[-1] + len(page) + 2)
    silent = [number for number, page in enumerate(clean, start=1) if not page]
    return Extracted(title, "\n\n".join(clean), {"kind": "PDF", "pages": starts}, silent)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable("not a regular file")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise Unreadable(f"{size} bytes, at most {MOST_BYTES} are read")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as wrong:
        raise Unreadable(f"unreadable: {wrong.strerror or wrong}") from None
    if not content:
        raise Unreadable("empty: 0 bytes")
    if len(content) > MOST_BYTES:
        raise Unreadable(f"grows while it is read, at most {MOST_BYTES} bytes are read")
    return content


def _clean(text: str) -> str:
    """Text that can be written as UTF-8, with one kind of line end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _first_line(wrong: Exception) -> str:
    return (str(wrong).strip().splitlines() or [type(wrong).__name__])[0][:120]


def _decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 with its byte order mark."""
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as wrong:
        if b"\0" in content[:4096]:
            raise Unreadable("the content is binary, not text") from None
        if encoding == "utf-16":
            raise Unreadable(f"damaged UTF-16 ({wrong.reason})") from None
        line = content.count(b"\n", 0, wrong.start) + 1
        byte = content[wrong.start]
        what = f"line {line}: byte {byte:#04x} is not UTF-8, perhaps cp1252 (Windows): save the file as UTF-8"
        raise Unreadable(what) from None
    if "\0" in text:
        raise Unreadable("the content is binary, not text")
    return text


def _plain(path: Path, content: bytes) -> _Read:
    return _Read("", _decoded(content))


def _markdown(path: Path, content: bytes) -> _Read:
    text = _clean(_decoded(content))
    return _Read(next((heading.text for heading in headings(text)), ""), text)


def _pdf(path: Path, content: bytes) -> _Read:
    """Text page by page; a PDF that opens without a password counts as open."""
    import pypdf
    from pypdf.errors import DependencyError

    with _quiet("pypdf"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        try:
            closed = reader.is_encrypted and not reader.decrypt("")
        except DependencyError:
            closed = True
        if closed:
            raise Unreadable("encrypted: save it without a password")
        pages = [page.extract_text() for page in reader.pages]
        said = reader.metadata.title if reader.metadata else None
    return _Read(said if isinstance(said, str) else "", "\n\n".join(pages), pages)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """No log lines of a library: what went wrong is said once, as the reason."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _html(path: Path, content: bytes) -> _Read:
    """Scripts, styles and navigation away; headings as `#`, tables as rows of cells, code fenced."""
    import warnings

    import bs4

    if content.count(b"<") > MOST_TAGS:
        raise Unreadable(f"more than {MOST_TAGS} tags: split the page")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # html.parser of Python 3.11.7 takes minutes for 600 kB of "<a "; lxml comes with python-docx.
        page = bs4.BeautifulSoup(_clean(_decoded_page(content)), "lxml")
    text = _page_text(page, UNSHOWN)
    if not text:
        text = _page_text(page, tuple(name for name in UNSHOWN if name != "nav"))
    found = page.find("h1") or page.find("title") or page.find([*HEADS])
    return _Read(found.get_text(" ") if found else "", text)


def _decoded_page(content: bytes) -> str:
    """As the page declares, where it does."""
    declared = _DECLARED.search(content[:DECLARED_WITHIN])
    marked = any(content.startswith(mark) for mark in MARKS)
    if declared is None or marked:
        return _decoded(content)
    name = declared[1].decode("ascii").lower()
    if not _ENCODINGS.match(name):
        return _decoded(content)
    # WHATWG Encoding Standard, "Names and labels": both labels mean windows-1252 on the web.
    name = "cp1252" if name in ("iso-8859-1", "us-ascii") else name
    try:
        return content.decode(name)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(f"does not decode as {name}, which it declares: save it as UTF-8") from None


class _End(NamedTuple):
    """Where an element ends, on the way through a page."""

    name: str
    """Of the element."""
    after: str
    """What follows it."""


def _page_text(page: BeautifulSoup, unshown: tuple[str, ...]) -> str:
    """Text in reading order; without recursion, so that deep nesting does no harm."""
    from bs4.element import CData, NavigableString, Tag

    parts: list[str] = []
    inside = {"pre": 0, "td": 0, "th": 0}
    waiting: list[PageElement | _End] = [page]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _End):
            parts.append(node.after)
            inside[node.name] = inside.get(node.name, 0) - 1
        elif isinstance(node, Tag):
            if node.name not in unshown:
                before, after = _around(node.name, cell=inside["td"] + inside["th"] > 0)
                parts.append(before)
                inside[node.name] = inside.get(node.name, 0) + 1
                waiting.append(_End(node.name, after))
                waiting.extend(reversed(node.contents))
        elif type(node) in (NavigableString, CData):
            parts.append(str(node) if inside["pre"] else re.sub(r"\s+", " ", str(node)))
    return _tidy("".join(parts))


def _around(name: str, *, cell: bool) -> tuple[str, str]:
    """What goes before and after an element; paragraphs of a cell stay on its row's line."""
    if name in HEADS:
        return "\n\n" + "#" * HEADS[name] + " ", "\n\n"
    if name == "pre":
        return f"\n\n{FENCE}\n", f"\n{FENCE}\n\n"
    if name in ("td", "th"):
        return "", f"{CELL} "
    if name in ("p", "div", "br") and cell:
        return " ", " "
    if name in BLOCKS:
        return "\n\n", "\n\n"
    return {"br": ("\n", ""), "li": ("\n- ", ""), "tr": ("\n", ""), "dt": ("\n", "")}.get(name, ("", ""))


def _tidy(text: str) -> str:
    """One blank between words and one empty line between blocks, code as it is."""
    lines: list[str] = []
    coded = False
    for line in text.split("\n"):
        coded ^= line == FENCE
        cells = line if coded else " ".join(line.split())
        while not coded and cells.endswith(CELL):
            cells = cells.removesuffix(CELL).rstrip()
        if cells or (lines and lines[-1]):
            lines.append(cells)
    return re.sub(f" *{CELL} *", " | ", "\n".join(lines)).strip()


def _word(path: Path, content: bytes) -> _Read:
    """Paragraphs and tables in order, content controls and insertions too; no page headers, no footnotes."""
    import docx

    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("protected by a password, or an old Word file: save it as .docx without one")
    document = docx.Document(_without_pictures(path, content))
    styles = {style.style_id: (style.name or "").lower() for style in document.styles}
    blocks = list(_blocks(document.element.body, styles))
    titles = [said.lstrip("# ") for name, said in blocks if name == "title"]
    heads = [said.lstrip("# ") for name, said in blocks if name.startswith("heading")]
    said = document.core_properties.title
    # python-docx gives a file without core properties this title.
    own = [said] if said and said != "Word Document" else []
    return _Read(next(iter([*titles, *heads, *own]), ""), "\n\n".join(text for _, text in blocks))


def _without_pictures(path: Path, content: bytes) -> io.BytesIO:
    """The same package with only its XML, unpacked piece by piece so that a bomb stops at the bound."""
    copy = io.BytesIO()
    size = 0
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(copy, "w") as out:
        for entry in packed.infolist():
            pieces: list[bytes] = []
            if entry.filename.lower().endswith((".xml", ".rels")):
                with packed.open(entry) as file:
                    while piece := file.read(1 << 20):
                        size += len(piece)
                        _bound(path, len(content), size)
                        pieces.append(piece)
            out.writestr(entry.filename, b"".join(pieces))
    copy.seek(0)
    return copy


def _bound(path: Path, packed: int, unpacked: int) -> None:
    try:
        bounded(path, packed, unpacked)
    except DataError as wrong:
        raise Unreadable(wrong.problem.removeprefix(f"{path}: ")) from None


def _blocks(container: Any, styles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Style and text of every paragraph and table below an element; libxml2 bounds the nesting at 256."""
    for element in container:
        if element.tag == f"{_W}p":
            style = next((styles.get(mark.get(f"{_W}val"), "") for mark in element.iter(f"{_W}pStyle")), "")
            text = _said(element)
            level = 1 if style == "title" else int(style[-1]) if re.fullmatch("heading [1-6]", style) else 0
            if text:
                yield style, "#" * level + " " + " ".join(text.split()) if level else text
        elif element.tag == f"{_W}tbl":
            rows = (_row(row, styles) for row in element.iter(f"{_W}tr") if _table_of(row) is element)
            text = "\n".join(row for row in rows if row)
            if text:
                yield "table", text
        elif element.tag not in (f"{_W}del", _FALLBACK):
            yield from _blocks(element, styles)


def _table_of(element: Any) -> Any:
    return next(element.iterancestors(f"{_W}tbl"))


def _row(row: Any, styles: Mapping[str, str]) -> str:
    """Cells by ` | `; a cell's paragraphs and inner tables on one line."""
    cells = [cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row]
    said = (" ".join(" ".join(text for _, text in _blocks(cell, styles)).split()) for cell in cells)
    return " | ".join(said).strip(" |")


def _said(paragraph: Any) -> str:
    """Text of a paragraph; a text box stands in the file twice, its second form is passed over."""
    parts = []
    for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr"):
        if next(element.iterancestors(_FALLBACK), None) is not None:
            continue
        if element.tag == f"{_W}t":
            parts.append(element.text or "")
        else:
            parts.append("\t" if element.tag == f"{_W}tab" else "\n")
    return "".join(parts).strip()


READERS: Mapping[str, tuple[str, Callable[[Path, bytes], _Read]]] = {
    ".txt": ("text", _plain),
    ".md": ("Markdown", _markdown),
    ".markdown": ("Markdown", _markdown),
    ".html": ("HTML", _html),
    ".htm": ("HTML", _html),
    ".pdf": ("PDF", _pdf),
    ".docx": ("Word", _word),
}
"""Ending of the name to the kind in words and its reader."""
