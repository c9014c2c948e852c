"""What a form is, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from reports.figures import Figure


class Document(NamedTuple):
    """A finished report, before it is a file."""

    title: str
    """For the file's own properties."""
    page: str
    """HTML."""
    records: dict[str, Any]
    """The typed records it rests on, by name, with a schema."""
    figures: list[Figure]
    """Its numbers, one by one."""


@dataclass(frozen=True)
class Form:
    """One kind of file."""

    name: str
    """As `--format` names it, and the ending of its files."""
    content: Callable[[Document], bytes]
    """The file; raises MissingPackage where its extra is not installed."""
