"""Raw rows to canonical ones: which column is which is settled on the first row, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.intake import Finding

from .decoding import LineError, note
from .forms import Form, canonical, one_sided, recognise
from .reading import Raw, read_table
from .turns import Unfit, Unwanted

INPUT_NAMES = ("input", "text", "prompt", "question", "message")
OUTPUT_NAMES = ("output", "completion", "answer", "response", "target")
EMPTY = "empty"
"""How the reason of a row without input or output begins."""
LABEL_NAMES = ("label", "category", "class", "intent")


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

    path: Path
    """The client's file."""
    format: str
    """What it was taken for."""
    rows: list[Numbered]
    """Usable rows in file order."""
    rejected: list[Rejected]
    """Rows left out."""
    rows_in: int
    """Rows read."""
    noted: list[Finding]
    """What was unusual about the file."""


class Columns(NamedTuple):
    """Which column is which."""

    id: str
    """May be absent from the rows."""
    input: str
    """Holds the text."""
    output: str
    """Holds the wanted answer."""
    label: str
    """Holds the class; empty where there is none."""


CANONICAL = Columns("id", "input", "output", "label")


def read_content(path: Path, column_map: Mapping[str, str]) -> Content:
    """Every row of the file in canonical form, or left out with a reason."""
    table = read_table(path)
    rows: list[Numbered] = []
    rejected: list[Rejected] = []
    taken: dict[str, int] = {}
    columns: Columns | None = None
    form: Form | None = None
    for raw in table.rows:
        try:
            if columns is None:
                form = None if column_map else recognise(raw.fields)
                columns = CANONICAL if form else _columns(path, raw, column_map)
            read = Raw(raw.line, canonical(form, raw.fields)) if form else raw
            missing, example = _canonical(path, read, columns)
        except Unfit as wrong:
            raise LineError(path, raw.line, wrong.what, fix=wrong.fix) from None
        except Unwanted as reason:
            rejected.append(Rejected(file=path.name, line=raw.line, why=str(reason)))
            continue
        if example is None:
            rejected.append(Rejected(file=path.name, line=raw.line, why=f"{EMPTY} `{missing}`"))
            continue
        if example.id in taken:
            what = f"id {example.id!r} was used on line {taken[example.id]}"
            raise LineError(path, raw.line, what, fix="give every row its own id")
        taken[example.id] = raw.line
        rows.append(Numbered(raw.line, example))
    if not rows:
        reasons = ", ".join(sorted({row.why for row in rejected})) or "the file ends after its header"
        problem = f"{path}: no usable row, {len(rejected)} were left out ({reasons})"
        raise DataError(problem, fix="rows need an input and an output")
    noted = [*table.noted]
    if one_sided(form, (row.why for row in rejected)):
        noted.append(note("one_sided", f"{path.name}: the label is true on every row, none is unwanted"))
    said = _format(table.form, columns, form)
    return Content(path, said, rows, rejected, len(rows) + len(rejected), noted)


def _format(table: str, columns: Columns | None, form: Form | None) -> str:
    assert columns is not None
    if form is not None:
        return f"{form.name} ({table})" + (f": {form.says}" if form.says else "")
    if table == "JSONL" and (columns.input, columns.output) == ("input", "output"):
        return "canonical JSONL"
    return f"{table} with `{columns.input}` and `{columns.output}`"


def _columns(path: Path, raw: Raw, column_map: Mapping[str, str]) -> Columns:
    """The client's mapping first, then the usual names."""
    for column in column_map:
        if column not in raw.fields:
            what = f"no column {column!r}, found {sorted(raw.fields)}"
            raise LineError(path, raw.line, what, fix="correct --map")
    mapped = {field: column for column, field in column_map.items()}
    given = mapped.get("input") or _first(raw.fields, INPUT_NAMES)
    label = mapped.get("label") or _first(raw.fields, LABEL_NAMES)
    output = mapped.get("output") or _first(raw.fields, OUTPUT_NAMES) or label
    for field, column in (("input", given), ("output", output)):
        if not column:
            what = f"no column for `{field}`, found {sorted(raw.fields)}{_lookalike(raw.fields, field)}"
            fix = f"rename the column to `{field}`, or pass --map COLUMN={field}"
            raise LineError(path, raw.line, what, fix=fix)
    return Columns(mapped.get("id", "id"), given, output, label)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in fields), "")


def _lookalike(fields: Mapping[str, Any], field: str) -> str:
    """A key with letters of another alphabet looks right and is not: show the code point."""
    for name in fields:
        strange = [letter for letter in name if ord(letter) > 127]
        if strange and len(name) == len(field):
            return f"; {name!r} holds U+{ord(strange[0]):04X}"
    return ""


def _canonical(path: Path, raw: Raw, columns: Columns) -> tuple[str, Example | None]:
    """The row, or the name of the column that is empty."""
    fields = raw.fields
    for column in (columns.input, columns.output):
        if column not in fields:
            what = f"no `{column}`, found {sorted(fields)}"
            fix = f"add `{column}` to that row, or remove it; one file holds one format"
            raise LineError(path, raw.line, what, fix=fix)
    text = _input(path, raw, columns.input)
    output = _plain(path, raw, columns.output)
    if not text or not output:
        return (columns.input if not text else columns.output), None
    label = _plain(path, raw, columns.label) if fields.get(columns.label) is not None else ""
    documents = fields.get("gold_doc_ids") or []
    if not isinstance(documents, list):
        what = f"`gold_doc_ids` is a {type(documents).__name__}, expected a list"
        raise LineError(path, raw.line, what, fix="write the ids as a list")
    id = _plain(path, raw, columns.id) if columns.id in fields else ""
    return "", Example(
        id=id or f"row-{raw.line}",
        input=text,
        output=output,
        label=label or None,
        context=fields["context"] if isinstance(fields.get("context"), str) else None,
        gold_doc_ids=[str(document) for document in documents],
        meta=_meta(fields, columns),
    )


def _meta(fields: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """The row's own `meta`, and every column that has no other place."""
    known = {*columns, "context", "gold_doc_ids", "meta"}
    given = fields.get("meta")
    rest = {name: value for name, value in fields.items() if name not in known}
    return {**rest, **(given if isinstance(given, dict) else {})}


def _plain(path: Path, raw: Raw, column: str) -> str:
    value = raw.fields[column]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        what = f"`{column}` is a {type(value).__name__}, expected text"
        raise LineError(
            path, raw.line, what, fix="write it as text; one label per row, multi-label is not supported"
        )
    return str(value).strip()


def _input(path: Path, raw: Raw, column: str) -> str | list[Message]:
    value = raw.fields[column]
    if not isinstance(value, list):
        return _plain(path, raw, column)
    try:
        turns = msgspec.convert(value, list[Message])
    except msgspec.ValidationError as wrong:
        fix = 'turns are {"role": "user", "content": "..."}'
        raise LineError(path, raw.line, f"`{column}`: {wrong}", fix=fix) from None
    if turns and turns[-1].role != "user":
        what = f"`{column}` ends with a turn of the {turns[-1].role}"
        raise LineError(path, raw.line, what, fix="the last turn of an input is the user's")
    return turns
