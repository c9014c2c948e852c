"""JSON text to values: msgspec where it agrees with the strict reading, that reading elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec


class NotJson(Exception):
    """Text that is no JSON, or whose meaning depends on the parser."""

    def __init__(self, what: str, *, line: int = 1, column: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        """In words."""
        self.line = line
        """1-based line within the text."""
        self.column = column
        """1-based column within that line, where one is known."""


def quickly(line: str, strictly: Callable[[str], Any]) -> Any:
    """The value of the line; whatever could be refused, or be a key given twice, is read strictly."""
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return strictly(line)
    quotes = line.count('"')
    if "\\" in line:
        quotes -= line.replace("\\\\", "").count('\\"')
    # A key given twice leaves fewer strings in the value than the text has.
    return value if quotes == 2 * _strings(value) else strictly(line)


def strictly(text: str) -> Any:
    """The value; a key given twice, NaN and other things that parsers disagree on are refused."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as wrong:
        raise NotJson(f"not JSON ({wrong.msg})", line=wrong.lineno, column=wrong.colno) from None
    except ValueError as wrong:
        raise NotJson(f"not usable JSON ({str(wrong).split(';')[0]})") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(n for n in names if names.count(n) > 1)!r} occurs twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _strings(value: Any) -> int:
    """Keys and strings at any depth."""
    total, waiting = 0, [value]
    while waiting:
        at = waiting.pop()
        if type(at) is str:
            total += 1
        elif type(at) is dict:
            total += len(at)
            for inner in at.values():
                if type(inner) is str:
                    total += 1
                elif type(inner) is dict or type(inner) is list:
                    waiting.append(inner)
        elif type(at) is list:
            waiting.extend(at)
    return total
