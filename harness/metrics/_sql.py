"""Statements run in a worker process that is ended and begun anew when it does not answer in time."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any, NamedTuple

SECONDS = 3.0
"""A statement may take, as far as SQLite itself can stop it."""
GRACE = 2.0
"""Seconds beyond which the worker is ended."""


class Rows(NamedTuple):
    """What a statement gives, as digests."""

    size: int
    """How many."""
    bag: str
    """Of the rows whatever their order."""
    sequence: str
    """Of the rows in order."""


class Runner:
    """Runs statements one after another; what was run once is not run again."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._known: dict[tuple[Path, str], Rows | None] = {}
        self._worker: subprocess.Popen[bytes] | None = None

    def rows(self, database: Path, statement: str) -> Rows | None:
        """What it gives; None where it fails, is not allowed or takes too long."""
        key = (database, statement)
        if key not in self._known:
            self._known[key] = self._asked(database, statement)
        return self._known[key]

    def _asked(self, database: Path, statement: str) -> Rows | None:
        worker = self._worker
        if worker is None or worker.poll() is not None:
            worker = self._worker = _begun()
            weakref.finalize(self, _ended, worker)
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(json.dumps([str(database), statement, self._seconds]).encode() + b"\n")
            worker.stdin.flush()
            line = _line(worker, self._seconds + GRACE)
        except OSError:
            line = None
        if line is None:
            _ended(worker)
            return None
        found: dict[str, Any] = json.loads(line)
        return None if "error" in found else Rows(found["size"], found["bag"], found["sequence"])


def _begun() -> subprocess.Popen[bytes]:
    """Isolated: none of this process's environment, paths or open files."""
    script = Path(__file__).with_name("_sql_worker.py")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        close_fds=True,
    )


def _line(worker: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """The worker's next line; None where it does not come in time, or the worker has died."""
    assert worker.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        if not selector.select(seconds):
            return None
    return worker.stdout.readline() or None


def _ended(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                # what was not yet written goes with the worker
                pass
