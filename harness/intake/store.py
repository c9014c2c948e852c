"""Canonical rows on disk and their places in memory, so that a file of any size fits: 25 bytes a row."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.examples import Example, Task

T = TypeVar("T")
CHUNK = 10_000
PARALLEL_FROM = 30_000
"""Rows from which starting other processes pays: each takes about a second to start."""
_DECODER = msgspec.json.Decoder(Example)


class Chunk(NamedTuple):
    """Neighbouring rows, as another process can read them."""

    path: Path
    """The file of rows."""
    begin: int
    """First byte."""
    end: int
    """Byte after the last."""
    first: int
    """Number of the first row."""
    task: Task | None
    """What the rows are for, once it is known."""

    def examples(self) -> Iterator[Example]:
        """The rows, read at once."""
        with self.path.open("rb") as file:
            file.seek(self.begin)
            content = file.read(self.end - self.begin)
        return (as_task(_DECODER.decode(line), self.task) for line in content.splitlines())


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A row left out: a line of `data/rejected.jsonl`."""

    file: str
    """Name of the client's file."""
    line: int
    """1-based line."""
    why: str
    """One sentence."""


class Rows:
    """Rows in the order of their files; written once, read by number, in runs or in chunks."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tunecase-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name) / "rows.jsonl"
        self._out = self._path.open("wb")
        self._encoder = msgspec.json.Encoder()
        self._begins = array("q", [0])
        self._lines = array("q")
        self._files = array("B")
        self._aside = self._path.with_name("unwanted.jsonl").open("wb")
        self._rejects = self._path.with_name("rejected.jsonl").open("wb")
        self.paths: list[Path] = []
        self.ids: set[int] = set()
        self.task: Task | None = None

    def begin(self, path: Path) -> None:
        """Rows that follow come from this file."""
        self.paths.append(path)

    def add(self, example: Example, *, line: int) -> None:
        """One more row; `line` is 1-based in its file."""
        written = self._encoder.encode(example)
        self._out.write(written + b"\n")
        self._begins.append(self._begins[-1] + len(written) + 1)
        self._lines.append(line)
        self._files.append(len(self.paths) - 1)

    def set_aside(self, example: Example) -> None:
        """A row that is no example to follow and still worth keeping."""
        self._aside.write(self._encoder.encode(example) + b"\n")

    def reject(self, path: Path, line: int, why: str) -> None:
        """A row left out, and the reason."""
        rejected = Rejected(file=writable(path.name), line=line, why=writable(why))
        self._rejects.write(self._encoder.encode(rejected) + b"\n")

    def seal(self) -> None:
        """No more rows: from here on they can be read."""
        for file in (self._out, self._aside, self._rejects):
            file.close()

    def close(self) -> None:
        """Remove the rows from disk."""
        self.seal()
        self._folder.cleanup()

    @property
    def aside_path(self) -> Path:
        """File of the rows set aside."""
        return Path(self._aside.name)

    @property
    def rejected_path(self) -> Path:
        """File of `Rejected` lines."""
        return Path(self._rejects.name)

    def lines_by_id(self) -> Iterator[tuple[int, int]]:
        """Hash of the id and line of every row of the last file, while rows are still added."""
        self._out.flush()
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                if self._files[number] == len(self.paths) - 1:
                    yield hash(_DECODER.decode(line).id), self._lines[number]

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Example]:
        for chunk in self.chunks():
            yield from chunk.examples()

    def take(self, numbers: Iterable[int]) -> Iterator[Example]:
        """Rows by number, in the order asked."""
        with self._path.open("rb") as file:
            for number in numbers:
                file.seek(self._begins[number])
                line = file.read(self._begins[number + 1] - self._begins[number])
                yield as_task(_DECODER.decode(line), self.task)

    def line(self, number: int) -> int:
        """1-based line in its file."""
        return self._lines[number]

    def sizes(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Bytes of these rows on disk."""
        begins = np.frombuffer(self._begins, dtype=np.int64)
        return begins[numbers + 1] - begins[numbers]

    def file(self, number: int) -> int:
        """Which of `paths` the row comes from."""
        return self._files[number]

    def files(self) -> Sequence[int]:
        """Which of `paths` each row comes from."""
        return self._files

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """All rows, so many at a time."""
        for first in range(0, len(self), size):
            last = min(first + size, len(self))
            yield Chunk(self._path, self._begins[first], self._begins[last], first, self.task)

    def over(self, work: Callable[[Chunk], T], *, size: int = CHUNK) -> Iterator[T]:
        """A module-level function's results over all chunks, in order; on every core where that pays."""
        cores = os.cpu_count() or 1
        if len(self) < PARALLEL_FROM or cores < 2:
            yield from map(work, self.chunks(size))
            return
        spawning = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(cores, mp_context=spawning) as pool:
            yield from pool.map(work, self.chunks(size))


def writable(text: str) -> str:
    """With halves of characters, which UTF-8 cannot hold, written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def as_task(row: Example, task: Task | None) -> Example:
    """For classification the label is the output; otherwise a side label stays in `meta`."""
    if task == "classification":
        return row if row.label == row.output else msgspec.structs.replace(row, label=row.output)
    if task is not None and row.label is not None:
        return msgspec.structs.replace(row, label=None, meta={**row.meta, "label": row.label})
    return row
