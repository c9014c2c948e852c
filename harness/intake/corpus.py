"""All rows with what every audit asks of them: split, repeats, near-copies, labels, places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.examples import Task
from advisor.engagement.records.intake import Affected, Finding, Severity

from .store import Rows

TRAIN, VALIDATION, TEST, UNUSED = range(4)
SPLITS = ("train", "validation", "test")
LINES_SHOWN = 10


class Training(NamedTuple):
    """What training will make of the rows, as far as it is settled."""

    folder: Path | None = None
    """Files of the model, its tokenizer among them; None where they are not at hand."""
    limit: int | None = None
    """Tokens that a row is cut at."""
    reads_context: bool = True
    """Whether a row's `context` is read with its input; not where arms look for it in documents."""


class Corpus(NamedTuple):
    """The rows of a check."""

    rows: Rows
    """Texts, on disk."""
    task: Task
    """What they are for."""
    split: NDArray[np.uint8]
    """TRAIN, VALIDATION, TEST, or UNUSED for what leaks into a held-out split."""
    inputs: NDArray[np.uint64]
    """Key of the normalised input; equal inputs have equal keys."""
    outputs: NDArray[np.uint64]
    """Key of the output."""
    cluster: NDArray[np.int64]
    """Number of the cluster of near-copies, the lowest row in it; a row alone is its own."""
    labels: Sequence[str]
    """Class names; none unless the task is classification."""
    label: NDArray[np.int32]
    """Class of each row, as a place in `labels`; -1 where there is none."""
    given_test: bool
    """Whether the client said which rows are the test rows."""
    training: Training = Training()
    """What they will be learnt with."""

    def numbers(self, *splits: int) -> NDArray[np.int64]:
        """Numbers of the rows in these splits; of all used rows where none is named."""
        wanted = splits or (TRAIN, VALIDATION, TEST)
        return np.flatnonzero(np.isin(self.split, wanted))

    def sample(self, most: int, *splits: int) -> NDArray[np.int64]:
        """At most so many of them, ascending, the same ones every time."""
        all_of_them = self.numbers(*splits)
        if len(all_of_them) <= most:
            return all_of_them
        drawn = np.random.default_rng(0).choice(all_of_them, most, replace=False)
        return np.sort(drawn)


class Found(NamedTuple):
    """A finding with all of its rows."""

    finding: Finding
    """What is said."""
    numbers: Sequence[int]
    """Every row concerned; empty where the file as a whole is."""


class Seen(NamedTuple):
    """What an audit saw."""

    found: Sequence[Found] = ()
    """What the owner should hear."""
    facts: Mapping[str, Any] = MappingProxyType({})
    """Fields of `Profile` with their values."""


def found(
    rows: Rows,
    code: str,
    message: str,
    *,
    numbers: Iterable[int] = (),
    do: str,
    severity: Severity = "warning",
    count: int | None = None,
) -> Found:
    """A finding about rows by number; the message says the count itself."""
    concerned = sorted(int(number) for number in numbers)
    shown = concerned[:LINES_SHOWN]
    finding = Finding(
        code=code,
        message=message,
        count=len(concerned) if count is None else count,
        lines=[rows.line(number) for number in shown],
        severity=severity,
        places=[place(rows, number) for number in shown] if len(rows.paths) > 1 else [],
        do=do,
    )
    return Found(finding, concerned)


def place(rows: Rows, number: int) -> str:
    """`tickets.jsonl:12`."""
    return f"{rows.paths[rows.file(number)].name}:{rows.line(number)}"


def affected(rows: Rows, one: Found, ids: Sequence[str]) -> Affected:
    """The line of `data/findings.jsonl`; `ids` are those of `one.numbers`."""
    places = [place(rows, number) for number in one.numbers]
    return Affected(code=one.finding.code, message=one.finding.message, ids=list(ids), places=places)
