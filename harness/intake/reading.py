"""A client's file to numbered raw rows; every refusal names the line, the value and the fix."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.intake import Finding

from .columnar import Columnar, parquet, workbook
from .decoding import PARQUET, LineError, decode, note, unpack

FIELD_LIMIT = 1 << 24
DELIMITED = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "CSV with pipes"}
FASTTEXT = "__label__"
USUAL = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".xlsx")


class Raw(NamedTuple):
    """One row as the file has it."""

    line: int
    """1-based line where the row begins; for a JSON array or Parquet, the row's number."""
    fields: dict[str, Any]
    """Column or key to value."""


class Table(NamedTuple):
    """A file read, its rows not yet understood."""

    form: str
    """JSONL, JSON, JSON array, fastText, TSV, Parquet, Excel, or CSV and its delimiter."""
    rows: Iterator[Raw]
    """In file order; reading on may still refuse."""
    noted: Sequence[Finding] = ()
    """What was unusual about the file."""


def read_table(path: Path) -> Table:
    """Any kind of table, told apart by the ending, the first bytes and the first character."""
    content, ending, noted = unpack(path)
    if content.startswith(PARQUET) or ending == ".parquet":
        table = _columnar("Parquet", parquet(path, content), first_line=1)
    elif ending == ".xlsx":
        table = _columnar("Excel", workbook(path, content), first_line=2)
    else:
        text, also = decode(path, content)
        table = _text_table(path, text, ending)._replace(noted=also)
    return table._replace(noted=[*noted, *table.noted, *_surprise(path, ending, table.form)])


def _columnar(form: str, found: Columnar, *, first_line: int) -> Table:
    """Rows without any value, as spreadsheets have them below the data, are passed over."""
    numbered = enumerate(found.rows, start=first_line)
    rows = (
        Raw(line, fields) for line, fields in numbered if any(v not in (None, "") for v in fields.values())
    )
    return Table(form, rows, found.noted)


def _surprise(path: Path, ending: str, form: str) -> list[Finding]:
    """A name that says nothing, or something else than the content."""
    if form == "JSON array" and ending in (".jsonl", ".ndjson"):
        return [note("array", f"{path.name} holds one JSON array, not one object a line: read as an array")]
    if ending not in USUAL:
        return [note("unnamed", f"{path.name} has no usual ending: read as {form}")]
    return []


def _text_table(path: Path, text: str, ending: str) -> Table:
    start = text.lstrip()[:1]
    if not start:
        raise DataError(f"{path}: the file is empty, it holds no rows", fix="name a file with rows")
    if ending in (".csv", ".tsv"):
        delimiter = "\t" if ending == ".tsv" else _delimiter(text)
        return Table(DELIMITED[delimiter], _csv_rows(path, text, delimiter))
    if start == "{" and ending == ".json" and not _object_a_line(text):
        return Table("JSON", _questions(path, _parse(path, 1, text)))
    if text.lstrip().startswith(FASTTEXT):
        return Table("fastText", _fasttext_rows(path, text))
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


def _opens_array(text: str) -> bool:
    """A file whose first line closes its own list holds one list per line, not an array of rows."""
    first = text.lstrip().split("\n", 1)[0].strip()
    return not first.endswith("]") or first.startswith("[{")


def _object_a_line(text: str) -> bool:
    """Whether the first line is an object by itself, so that each line is a row."""
    first = text.lstrip().split("\n", 1)
    try:
        whole = json.loads(first[0])
    except (ValueError, RecursionError):
        return False
    return not (isinstance(whole, dict) and isinstance(whole.get("data"), list))


def _questions(path: Path, whole: object) -> Iterator[Raw]:
    """SQuAD's tree of articles, passages and questions, one row a question."""
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, list):
        what = f"one JSON object with {sorted(_object(path, 1, whole))[:5]}, expected an array of rows"
        raise LineError(path, 1, what, fix="write the rows as a JSON array or as JSON lines")
    number = 0
    try:
        for article in data:
            for passage in article["paragraphs"]:
                for question in passage["qas"]:
                    number += 1
                    title = {"title": article["title"]} if "title" in article else {}
                    yield Raw(number, {**title, "context": passage["context"], **question})
    except (KeyError, TypeError):
        what = f"question {number + 1}: not data, paragraphs and qas as in SQuAD"
        raise LineError(path, 1, what, fix="write the rows as a JSON array or as JSON lines") from None


def _fasttext_rows(path: Path, text: str) -> Iterator[Raw]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        label, _, said = line.strip().partition(" ")
        if not label:
            continue
        if not label.startswith(FASTTEXT) or said.lstrip().startswith(FASTTEXT):
            what = "several labels" if label.startswith(FASTTEXT) else f"no {FASTTEXT} in front"
            raise LineError(path, number, what, fix=f"write `{FASTTEXT}name text`, one label a row")
        yield Raw(number, {"text": said, "label": label.removeprefix(FASTTEXT)})


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


def _delimiter(text: str) -> str:
    """What cuts the header into most columns; a delimiter inside quotes does not count."""

    def columns(delimiter: str) -> int:
        csv.field_size_limit(FIELD_LIMIT)
        try:
            return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITED, key=columns)
