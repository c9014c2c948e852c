"""Which column is which: the client's mapping first, then the usual names, settled on the first row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.records.examples import Example, Message

from .tables import Raw

INPUT_NAMES = ("input", "text", "prompt", "question", "message")
OUTPUT_NAMES = ("output", "completion", "answer", "response", "target")
LABEL_NAMES = ("label", "category", "class", "intent")
MAPPABLE = (
    "id",
    "input",
    "output",
    "label",
    "context",
    "gold_doc_ids",
    "group",
    "split",
    "prompt",
    "chosen",
    "rejected",
)
"""What `--map COL=FIELD` may name."""
PAIR = {"prompt": "input", "chosen": "output"}
"""A preference pair has the prompt as its input and the better answer as its output."""


class Columns(NamedTuple):
    """Which column is which; a column may be absent from the rows where it is not input or output."""

    id: str
    """Names the row."""
    input: str
    """Holds the text."""
    output: str
    """Holds the wanted answer; empty where the task has none."""
    label: str
    """Holds the class."""
    context: str = "context"
    """Holds a passage that belongs to the input."""
    gold_doc_ids: str = "gold_doc_ids"
    """Holds the ids of the documents with the answer."""
    group: str = ""
    """Rows with the same value stay in one split."""
    split: str = ""
    """Names the split of the row."""
    rejected: str = ""
    """Holds the worse answer of a pair."""


CANONICAL = Columns("id", "input", "output", "label")
ANSWERLESS = CANONICAL._replace(output="")


def settle(path: Path, raw: Raw, column_map: Mapping[str, str]) -> Columns:
    """The columns of a table by its first row; a mapping goes before the usual names."""
    for column in column_map:
        if column not in raw.fields:
            what = f"no column {column!r}, found {sorted(raw.fields)}"
            raise raw.error(path, what, fix="correct --map")
    mapped = {PAIR.get(field, field): column for column, field in column_map.items()}
    given = mapped.get("input") or _first(raw.fields, INPUT_NAMES)
    label = mapped.get("label") or _first(raw.fields, LABEL_NAMES)
    output = mapped.get("output") or _first(raw.fields, OUTPUT_NAMES) or label
    for field, column in (("input", given), ("output", output)):
        if not column:
            what = f"no column for `{field}`, found {sorted(raw.fields)}{_lookalike(raw.fields, field)}"
            fix = f"rename the column to `{field}`, or pass --map COLUMN={field}"
            raise raw.error(path, what, fix=fix)
    return Columns(
        mapped.get("id", "id"),
        given,
        output,
        label or "label",
        mapped.get("context", "context"),
        mapped.get("gold_doc_ids", "gold_doc_ids"),
        mapped.get("group", ""),
        mapped.get("split", ""),
        mapped.get("rejected", ""),
    )


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in fields), "")


def _lookalike(fields: Mapping[str, Any], field: str) -> str:
    """A key with letters of another alphabet looks right and is not: show the code point."""
    for name in fields:
        strange = [letter for letter in name if ord(letter) > 127]
        if strange and len(name) == len(field):
            return f"; {name!r} holds U+{ord(strange[0]):04X}"
    return ""


def example(path: Path, raw: Raw, columns: Columns) -> Example | str:
    """The row in canonical form, or the name of the column that is empty."""
    fields = raw.fields
    for column in (columns.input, columns.output, columns.rejected):
        if column and column not in fields:
            what = f"no `{column}`, found {sorted(fields)}"
            fix = f"add `{column}` to that row, or remove it; one file holds one format"
            raise raw.error(path, what, fix=fix)
    text = _input(path, raw, columns.input)
    if not text:
        return columns.input
    output = _plain(path, raw, columns.output) if columns.output else ""
    if columns.output and not output:
        return columns.output
    id = _plain(path, raw, columns.id) if columns.id in fields else ""
    return Example(
        id=id or f"row-{raw.line}",
        input=text,
        output=output,
        label=_plain(path, raw, columns.label) or None if columns.label in fields else None,
        context=_context(fields.get(columns.context)),
        gold_doc_ids=_documents(path, raw, columns.gold_doc_ids),
        meta=_meta(path, raw, columns),
    )


def _context(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _documents(path: Path, raw: Raw, column: str) -> list[str]:
    """A list of ids; tables can only hold it as text: one id, or a JSON list."""
    value = raw.fields.get(column)
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            value = [value]
    if isinstance(value, str | int):
        value = [value]
    value = value or []
    if not isinstance(value, list) or any(isinstance(one, dict | list) or one is None for one in value):
        what = f"`{column}` is {json.dumps(value)[:40]}, expected a list of ids"
        raise raw.error(path, what, fix='write the ids as a list, such as ["d1", "d2"]')
    return [str(document) for document in value if str(document).strip()]


def _meta(path: Path, raw: Raw, columns: Columns) -> dict[str, Any]:
    """The row's own `meta`, and every column that has no other place."""
    known = {*columns, "meta"}
    given = raw.fields.get("meta")
    meta = {name: value for name, value in raw.fields.items() if name not in known}
    meta |= given if isinstance(given, dict) else {}
    for name in ("group", "split", "rejected"):
        column = getattr(columns, name)
        if column and raw.fields.get(column) not in (None, ""):
            meta[name] = _plain(path, raw, column)
    return meta


def _plain(path: Path, raw: Raw, column: str) -> str:
    value = raw.fields[column]
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = f"`{column}` is a {type(value).__name__}, expected text"
        fix = "write it as text; one label per row, multi-label is not supported"
        raise raw.error(path, what, fix=fix)
    return str(value)


def _input(path: Path, raw: Raw, column: str) -> str | list[Message]:
    value = raw.fields[column]
    if not isinstance(value, list):
        return _plain(path, raw, column)
    try:
        turns = msgspec.convert(value, list[Message])
    except msgspec.ValidationError as wrong:
        fix = 'turns are {"role": "user", "content": "..."}'
        raise raw.error(path, f"`{column}`: {wrong}", fix=fix) from None
    if turns and turns[-1].role != "user":
        what = f"`{column}` ends with a turn of the {turns[-1].role}"
        raise raw.error(path, what, fix="the last turn of an input is the user's")
    return turns
