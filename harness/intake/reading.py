"""A client's file to numbered raw rows; every refusal names the line, the value and the fix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from advisor.engagement.errors import DataError
from advisor.engagement.records.intake import Finding

from .columnar import parquet, workbook
from .decoding import PARQUET, LineError, note
from .delimited import DELIMITED, FIELD_LIMIT, delimited, delimiter_of
from .hub import is_hub, rows_of
from .json_arrays import elements
from .json_lines import NotJson, quickly, strictly
from .streaming import lines, source, texts
from .tables import AS_IT_IS, Raw, Reading, Table

FASTTEXT = "__label__"
USUAL = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".xlsx")
WHOLE = 1 << 27
"""Characters that a JSON document, which is read whole, may have: parsed, they take some 1 GB."""


def read_table(path: Path, how: Reading = AS_IT_IS) -> Table:
    """Any kind of table, told apart by the ending, the first bytes and the first character."""
    if is_hub(path):
        numbered, told = rows_of(path, how.tell)
        rows = (Raw(number, fields, noun="row") for number, fields in numbered)
        return Table("hub dataset", rows, told)
    found = source(path)
    ending, noted = found.ending, found.noted
    if how.encoding and (found.start.startswith(PARQUET) or ending in (".parquet", ".xlsx")):
        kind = "Excel" if ending == ".xlsx" else "Parquet"
        problem = f"{path}: --encoding is for text files, and {kind} says itself how its text is stored"
        raise DataError(problem, fix="leave out --encoding")
    if found.start.startswith(PARQUET) or ending == ".parquet":
        table = parquet(path, found)
    elif ending == ".xlsx":
        table = workbook(path, found)
    else:
        pieces, also = texts(path, found, how.encoding)
        table = _text_table(path, pieces, ending, how)
        noted = [*noted, *also]
    if how.columns and table.form not in DELIMITED.values():
        problem = f"{path}: --columns names the columns of CSV or TSV, this is {table.form}"
        raise DataError(problem, fix="leave out --columns")
    return table._replace(noted=[*noted, *table.noted, *_surprise(path, ending, table.form)])


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
        delimiter = "\t" if ending == ".tsv" else delimiter_of(text)
        return delimited(path, lines(path, pieces), delimiter, how)
    if start == "{" and ending == ".json" and not _object_a_line(text):
        return Table("JSON", _questions(path, _document(path, _whole(path, pieces))), [])
    if text.lstrip().startswith(FASTTEXT):
        return Table("fastText", _fasttext_rows(path, lines(path, pieces)), [])
    if start == "{":
        return Table("JSONL", _json_lines(path, lines(path, pieces)), [])
    if start == "[" and _opens_array(text):
        return Table("JSON array", _json_array(path, pieces), [])
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


def _document(path: Path, text: str) -> Any:
    try:
        return strictly(text)
    except NotJson as wrong:
        at = f"column {wrong.column}: " if wrong.column else ""
        fix = "mend it there; rows can be one JSON object a line, or a JSON array"
        raise LineError(path, wrong.line, f"{at}{wrong.what}", fix=fix) from None


def _questions(path: Path, whole: dict[str, Any]) -> Iterator[Raw]:
    """SQuAD's tree of articles, passages and questions, one row a question."""
    data = whole.get("data")
    if not isinstance(data, list):
        what = f"one JSON object with {sorted(whole)[:5]}, expected an array of rows"
        raise LineError(path, 1, what, fix="write the rows as a JSON array or as JSON lines")
    for number, fields in enumerate(_asked(data), start=1):
        if fields is not None:
            yield Raw(number, fields, noun="question")
            continue
        fix = "write the rows as a JSON array or as JSON lines"
        what = "not data, paragraphs and qas as in SQuAD"
        wrong = LineError(path, number, what, fix=fix, noun="question")
        yield Raw(number, {}, wrong, noun="question")


def _asked(data: list[Any]) -> Iterator[dict[str, Any] | None]:
    """Each question with its passage and title; None for a part of the tree that has another shape."""
    for article in data:
        for passage in _below(article, "paragraphs"):
            for question in _below(passage, "qas"):
                if isinstance(question, dict) and "context" in passage:
                    title = {"title": article["title"]} if "title" in article else {}
                    yield {**title, "context": passage["context"], **question}
                else:
                    yield None


def _below(place: Any, key: str) -> list[Any]:
    """What hangs there; None alone where it is no list."""
    found = place.get(key) if isinstance(place, dict) else None
    return found if isinstance(found, list) else [None]


def _fasttext_rows(path: Path, text: Iterator[str]) -> Iterator[Raw]:
    fix = f"write `{FASTTEXT}name text`, one label a row"
    for number, line in enumerate(text, start=1):
        label, _, said = line.strip().partition(" ")
        if not label:
            continue
        if not label.startswith(FASTTEXT):
            yield Raw(number, {}, LineError(path, number, f"no {FASTTEXT} in front", fix=fix))
        elif said.lstrip().startswith(FASTTEXT):
            yield Raw(number, {}, LineError(path, number, "several labels", fix=fix))
        else:
            yield Raw(number, {"text": said, "label": label.removeprefix(FASTTEXT)})


def _json_lines(path: Path, text: Iterator[str]) -> Iterator[Raw]:
    # A raw carriage return is illegal inside a JSON string, so every one of them ends a line.
    for number, ended in enumerate(text, start=1):
        line = ended.rstrip("\r\n")
        if line.strip():
            try:
                fields = _object(quickly(line, strictly))
            except NotJson as wrong:
                at = f"column {wrong.column}: " if wrong.column else ""
                fix = "one JSON object a line; mend or remove that line"
                yield Raw(number, {}, LineError(path, number, f"{at}{wrong.what}", fix=fix))
            else:
                yield Raw(number, fields)


def _json_array(path: Path, pieces: Iterator[str]) -> Iterator[Raw]:
    for number, found in enumerate(elements(path, pieces), start=1):
        try:
            fields = _object(quickly(found.text, strictly))
        except NotJson as wrong:
            column = wrong.column or 1
            column += found.column - 1 if wrong.line == 1 else 0
            what = f"line {found.line + wrong.line - 1} column {column}: {wrong.what}"
            fix = "mend or remove that element of the array"
            yield Raw(number, {}, LineError(path, number, what, fix=fix, noun="element"), noun="element")
        else:
            yield Raw(number, fields, noun="element")


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise NotJson(f"a JSON {type(value).__name__}, expected an object")
