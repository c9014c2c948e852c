"""One line of JSON to an object: msgspec where it agrees with the strict reading, that reading elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


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
