"""Sentences that records bring, with the numbers in them as the reader's locale writes numbers."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from .numbers import in_words

R = TypeVar("R", bound=msgspec.Struct)

SENTENCES = frozenset(
    "answer because caveats assumptions do evidence from gate message next_step next_steps notes "
    "otherwise question_text reason risks sentence strongest_against strongest_for text to what when why "
    "work".split()
)
"""Fields that hold words for people; names, sources, dates and texts of the client are others."""


def reworded(record: R) -> R:
    """The same record for the page; the one on disk, and exports for programs, keep its words."""
    raw = msgspec.to_builtins(record)
    said = _reworded(raw, "")
    return record if said == raw else msgspec.convert(said, type(record))


def _reworded(value: Any, field: str) -> Any:
    if isinstance(value, str):
        return in_words(value) if field in SENTENCES else value
    if isinstance(value, list):
        return [_reworded(one, field) for one in value]
    if isinstance(value, dict):
        return {name: _reworded(one, name) for name, one in value.items()}
    return value
