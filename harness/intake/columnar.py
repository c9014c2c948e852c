"""Parquet and Excel to plain rows through polars; a cell of a workbook is text, so 00042 stays 00042."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.intake import Finding

from .decoding import LineError, bounded, note

if TYPE_CHECKING:
    import polars

EXCEL = "Excel (.xlsx)"


class Columnar(NamedTuple):
    """A file with typed columns, read whole."""

    rows: Iterator[dict[str, Any]]
    """In file order."""
    noted: list[Finding]
    """What its owner should hear."""


# Damaged bytes can make the libraries panic or ask for exabytes, which ends their process (polars 2.1).
READ_PARQUET = """
import io, sys, polars
frame = polars.read_parquet(io.BytesIO(sys.stdin.buffer.read()))
sys.stdout.buffer.write(b"[]\\n")
frame.write_ipc(sys.stdout.buffer)
"""
READ_WORKBOOK = """
import json, sys, fastexcel
book = fastexcel.read_excel(sys.stdin.buffer.read())
frame = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
sys.stdout.buffer.write(json.dumps(book.sheet_names).encode() + b"\\n")
frame.write_ipc(sys.stdout.buffer)
"""


def parquet(path: Path, content: bytes) -> Columnar:
    """Nested columns become lists and objects; text stored as bytes is decoded and said so."""
    import polars

    _, frame = _read_apart(path, content, "Parquet", READ_PARQUET)
    binary = [name for name, kind in frame.schema.items() if kind == polars.Binary]
    try:
        frame = frame.with_columns(polars.col(name).cast(polars.String) for name in binary)
    except polars.exceptions.PolarsError:
        problem = f"{path}: the binary columns {binary} do not hold UTF-8 text"
        raise DataError(problem, fix="write the text as a string column") from None
    message = f"{path.name}: binary columns read as text: {', '.join(binary)}"
    return _filled(path, frame.height, frame.iter_rows(named=True), [note("binary", message)] * bool(binary))


def workbook(path: Path, content: bytes) -> Columnar:
    """The first sheet, its first row the header; other sheets are named and left alone."""
    import fastexcel  # noqa: F401 - its absence is told here, not by the process that reads

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as wrong:
        raise _damaged(path, EXCEL, str(wrong)) from None
    bounded(path, len(content), size)
    sheets, frame = _read_apart(path, content, EXCEL, READ_WORKBOOK)
    rows = iter(frame.iter_rows())
    header = [(cell or "").strip() or f"column {n}" for n, cell in enumerate(next(rows, ()), start=1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise LineError(path, 1, f"two columns are named {twice!r}", fix="name every column once")
    others = sheets[1:]
    message = f"{path.name}: read sheet {sheets[0]!r}, left alone {', '.join(map(repr, others))}"
    named = ({name: cell or "" for name, cell in zip(header, row, strict=True)} for row in rows)
    return _filled(path, frame.height - 1, named, [note("sheets", message)] * bool(others))


def _filled(path: Path, height: int, rows: Iterator[dict[str, Any]], noted: list[Finding]) -> Columnar:
    if height < 1:
        raise DataError(f"{path}: the table holds no rows", fix="name a file with rows")
    return Columnar(rows, noted)


def _read_apart(path: Path, content: bytes, kind: str, program: str) -> tuple[list[str], polars.DataFrame]:
    """Names of sheets and the table, read by a process of its own: a crash there is a refusal here."""
    import polars

    done = subprocess.run(
        [sys.executable, "-P", "-c", program], input=content, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1].partition(": ")[2] if done.returncode == 1 and said else "reading it crashed"
        raise _damaged(path, kind, reason)
    names, _, table = done.stdout.partition(b"\n")
    return json.loads(names), polars.read_ipc(io.BytesIO(table))


def _damaged(path: Path, kind: str, reason: str) -> DataError:
    problem = f"{path}: not a whole {kind} file ({reason or 'unreadable'})"
    return DataError(problem, fix="export the file again, or as CSV")
