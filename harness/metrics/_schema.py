"""The JSON Schema that outputs are held to: the plan's own, or what the training outputs have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from advisor.engagement.errors import DataError
from harness.metrics._files import text_of
from harness.metrics._forms import is_json, parsed, structure
from harness.metrics._kind import Basis

MOST_KEYS = 200
"""Keys of an object beyond which they are taken for data rather than fields."""


def validator(basis: Basis) -> Any:
    """A validator of jsonschema; None where no schema is given and outputs are no JSON."""
    name = basis.settings.json_schema
    if name and basis.root is not None:
        return _validator(_given(basis, name), name)
    if not is_json(basis):
        return None
    strict = _validator(inferred(basis), "the schema of the training outputs")
    held_out = [value for row in basis.validation if (value := structure(row.output)) is not None]
    if all(strict.is_valid(value) for value in held_out):
        return strict
    return _validator(inferred(basis, closed=False), "the schema of the training outputs")


def inferred(basis: Basis, *, closed: bool = True) -> dict[str, Any]:
    """Of objects or of arrays, whichever most training outputs are: keys, those that are always there, types.

    A closed schema knows no other keys. It is opened where a validation row breaks it, so that a key that is
    rare is no mistake.
    """
    rows = basis.train or basis.validation
    values = [value for row in rows if (value := structure(row.output)) is not None]
    objects = [value for value in values if isinstance(value, dict)]
    arrays = [value for value in values if isinstance(value, list)]
    return schema_of(objects if len(objects) >= len(arrays) else arrays, closed=closed)


def schema_of(values: Sequence[Any], *, closed: bool) -> dict[str, Any]:
    """The narrowest schema of types and keys that all the values meet; it says nothing of what texts say."""
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(type_of(value), []).append(value)
    found = [_of_type(name, group, closed=closed) for name, group in sorted(groups.items())]
    if not found:
        return {}
    return found[0] if len(found) == 1 else {"anyOf": found}


def type_of(value: Any) -> str:
    """The name that JSON Schema has for it; whole numbers are numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "string"


def _of_type(name: str, values: Sequence[Any], *, closed: bool) -> dict[str, Any]:
    if name == "array":
        return {"type": name, "items": schema_of([one for value in values for one in value], closed=closed)}
    if name != "object":
        return {"type": name}
    keys = list(dict.fromkeys(key for value in values for key in value))
    if len(keys) > MOST_KEYS:
        inner = schema_of([one for value in values for one in value.values()], closed=closed)
        return {"type": name, "additionalProperties": inner}
    return {
        "type": name,
        "properties": {
            key: schema_of([value[key] for value in values if key in value], closed=closed) for key in keys
        },
        "required": [key for key in keys if all(key in value for value in values)],
        "additionalProperties": not closed,
    }


def _given(basis: Basis, name: str) -> Any:
    text = text_of(basis, name, field="metrics.json_schema")
    try:
        schema = parsed(text)
    except ValueError as error:
        raise DataError(f"{name}: is no JSON ({error})", fix="write a JSON Schema in it") from None
    for reference in _references(schema):
        # jsonschema would fetch it
        if not reference.startswith("#"):
            raise DataError(
                f"{name}: refers to {reference}, outside the file",
                fix="copy what it refers to below $defs and refer to #/$defs/...",
            )
    return schema


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _references(one)
    elif isinstance(schema, dict):
        for key, one in schema.items():
            if key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(one, str):
                yield one
            yield from _references(one)


def _validator(schema: Any, name: str) -> Any:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise DataError(f"{name}: is no JSON Schema: {error.message}", fix="correct it there") from None
    return kind(schema)
