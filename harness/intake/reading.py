"""A client's file to numbered raw rows; every refusal names the line, the value and the fix."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.intake import Finding

from .columnar import Columnar, parquet, workbook
from .decoding import PARQUET, LineError, note, unpack
from .hub import is_hub, rows_of
from .json_lines import quickly
from .streaming import lines, source, texts

FIELD_LIMIT = 1 << 24
DELIMITED = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "CSV with pipes"}
FASTTEXT = "__label__"
USUAL = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".xlsx")


WHOLE = 1 << 29
"""Characters that a JSON document, which is read whole, may have."""


class Reading(NamedTuple):
    """How a person wants a file read."""

    encoding: str = ""
    """Name of a Python codec; empty to tell by the marks."""
    columns: tuple[str, ...] = ()
    """Names for the columns of a delimited file without a header."""
    skip: bool = False
    """Pass rows that cannot be read on as broken, instead of refusing the file."""


AS_IT_IS = Reading()


class Raw(NamedTuple):
    """One row as the file has it."""

    line: int
    """1-based line where the row begins; for a JSON array or Parquet, the row's number."""
    fields: dict[str, Any]
    """Column or key to value; empty where the row cannot be read."""
    wrong: LineError | None = None
    """Why it cannot be read, where broken rows are passed on instead of refused."""


class Table(NamedTuple):
    """A file read, its rows not yet understood."""

    form: str
    """JSONL, JSON, JSON array, fastText, TSV, Parquet, Excel, or CSV and its delimiter."""
    rows: Iterator[Raw]
    """In file order; reading on may still refuse."""
    noted: list[Finding]
    """What was unusual about the file; reading on may add to it."""


def read_table(path: Path, how: Reading = AS_IT_IS) -> Table:
    """Any kind of table, told apart by the ending, the first bytes and the first character."""
    if is_hub(path):
        numbered, told = rows_of(path)
        return Table("hub dataset", (Raw(number, fields) for number, fields in numbered), told)
    found = source(path)
    ending, noted = found.ending, found.noted
    if how.encoding and (found.start.startswith(PARQUET) or ending in (".parquet", ".xlsx")):
        kind = "Excel" if ending == ".xlsx" else "Parquet"
        problem = f"{path}: --encoding is for text files, and {kind} says itself how its text is stored"
        raise DataError(problem, fix="leave out --encoding")
    if found.start.startswith(PARQUET) or ending == ".parquet":
        table = _columnar("Parquet", parquet(path, unpack(path).content), first_line=1)
    elif ending == ".xlsx":
        table = _columnar("Excel", workbook(path, unpack(path).content), first_line=2)
    else:
        pieces, also = texts(path, found, how.encoding)
        table = _text_table(path, pieces, ending, how)
        noted = [*noted, *also]
    if how.columns and table.form not in DELIMITED.values():
        problem = f"{path}: --columns names the columns of CSV or TSV, this is {table.form}"
        raise DataError(problem, fix="leave out --columns")
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


def _text_table(path: Path, pieces: Iterator[str], ending: str, how: Reading) -> Table:
    text = ""
    for piece in pieces:
        text += piece
        if text.strip() and ("\n" in text.lstrip() or len(text) > FIELD_LIMIT):
            break
    start = text.lstrip()[:1]
    if not start:
        raise DataError(f"{path}: the file is empty, it holds no rows", fix="name a file with rows")
    pieces = chain([text], pieces)
    if ending in (".csv", ".tsv"):
        delimiter = "\t" if ending == ".tsv" else _delimiter(text)
        return Table(DELIMITED[delimiter], _csv_rows(path, lines(path, pieces), delimiter, how), [])
    if start == "{" and ending == ".json" and not _object_a_line(text):
        return Table("JSON", _questions(path, _parse(path, 1, _whole(path, pieces))), [])
    if text.lstrip().startswith(FASTTEXT):
        return Table("fastText", _fasttext_rows(path, lines(path, pieces)), [])
    if start == "{":
        return Table("JSONL", _json_lines(path, lines(path, pieces), skip=how.skip), [])
    if start == "[" and _opens_array(text):
        return Table("JSON array", _json_array(path, _whole(path, pieces)), [])
    if start == "[":
        fix = 'write rows as {"input": ..., "output": ...}'
        raise LineError(path, 1, "a JSON list, expected an object", fix=fix)
    raise LineError(
        path,
        1,
        f"starts with {start!r}, expected one JSON object a line, or a file named .csv",
        fix="export the rows as JSON lines or CSV",
    )


def _whole(path: Path, pieces: Iterator[str]) -> str:
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > WHOLE:
            problem = f"{path}: one JSON document of a size over the limit of {WHOLE} characters"
            raise DataError(problem, fix="write the rows as JSONL, one object a line")
    return "".join(held)


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


def _fasttext_rows(path: Path, text: Iterator[str]) -> Iterator[Raw]:
    for number, line in enumerate(text, start=1):
        label, _, said = line.strip().partition(" ")
        if not label:
            continue
        if not label.startswith(FASTTEXT) or said.lstrip().startswith(FASTTEXT):
            what = "several labels" if label.startswith(FASTTEXT) else f"no {FASTTEXT} in front"
            raise LineError(path, number, what, fix=f"write `{FASTTEXT}name text`, one label a row")
        yield Raw(number, {"text": said, "label": label.removeprefix(FASTTEXT)})


def _json_lines(path: Path, text: Iterator[str], *, skip: bool) -> Iterator[Raw]:
    # A raw carriage return is illegal inside a JSON string, so every one of them ends a line.
    for number, ended in enumerate(text, start=1):
        line = ended.rstrip("\r\n")
        if line.strip():
            try:
                fields = _object(path, number, quickly(line, partial(_parse, path, number)))
            except LineError as wrong:
                if not skip:
                    raise
                yield Raw(number, {}, wrong)
            else:
                yield Raw(number, fields)


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


def _csv_rows(path: Path, text: Iterator[str], delimiter: str, how: Reading) -> Iterator[Raw]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = _header(path, list(how.columns) or next(reader))
        begun = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                what = f"{len(row)} fields, {'--columns' if how.columns else 'the header'} has {len(header)}"
                fix = "quote fields that hold the delimiter or a line break"
                wrong = LineError(path, begun, what, fix=fix)
                if not how.skip:
                    raise wrong
                yield Raw(begun, {}, wrong)
            elif any(row):
                yield Raw(begun, dict(zip(header, row, strict=True)))
            begun = reader.line_num + 1
    except csv.Error as error:
        raise LineError(path, reader.line_num, str(error), fix="mend the quoting of that line") from None


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
