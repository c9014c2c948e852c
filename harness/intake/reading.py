"""A client's file to numbered raw rows; every refusal names the line, the value and the fix."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.errors import DataError, FileError

FIELD_LIMIT = 1 << 24
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a zip archive or Excel workbook",
    b"PAR1": "Parquet",
    b"version https://git-lfs": "a Git LFS pointer, not the data",
}


class LineError(DataError):
    """Content that cannot be used, with the line to blame."""

    def __init__(self, path: Path, line: int, what: str, *, fix: str) -> None:
        super().__init__(f"{path} line {line}: {what}", fix=fix)
        self.line = line


class Raw(NamedTuple):
    """One row as the file has it."""

    line: int
    """1-based line where the row begins; for a JSON array, the row's number."""
    fields: dict[str, Any]
    """Column or key to value."""


class Table(NamedTuple):
    """A file read, its rows not yet understood."""

    form: str
    """JSONL, JSON array, CSV, CSV with semicolons, or TSV."""
    rows: Iterator[Raw]
    """In file order; reading on may still refuse."""


def read_table(path: Path) -> Table:
    """JSON lines, a JSON array or CSV, told apart by the file's ending and first character."""
    text = _text(path)
    start = text.lstrip()[:1]
    if not start:
        raise DataError(f"{path}: the file is empty", fix="name a file with rows")
    if path.suffix.lower() in (".csv", ".tsv"):
        delimiter = _delimiter(path, text)
        names = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV"}
        return Table(names[delimiter], _csv_rows(path, text, delimiter))
    if start == "{":
        return Table("JSONL", _json_lines(path, text))
    if start == "[" and _opens_array(text):
        return Table("JSON array", _json_array(path, text))
    if start == "[":
        fix = 'write rows as {"input": ..., "output": ...}'
        raise LineError(path, 1, "a JSON list, expected an object", fix=fix)
    raise LineError(
        path,
        1,
        f"starts with {text.lstrip()[0]!r}, expected one JSON object a line, or a file named .csv",
        fix="export the rows as JSON lines or CSV",
    )


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", fix="check the path") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, expected a file", fix="name a file inside it") from None
    except OSError as wrong:
        raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None
    for magic, kind in MAGIC.items():
        if raw.startswith(magic):
            raise DataError(f"{path}: the content is {kind}", fix="export the rows as JSON lines or CSV")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        what = f"byte {raw[wrong.start]:#04x} is not UTF-8"
        raise LineError(path, line, what, fix="save the file as UTF-8") from None


def _opens_array(text: str) -> bool:
    """A file whose first line closes its own list holds one list per line, not an array of rows."""
    first = text.lstrip().split("\n", 1)[0].strip()
    return not first.endswith("]") or first.startswith("[{")


def _json_lines(path: Path, text: str) -> Iterator[Raw]:
    # A raw carriage return is illegal inside a JSON string, so every one of them ends a line.
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if line.strip():
            yield Raw(number, _object(path, number, _parse(path, number, line)))


def _json_array(path: Path, text: str) -> Iterator[Raw]:
    for number, row in enumerate(_parse(path, 1, text), start=1):
        yield Raw(number, _object(path, number, row))


def _parse(path: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as wrong:
        at = line + wrong.lineno - 1
        what = f"column {wrong.colno}: not JSON ({wrong.msg})"
        raise LineError(path, at, what, fix="one JSON object a line; mend or remove that line") from None
    except ValueError as wrong:
        reason = str(wrong).split(";")[0]
        raise LineError(path, line, f"not usable JSON ({reason})", fix="mend that value") from None
    except RecursionError:
        raise LineError(path, line, "nested too deeply", fix="flatten that row") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(n for n in names if names.count(n) > 1)!r} occurs twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(path: Path, line: int, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    fix = 'write rows as {"input": ..., "output": ...}'
    raise LineError(path, line, f"a JSON {type(value).__name__}, expected an object", fix=fix)


def _csv_rows(path: Path, text: str, delimiter: str) -> Iterator[Raw]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(path, next(reader))
        begun = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                what = f"{len(row)} fields, the header has {len(header)}"
                fix = "quote fields that hold the delimiter or a line break"
                raise LineError(path, begun, what, fix=fix)
            if any(row):
                yield Raw(begun, dict(zip(header, row, strict=True)))
            begun = reader.line_num + 1
    except csv.Error as wrong:
        raise LineError(path, reader.line_num, str(wrong), fix="mend the quoting of that line") from None


def _header(path: Path, names: list[str]) -> list[str]:
    """Unnamed columns, such as a spreadsheet's row numbers, get a name of their own."""
    header = [name.strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise LineError(path, 1, f"two columns are named {twice!r}", fix="name every column once")
    return header


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)
