"""Tables with a delimiter: strict CSV with line numbers, and a first line that is data told from a header."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from .decoding import LineError
from .tables import Raw, Reading, Table

FIELD_LIMIT = 1 << 24
DELIMITED = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "CSV with pipes"}
AHEAD = 50
"""Rows looked at to tell a header from data."""
HEADER_WORDS = 5
"""Most words of a column's name."""
SHORT = 4
"""Most words of a class, on average."""

_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*%?")
_Numbered = tuple[int, list[str]]


def delimited(path: Path, text: Iterator[str], delimiter: str, how: Reading) -> Table:
    """The rows below the header, or all of them where --columns names the columns."""
    csv.field_size_limit(FIELD_LIMIT)
    rows = _numbered(path, text, delimiter)
    form = DELIMITED[delimiter]
    if how.columns:
        return Table(form, _rows(path, _header(path, list(how.columns)), rows, "--columns"), [])
    _, names = next(rows, (1, []))
    ahead = list(islice(rows, AHEAD))
    columns = [[row[at] for _, row in ahead if at < len(row)] for at in range(len(names))]
    proposed = proposal(names, columns)
    is_data = any(map(_is_value, names, columns))
    if is_data and len(set(names)) < len(names):
        raise headless(path, names, proposed, "two columns would have the same name")
    found = _rows(path, _header(path, names), chain(ahead, rows), "the header")
    return Table(form, found, [], proposed, is_data)


def headless(path: Path, names: Sequence[str], proposed: Sequence[str], why: str) -> LineError:
    """The refusal of a table whose first line is a row."""
    shown = ", ".join(repr(name[:40]) for name in names[:5])
    what = f"looks like a row, not like a header: {why}, found {shown}"
    return LineError(path, 1, what, fix=f"name the columns: {example(path, proposed)}; or add a header line")


def example(path: Path, proposed: Sequence[str]) -> str:
    """The command that names the columns."""
    return f"`tunecase check {shell(path)} --columns {','.join(proposed)}`"


def shell(path: Path) -> str:
    """The path as it is typed in a command; one that begins with a dash is no option."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def delimiter_of(text: str) -> str:
    """What cuts the header into most columns; a delimiter inside quotes does not count."""

    def columns(delimiter: str) -> int:
        csv.field_size_limit(FIELD_LIMIT)
        try:
            return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITED, key=columns)


def proposal(names: Sequence[str], columns: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names for the columns of a table without a header: the longest texts are the input."""
    if len(names) < 2:
        return ("text",) * len(names)
    cells = [[name, *column] for name, column in zip(names, columns, strict=True)]
    words = [sum(len(cell.split()) for cell in column) / len(column) for column in cells]
    order = sorted(range(len(names)), key=lambda at: -words[at])
    repeated = [at for at in order[1:] if words[at] <= SHORT and 1 < len(set(cells[at])) < len(cells[at])]
    told = repeated[0] if repeated else order[1]
    found = [f"column{at}" for at in range(1, len(names) + 1)]
    found[order[0]], found[told] = "input", "label" if repeated else "output"
    return tuple(found)


def _is_value(name: str, column: Sequence[str]) -> bool:
    """Whether the first line's cell is a value: a sentence, a number, or what stands below it again."""
    said = name.strip()
    return bool(said) and (
        len(said.split()) > HEADER_WORDS or bool(_NUMBER.fullmatch(said)) or said in map(str.strip, column)
    )


def _numbered(path: Path, text: Iterator[str], delimiter: str) -> Iterator[_Numbered]:
    """Rows with the line where each begins."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    begun = 1
    try:
        for row in reader:
            yield begun, row
            begun = reader.line_num + 1
    except csv.Error as error:
        raise LineError(path, reader.line_num, str(error), fix="mend the quoting of that line") from None


def _rows(path: Path, header: Sequence[str], rows: Iterator[_Numbered], whose: str) -> Iterator[Raw]:
    for begun, row in rows:
        if row and len(row) != len(header):
            what = f"{len(row)} fields, {whose} has {len(header)}"
            fix = "quote fields that hold the delimiter or a line break"
            yield Raw(begun, {}, LineError(path, begun, what, fix=fix))
        elif any(row):
            yield Raw(begun, dict(zip(header, row, strict=True)))


def _header(path: Path, names: list[str]) -> list[str]:
    """Unnamed columns, such as a spreadsheet's row numbers, get a name of their own."""
    header = [name.strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise LineError(path, 1, f"two columns are named {twice!r}", fix="name every column once")
    return header
