"""Records to TOML that people edit: each field's own sentence becomes the comment above it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache

import msgspec
import tomlkit
from tomlkit.container import Container
from tomlkit.items import Array, Item, Table


def to_toml(record: msgspec.Struct) -> str:
    """The record as TOML, comments taken from the strings under its fields; None is left out."""
    document = tomlkit.document()
    _fill(document, record)
    return tomlkit.dumps(document)


def _fill(table: tomlkit.TOMLDocument | Table | Container, record: msgspec.Struct) -> None:
    sentences = field_sentences(type(record))
    nested = [
        f.name for f in msgspec.structs.fields(record) if isinstance(getattr(record, f.name), msgspec.Struct)
    ]
    plain = [f.name for f in msgspec.structs.fields(record) if f.name not in nested]
    for name in plain:
        value = getattr(record, name)
        if sentences.get(name):
            table.add(tomlkit.comment(sentences[name]))
        if value is not None:
            table.add(name, _item(value))
        else:
            table.add(tomlkit.comment(f"{name} ="))
    for name in nested:
        inner = tomlkit.table()
        _fill(inner, getattr(record, name))
        table.add(name, inner)


def _item(value: object) -> Item:
    """Text of several lines stays on several lines; a reader drops a line break right after the quotes."""
    if isinstance(value, str) and "\n" in value and "\r" not in value and not value.startswith("\n"):
        return tomlkit.string(value, multiline=True)
    return tomlkit.item(value)


@cache
def field_sentences(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The string under each field of a record, on one line."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def with_tables(text: str, tables: Mapping[str, Mapping[str, str | int | float]]) -> str:
    """TOML text with these tables set in it; comments, order and everything else stay."""
    document = tomlkit.parse(text)
    for name, fields in tables.items():
        present = document.get(name)
        if present is not None and not isinstance(present, Table):
            if dict(fields) == {"value": present.unwrap(), "certainty": "known"}:
                continue
            document.remove(name)
            present = None
        if present is None:
            present = tomlkit.table()
            document.add(name, present)
        for key, value in fields.items():
            if key not in present or present[key].unwrap() != value:  # type: ignore[union-attr]
                present[key] = value
    return tomlkit.dumps(document)


def with_listed(text: str, name: str, item: str) -> str:
    """TOML text with the item once in this list; comments, order and everything else stay."""
    document = tomlkit.parse(text)
    listed = document[name]
    assert isinstance(listed, Array)
    if item not in listed.unwrap():
        listed.append(item)
    return tomlkit.dumps(document)


def quoted(text: str) -> str:
    """Text as a TOML value on one line."""
    return tomlkit.item(text).as_string()
