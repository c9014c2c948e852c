"""The report as a Word file, for consultants who edit.

Charts are pictures where a browser is there to take them (the extra pdf), else told in words; their figures
stand beside them as tables either way.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from advisor.engagement.errors import MissingPackage
from reports.blocks import Block, Chart, Facts, Heading, Items, Paragraph, Run, Table, Verbatim, blocks
from reports.browser import FINE, chromium, pictures
from reports.forms._kind import Document, Form

if TYPE_CHECKING:
    from docx.document import Document as Word

FONT = "Calibri"
SMALL = 8.5
"""Points, in tables."""
MARGIN_MM = 16
PAPER_MM = 210
"""Width of A4."""
# XML 1.0, section 2.2: what a document may not hold, beside the controls that every page is cleaned of.
_FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")


def content(document: Document) -> bytes:
    """A4, real headings and lists; table heads repeat on each page."""
    try:
        import docx
    except ModuleNotFoundError:
        raise MissingPackage("Word files need python-docx", fix="pip install 'tunecase[word]'") from None
    word = docx.Document()
    _set_up(word, document.title)
    charts = iter(_pictures(document.page))
    for block in blocks(document.page):
        picture = next(charts, None) if isinstance(block, Chart) else None
        if picture is not None and isinstance(block, Chart):
            _add_picture(word, block, picture)
        else:
            _add(word, block)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _pictures(page: str) -> list[bytes]:
    """None where no browser is installed: nobody who asked for Word has to have one."""
    try:
        with chromium() as browser:
            return pictures(browser, page)
    except MissingPackage:
        return []


def _add_picture(word: Word, chart: Chart, picture: bytes) -> None:
    """As large as on the page, and no wider than the paper; what it shows is its alternative text."""
    from docx.shared import Emu, Mm

    drawn = word.add_picture(io.BytesIO(picture))
    # Word takes a pixel for 1/72 inch, a page for 1/96
    wide = min(int(drawn.width * 72 / 96 / FINE), int(Mm(PAPER_MM - 2 * MARGIN_MM)))
    drawn.height = Emu(round(drawn.height * wide / drawn.width))
    drawn.width = Emu(wide)
    drawn._inline.docPr.set("descr", _clean(f"{chart.caption} {chart.description}".rstrip()))
    word.paragraphs[-1].paragraph_format.keep_with_next = True
    _fill(word.add_paragraph(style="Caption"), [Run(chart.caption)])


def _set_up(word: Word, title: str) -> None:
    from docx.shared import Mm, Pt

    section = word.sections[0]
    section.page_width, section.page_height = Mm(PAPER_MM), Mm(297)
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    word.core_properties.title = _clean(title)
    word.core_properties.author = ""
    word.core_properties.comments = ""
    word.core_properties.language = "en"
    word.styles["Normal"].font.name = FONT
    word.styles["Normal"].font.size = Pt(10)


def _add(word: Word, block: Block) -> None:
    match block:
        case Heading(level, topic, text):
            word.add_heading(_clean(f"{topic}: {text}" if topic else text), level)
        case Paragraph(runs, kind):
            _fill(word.add_paragraph(style="Intense Quote" if kind == "next" else None), runs)
        case Items(ordered, items):
            for number, item in enumerate(items, start=1):
                style = "List Number" if ordered else "List Bullet"
                # Word would go on counting where the last list ended
                told = [Run(f"{number}. "), *item] if ordered else item
                _fill(word.add_paragraph(style="List" if ordered else style), told)
        case Facts(pairs):
            for name, value in pairs:
                _fill(word.add_paragraph(), [Run(f"{name}: ", "strong"), Run(value)])
        case Table():
            _add_table(word, block)
        case Chart(caption, description):
            _fill(word.add_paragraph(style="Caption"), [Run(f"Chart: {caption} {description}".rstrip())])
        case Verbatim(text):
            _fill(word.add_paragraph(style="No Spacing"), [Run(text, "code")])


def _fill(paragraph: Any, runs: list[Run]) -> None:
    for run in runs:
        written = paragraph.add_run(_clean(run.text))
        written.bold = run.style == "strong" or None
        if run.style == "code":
            written.font.name = "Consolas"


def _add_table(word: Word, table: Table) -> None:
    caption = word.add_paragraph(style="Caption")
    _fill(caption, [Run(table.caption)])
    caption.paragraph_format.keep_with_next = True
    drawn = word.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Table Grid")
    lines = [table.columns, *(row.cells for row in table.rows)]
    strong = [True, *(row.is_group for row in table.rows)]
    for line, is_strong, row in zip(lines, strong, drawn.rows, strict=True):
        for number, (text, cell) in enumerate(zip(line, row.cells, strict=True)):
            run = Run(text, "strong" if is_strong or number == 0 else "")
            _fill_cell(cell.paragraphs[0], run, to_the_right=number in table.numbers)
        _keep_whole(row, is_head=line is table.columns)
    word.add_paragraph()


def _fill_cell(paragraph: Any, run: Run, *, to_the_right: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    _fill(paragraph, [run])
    paragraph.paragraph_format.space_after = Pt(1)
    if to_the_right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for written in paragraph.runs:
        written.font.size = Pt(SMALL)


def _keep_whole(row: Any, *, is_head: bool) -> None:
    """A row is not parted between pages, and a head comes again on each; python-docx names neither."""
    from docx.oxml import OxmlElement

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


FORM = Form(name="docx", content=content)
