"""The report as Markdown (GitHub's tables), for wikis, tickets and diffs."""

from __future__ import annotations

import re

from reports.blocks import Block, Chart, Facts, Heading, Items, Paragraph, Run, Table, Verbatim, blocks
from reports.forms._kind import Document, Form

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_BULLET = re.compile(r"^([#+=-])")
_NUMBER = re.compile(r"^(\d+)([.)])")


def content(document: Document) -> bytes:
    """Blocks parted by empty lines."""
    return ("\n\n".join(filter(None, map(_block, blocks(document.page)))) + "\n").encode("utf-8")


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is: neither markup nor HTML nor a formula."""
    one = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return one.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _block(block: Block) -> str:
    match block:
        case Heading(level, topic, text):
            return f"{'#' * level} {escaped(f'{topic}: {text}' if topic else text)}"
        case Paragraph(runs, _):
            return _runs(runs)
        case Items(ordered, items):
            signs = (f"{number}." if ordered else "-" for number in range(1, len(items) + 1))
            return "\n".join(f"{sign} {_runs(item)}" for sign, item in zip(signs, items, strict=True))
        case Facts(pairs):
            return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in pairs)
        case Table():
            return _table(block)
        case Chart(caption, description):
            return f"*{escaped(f'Chart: {caption} {description}'.rstrip())}*"
        case Verbatim(text):
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            return f"{fence}text\n{text}\n{fence}"


def _runs(runs: list[Run]) -> str:
    said = "".join(_run(run) for run in runs)
    return _NUMBER.sub(r"\1\\\2", _BULLET.sub(r"\\\1", said))


def _run(run: Run) -> str:
    if run.style == "code":
        return f"`{run.text}`"
    # a space inside the asterisks would unmake them, and none may be lost between two runs
    inner = escaped(run.text)
    if run.style == "strong":
        return f"**{inner}**"
    before, after = run.text[:1].isspace(), run.text[-1:].isspace()
    return f"{' ' * before}{inner}{' ' * (after and bool(inner))}"


def _table(table: Table) -> str:
    rules = ["--:" if number in table.numbers else "---" for number in range(len(table.columns))]
    rows = [
        [f"**{escaped(row.cells[0])}**", *row.cells[1:]] if row.is_group else [*map(escaped, row.cells)]
        for row in table.rows
    ]
    lines = [list(map(escaped, table.columns)), rules, *rows]
    return f"{escaped(table.caption)}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


FORM = Form(name="md", content=content)
