"""YAML for other tools: nested blocks whose every scalar is JSON, which YAML reads as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

Node = str | int | float | bool | None | Mapping[str, "Node"] | Sequence["Node"]

# YAML 1.2, section 5.1, leaves these out of the characters a stream may hold unescaped; 1.1 readers
# besides take 0x85, 0x2028 and 0x2029 for line ends.
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def document(content: Mapping[str, Node]) -> str:
    """The mapping as block YAML with a newline at the end."""
    return "\n".join(_lines(content, "")) + "\n"


def scalar(value: str | int | float | bool | None) -> str:
    """One value on one line; text is always in double quotes."""
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        return UNPRINTABLE.sub(lambda hit: f"\\u{ord(hit[0]):04x}", quoted)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _number(value: float) -> str:
    """YAML 1.1 takes 2e-05 for a text: its numbers with an exponent need a point."""
    text = json.dumps(value)
    whole, mark, power = text.partition("e")
    return f"{whole if '.' in whole else whole + '.0'}{mark}{power}" if mark else text


def _key(name: str) -> str:
    return name if PLAIN_KEY.fullmatch(name) and name.lower() not in WORDS else scalar(name)


def _lines(content: Mapping[str, Node], indent: str) -> list[str]:
    found: list[str] = []
    for name, value in content.items():
        found += _entry(f"{indent}{_key(name)}:", value, indent)
    return found


def _entry(head: str, value: Node, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        return [head, *_lines(value, indent + "  ")] if value else [f"{head} {{}}"]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [head, *_items(value, indent + "  ")] if value else [f"{head} []"]
    return [f"{head} {scalar(value)}"]


def _items(values: Sequence[Node], indent: str) -> list[str]:
    found: list[str] = []
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = _lines(value, indent + "  ")
            found += [f"{indent}- {first.strip()}", *rest]
        elif isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            raise TypeError(f"a list holds texts, numbers and mappings, not {value!r}")
        else:
            found.append(f"{indent}- {scalar(value)}")
    return found
