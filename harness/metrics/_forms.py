"""What form the wanted outputs have: some metrics read JSON, some calls, some prose."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.metrics._kind import Basis
from harness.metrics._text import sample, words_each

MAJORITY = 0.5
"""Share of the training outputs that makes a form theirs."""
DEEPEST = 100
"""Levels of nesting beyond which JSON is taken for invalid."""
LONGEST_JSON = 1_000_000
"""Characters of JSON beyond which it is taken for invalid."""
PROSE_WORDS = 4
"""Words of an output on average from which measures of runs of words mean something."""

Call = tuple[str, list[tuple[str, str]]]
"""A name with its slots."""

_CALL = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*\((.*)\)\s*", re.DOTALL)
_SLOT = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*(?:\[([^\[\]]*)\])?\s*(?:,|$)")


def parsed(text: str) -> Any:
    """The JSON value that the whole text is; ValueError where it is none.

    NaN and Infinity are no JSON, nor are keys given twice: programs disagree on what they mean.
    """
    if len(text) > LONGEST_JSON:
        raise ValueError("too long")
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_distinct)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if _depth(value) > DEEPEST:
        raise ValueError("nested too deep")
    return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


def structure(text: str) -> Any:
    """A JSON object or array; None for anything else."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parsed(text)
    except ValueError:
        return None


def call(text: str) -> Call | None:
    """`name(slot[value], slot)` taken apart, a slot without value with an empty one; None for other text."""
    outer = _CALL.fullmatch(text)
    if outer is None:
        return None
    inner, place, slots = outer[2].strip(), 0, []
    while place < len(inner):
        slot = _SLOT.match(inner, place)
        if slot is None:
            return None
        slots.append((slot[1], " ".join((slot[2] or "").split())))
        place = slot.end()
    return outer[1], slots


def is_json(basis: Basis) -> bool:
    """Whether most outputs are JSON objects or arrays."""
    return _most([structure(output) is not None for output in sample(basis)])


def is_call(basis: Basis) -> bool:
    """Whether most outputs are calls with slots that have values."""
    calls = [call(output) for output in sample(basis)]
    return _most([one is not None and any(value for _, value in one[1]) for one in calls])


def is_prose(basis: Basis) -> bool:
    """Whether outputs are running text of some words."""
    if is_json(basis) or is_call(basis):
        return False
    return words_each(sample(basis)) >= PROSE_WORDS


def _most(found: list[bool]) -> bool:
    return bool(found) and sum(found) > MAJORITY * len(found)
