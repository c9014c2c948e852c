"""Everything that may go wrong for a user, as one tree; each error carries its fix and its exit code.

TunecaseError
├── NotReady                 exit 3: nothing was run
│   ├── FileError            a file is missing, unreadable or not what its name says
│   │   └── RecordError      a field is missing, unknown, or of the wrong type (place, value, fix)
│   ├── DataError            client data cannot be used as it is (file, line, column)
│   ├── AnswersError         an answer is unknown or impossible
│   ├── PlanError            the plan asks for what cannot be done
│   ├── MissingPackage       a command needs an optional package
│   └── Busy                 another process works in the same engagement
├── RunFailed                exit 1: it ran and failed
└── GateClosed               exit 4: it ran and the verdict is not `confirmed`

A caller that wants all of them catches `TunecaseError`; only `advisor.cli` turns them into exit codes.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

NO_SPACE = "No space left on device"
HALF_WRITTEN = (
    "PytorchStreamWriter failed writing file",
    "enforce fail at inline_container.cc",
    "basic_ios::clear",
)
"""What torch says of a checkpoint that was cut, without the cause; measured on full disks."""
DONE = 0
FAILED = 1
USAGE = 2
NOT_READY = 3
GATE = 4
INTERRUPTED = 130
TERMINATED = 143


class TunecaseError(Exception):
    """A problem of the user's world, not of the program: printed without a traceback."""

    exit_code = FAILED

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class NotReady(TunecaseError):
    """Nothing was run: something is missing or wrong beforehand."""

    exit_code = NOT_READY


class FileError(NotReady):
    """A file or folder is missing, unreadable, or in the way."""


class RecordError(FileError):
    """A record on disk has a missing, unknown or wrongly typed field, or a newer schema."""


class DataError(NotReady):
    """Client data cannot be used: names file, line and column."""


class AnswersError(NotReady):
    """An unknown question, or a value that the question does not take."""


class PlanError(NotReady):
    """The plan names an arm, metric or model that does not exist or cannot run here."""


class MissingPackage(NotReady):
    """A package of an optional extra is absent."""


class Busy(NotReady):
    """Another process holds the engagement's lock."""


class RunFailed(TunecaseError):
    """Training or evaluation started and could not finish."""


class GateClosed(TunecaseError):
    """`compare --check`: it ran, and the verdict is not `confirmed`."""

    exit_code = GATE


def missing_run_packages(command: str, module: str) -> MissingPackage:
    """The one wording for a light install asked to do heavy work."""
    return MissingPackage(
        f"`tunecase {command}` needs the package `{module}`, which is not installed",
        fix="pip install 'tunecase[run]'",
    )


def full_disk(wrong: BaseException) -> RunFailed | None:
    """The error for a write that found no space, wherever in the chain of causes it is; None for another.

    Some libraries keep the system's words alone (safetensors) and some not even those (torch).
    """
    for seen in causes(wrong):
        number = seen.errno if isinstance(seen, OSError) else None
        cut = any(words in str(seen) for words in HALF_WRITTEN)
        if cut or number in (errno.ENOSPC, errno.EDQUOT) or NO_SPACE in str(seen):
            said = "a checkpoint was cut" if cut else str(seen).strip().splitlines()[0]
            return RunFailed(
                f"no space left on the disk: {said}",
                fix="free some, then run the same command again: what was finished is saved",
            )
    return None


def causes(wrong: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, back to the first."""
    while wrong is not None:
        yield wrong
        wrong = wrong.__cause__ or wrong.__context__
