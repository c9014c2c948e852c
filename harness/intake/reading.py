"""A client's file to canonical rows; every refusal names the line, the value and the fix."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.examples import Example, Message

INPUT_NAMES = ("input", "text", "prompt", "question", "message")
OUTPUT_NAMES = ("output", "completion", "answer", "response", "target")
LABEL_NAMES = ("label", "category", "class", "intent")
FIELD_LIMIT = 1 << 24


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A row left out, kept in `data/rejected.jsonl`."""

    file: str
    """Name of the client's file."""
    line: int
    """1-based line."""
    why: str
    """One sentence."""


class Numbered(NamedTuple):
    """A canonical row with where it stood."""

    line: int
    """1-based line in the file."""
    example: Example
    """The row."""


class Content(NamedTuple):
    """What a file holds."""

    format: str
    """What it was taken for."""
    rows: list[Numbered]
    """Usable rows in file order."""
    rejected: list[Rejected]
    """Rows left out."""
    rows_in: int
    """Rows read."""


def read_content(path: Path, column_map: Mapping[str, str]) -> Content:
    """Read JSON lines or CSV, told apart by the file's ending and first character."""
    text = _text(path)
    if not text.strip():
        raise DataError(f"{path}: the file is empty", fix="name a file with rows")
    if path.suffix.lower() in (".csv", ".tsv"):
        return _collect(
            path, "tsv" if path.suffix.lower() == ".tsv" else "csv", _csv_rows(path, text), column_map
        )
    if text.lstrip()[0] != "{":
        raise DataError(
            f"{path} line 1: starts with {text.lstrip()[0]!r}, expected one JSON object a line, or a .csv file",
            fix="export the rows as JSON lines or CSV",
        )
    return _collect(path, "jsonl", _json_rows(path, text), column_map)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", fix="check the path") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, expected a file", fix="name a file inside it") from None
    except OSError as wrong:
        raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        problem = f"{path} line {line}: byte {raw[wrong.start]:#04x} is not UTF-8"
        raise DataError(problem, fix="save the file as UTF-8") from None


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as wrong:
            raise DataError(
                f"{path} line {number} column {wrong.colno}: not JSON ({wrong.msg})",
                fix="one JSON object a line; mend or remove that line",
            ) from None
        if not isinstance(row, dict):
            raise DataError(
                f"{path} line {number}: a JSON {type(row).__name__}, expected an object",
                fix='write rows as {"input": ..., "output": ...}',
            )
        yield number, row


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(path, text), strict=True)
    try:
        header = next(reader)
        if len(set(header)) != len(header) or not all(name.strip() for name in header):
            raise DataError(
                f"{path} line 1: header {header} has empty or repeated names", fix="name every column once"
            )
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise DataError(
                    f"{path} line {reader.line_num}: {len(row)} fields, the header has {len(header)}",
                    fix="quote fields that hold the delimiter or a line break",
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as wrong:
        raise DataError(
            f"{path} line {reader.line_num}: {wrong}", fix="mend the quoting of that line"
        ) from None


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _collect(
    path: Path, form: str, numbered: Iterator[tuple[int, dict[str, Any]]], column_map: Mapping[str, str]
) -> Content:
    rows: list[Numbered] = []
    rejected: list[Rejected] = []
    taken: dict[str, int] = {}
    count = 0
    names: dict[str, str] | None = None
    for line, raw in numbered:
        count += 1
        names = names or _fields(path, line, raw, column_map)
        problem, example = _canonical(path, line, raw, names)
        if example is None:
            rejected.append(Rejected(file=path.name, line=line, why=problem))
            continue
        if example.id in taken:
            raise DataError(
                f"{path} line {line}: id {example.id!r} was used on line {taken[example.id]}",
                fix="give every row its own id",
            )
        taken[example.id] = line
        rows.append(Numbered(line, example))
    canonical = (
        form == "jsonl" and names is not None and names["input"] == "input" and names["output"] == "output"
    )
    return Content(f"canonical {form}" if canonical else f"{form} rows", rows, rejected, count)


def _fields(path: Path, line: int, raw: dict[str, Any], column_map: Mapping[str, str]) -> dict[str, str]:
    """Which column is which, settled on the first row."""
    for column in column_map:
        if column not in raw:
            raise DataError(
                f"{path} line {line}: no column {column!r}, found {sorted(raw)}", fix="correct --map"
            )
    mapped = {field: column for column, field in column_map.items()}
    found = {
        "id": mapped.get("id", "id"),
        "input": mapped.get("input") or _first(raw, INPUT_NAMES),
        "label": mapped.get("label") or _first(raw, LABEL_NAMES),
        "output": mapped.get("output") or _first(raw, OUTPUT_NAMES),
    }
    found["output"] = found["output"] or found["label"]
    for field in ("input", "output"):
        if not found[field]:
            raise DataError(
                f"{path} line {line}: no column for `{field}`, found {sorted(raw)}",
                fix=f"rename the column, or pass --map COLUMN={field}",
            )
    return found


def _first(raw: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in raw), "")


def _canonical(
    path: Path, line: int, raw: dict[str, Any], names: Mapping[str, str]
) -> tuple[str, Example | None]:
    for field in ("input", "output"):
        if names[field] not in raw:
            raise DataError(
                f"{path} line {line}: no `{names[field]}`, found {sorted(raw)}",
                fix=f"add `{names[field]}` to that row, or pass --map COLUMN={field}",
            )
    text = _input(path, line, raw[names["input"]], names["input"])
    output = _plain(path, line, raw[names["output"]], names["output"])
    label = (
        _plain(path, line, raw[names["label"]], names["label"])
        if raw.get(names["label"]) is not None
        else None
    )
    if not text or not output:
        return f"empty `{names['input'] if not text else names['output']}`", None
    rest = raw.get("meta")
    return "", Example(
        id=str(raw.get(names["id"]) or f"row-{line}"),
        input=text,
        output=output,
        label=label,
        context=raw.get("context") if isinstance(raw.get("context"), str) else None,
        gold_doc_ids=[str(doc) for doc in raw.get("gold_doc_ids") or []],
        meta=rest if isinstance(rest, dict) else {},
    )


def _plain(path: Path, line: int, value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        kind = type(value).__name__
        raise DataError(f"{path} line {line}: `{name}` is a {kind}, expected text", fix="write it as text")
    return str(value).strip()


def _input(path: Path, line: int, value: object, name: str) -> str | list[Message]:
    if not isinstance(value, list):
        return _plain(path, line, value, name)
    try:
        return msgspec.convert(value, list[Message])
    except msgspec.ValidationError as wrong:
        raise DataError(
            f"{path} line {line}: `{name}`: {wrong}", fix='turns are {"role": "user", "content": "..."}'
        ) from None
