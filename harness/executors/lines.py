"""What an executor and its worker say to each other: a JSON record a line, nothing that runs as code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from advisor.engagement import errors
from advisor.engagement.errors import TunecaseError


class Order(msgspec.Struct, frozen=True):
    """A job to do."""

    kind: str
    """As in `Job`."""
    arm: str
    """As in `Job`."""
    seed: int
    """As in `Job`."""
    rows: int | None
    """As in `Job`."""


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """A sign of life of the job at hand."""

    stage: str
    """As in `Progress`."""
    done: int
    """As in `Progress`."""
    total: int
    """As in `Progress`."""
    note: str
    """As in `Progress`."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The job at hand is done, its result on disk."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The job at hand cannot be done, as an error that carries its fix; trying again would not help."""

    error: str
    """Name of the error's class."""
    problem: str
    """What is wrong."""
    fix: str
    """What to do."""

    @classmethod
    def of(cls, error: TunecaseError) -> Failed:
        """The error as a line."""
        return cls(type(error).__name__, error.problem, error.fix)

    def as_error(self) -> TunecaseError:
        """The error itself, with its exit code."""
        kind = getattr(errors, self.error, errors.RunFailed)
        known = isinstance(kind, type) and issubclass(kind, TunecaseError)
        return (kind if known else errors.RunFailed)(self.problem, fix=self.fix)


Answer = Moved | Done | Failed
"""What a worker says."""


def write(out: BinaryIO, record: msgspec.Struct) -> None:
    """One record, sent at once."""
    out.write(msgspec.json.encode(record) + b"\n")
    out.flush()


def answers(lines: BinaryIO) -> Iterator[Answer]:
    """What the worker says until it ends; a line that it was killed in is left out."""
    for line in lines:
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=Answer)
