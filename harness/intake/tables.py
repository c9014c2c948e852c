"""What every reader gives: numbered raw rows, broken ones among them, and what was unusual about the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.records.intake import Finding

from .decoding import LineError


def unheard(_: str) -> None:
    """For those who do not listen."""


class Reading(NamedTuple):
    """How a person wants a file read."""

    encoding: str = ""
    """Name of a Python codec; empty to tell by the marks."""
    columns: tuple[str, ...] = ()
    """Names for the columns of a delimited file without a header."""
    tell: Callable[[str], None] = unheard
    """Hears what is fetched from the network before it is: one sentence."""


AS_IT_IS = Reading()


class Raw(NamedTuple):
    """One row as the file has it."""

    line: int
    """1-based line where the row begins; its number where a file has no lines, as `noun` says."""
    fields: dict[str, Any]
    """Column or key to value; empty where the row cannot be read."""
    wrong: LineError | None = None
    """Why it cannot be read; the rows after it can."""
    noun: str = "line"
    """What `line` counts: lines of text, elements of a JSON array, questions of SQuAD, or rows."""

    def error(self, path: Path, what: str, *, fix: str) -> LineError:
        """A refusal of this row."""
        return LineError(path, self.line, what, fix=fix, noun=self.noun)


class Table(NamedTuple):
    """A file read, its rows not yet understood."""

    form: str
    """JSONL, JSON, JSON array, fastText, TSV, Parquet, Excel, or CSV and its delimiter."""
    rows: Iterator[Raw]
    """In file order; a row that cannot be read is among them, what ends the reading is raised."""
    noted: list[Finding]
    """What was unusual about the file."""
    names: tuple[str, ...] = ()
    """Names to propose for --columns, in case the first line of the table is no header; empty elsewhere."""
    headless: bool = False
    """Whether that line looks like data."""

    def whole(self) -> Iterator[Raw]:
        """The rows; the first that cannot be read is raised."""
        for raw in self.rows:
            if raw.wrong is not None:
                raise raw.wrong
            yield raw
