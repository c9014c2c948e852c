"""Parquet in pieces and Excel to plain rows; a cell of a workbook is text, so 00042 stays 00042.

Damaged bytes can make the libraries panic or ask for exabytes, which ends their process (polars 2.1,
pyarrow 26). A process of its own reads each file: what crashes there is a refusal here.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from advisor.engagement.errors import DataError

from .decoding import GZIP, LineError, bounded, note
from .streaming import Source, changed, stamp
from .tables import Raw, Table

if TYPE_CHECKING:
    import polars

PARQUET, EXCEL = "Parquet", "Excel (.xlsx)"
ROWS, BYTES = 256, 1 << 22
"""Rows, and bytes as stored, that are decoded at a time at most."""

READ_PARQUET = f"""
import sys, msgspec, pyarrow, pyarrow.parquet
encoder = msgspec.json.Encoder(enc_hook=str)
say = lambda value: sys.stdout.buffer.write(encoder.encode(value) + b"\\n")
with open(sys.argv[1], "rb") as file:
    book = pyarrow.parquet.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
    stored = sum(book.metadata.row_group(n).total_byte_size for n in range(book.num_row_groups))
    binary = [field.name for field in book.schema_arrow
              if pyarrow.types.is_binary(field.type) or pyarrow.types.is_large_binary(field.type)]
    say([book.metadata.num_rows, book.schema_arrow.names, binary])
    count = max(1, min({ROWS}, {BYTES} * book.metadata.num_rows // max(1, stored)))
    for batch in book.iter_batches(count, use_threads=False):
        for name in binary:
            at = batch.schema.get_field_index(name)
            try:
                text = batch.column(at).cast(pyarrow.large_string())
            except pyarrow.ArrowInvalid:
                sys.exit(3)
            batch = batch.set_column(at, name, text)
        batch.validate(full=True)
        for row in batch.to_pylist():
            say(row)
"""
NOT_TEXT = 3
"""How it ends where bytes do not hold text."""
READ_WORKBOOK = """
import json, sys, fastexcel
book = fastexcel.read_excel(sys.stdin.buffer.read())
frame = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
sys.stdout.buffer.write(json.dumps(book.sheet_names).encode() + b"\\n")
frame.write_ipc(sys.stdout.buffer)
"""


def parquet(path: Path, found: Source) -> Table:
    """Nested columns become lists and objects; text stored as bytes is decoded and said so."""
    import pyarrow  # type: ignore[import-untyped]  # noqa: F401 - its absence is told here

    rows = _parquet_rows(path, found)
    height, names, binary = next(rows)
    if not height:
        raise DataError(f"{path}: the table holds no rows", fix="name a file with rows")
    _refuse_doubles(path, names)
    message = f"{path.name}: binary columns read as text: {', '.join(binary)}"
    return _table("Parquet", rows, [note("binary", message)] * bool(binary), first=1)


def workbook(path: Path, found: Source) -> Table:
    """The first sheet, its first row the header; other sheets are named and left alone."""
    import fastexcel  # noqa: F401 - its absence is told here, not by the process that reads

    content = b"".join(found.pieces)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as wrong:
        raise _damaged(path, EXCEL, str(wrong)) from None
    bounded(path, len(content), size)
    sheets, frame = _sheet(path, content)
    rows = iter(frame.iter_rows())
    header = [(cell or "").strip() or f"column {n}" for n, cell in enumerate(next(rows, ()), start=1)]
    _refuse_doubles(path, header)
    if frame.height < 2:
        raise DataError(f"{path}: the table holds no rows", fix="name a file with rows")
    others = sheets[1:]
    message = f"{path.name}: read sheet {sheets[0]!r}, left alone {', '.join(map(repr, others))}"
    named = ({name: cell or "" for name, cell in zip(header, row, strict=True)} for row in rows)
    return _table("Excel", named, [note("sheets", message)] * bool(others), first=2)


def _table(form: str, found: Iterator[dict[str, Any]], noted: list[Any], *, first: int) -> Table:
    """Rows without any value, as spreadsheets have them below the data, are passed over."""
    numbered = enumerate(found, start=first)
    rows = (
        Raw(line, fields, noun="row")
        for line, fields in numbered
        if any(value not in (None, "") for value in fields.values())
    )
    return Table(form, rows, noted)


def _refuse_doubles(path: Path, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise LineError(path, 1, f"two columns are named {twice!r}", fix="name every column once")


def _parquet_rows(path: Path, found: Source) -> Iterator[Any]:
    """First the number of rows, the names of the columns and those of bytes; then the rows, one by one."""
    with _plain_file(path, found) as (file, size):
        before = stamp(file)
        with _reader(READ_PARQUET, file) as (process, said):
            assert process.stdout is not None
            read = 0
            for line in process.stdout:
                read += len(line)
                bounded(path, size, read, most=None)
                yield msgspec.json.decode(line)
            code = process.wait()
            if stamp(file) != before:
                raise changed(path)
            if code == NOT_TEXT:
                problem = f"{path}: a binary column does not hold UTF-8 text"
                raise DataError(problem, fix="write the text as a string column, or leave the column out")
            if code:
                raise _damaged(path, PARQUET, _reason(code, said))


@contextmanager
def _plain_file(path: Path, found: Source) -> Iterator[tuple[Path, int]]:
    """A file that can be read in any order, without its gzip layer, and how large the client's is."""
    size = path.stat().st_size
    with path.open("rb") as start:
        packed = start.read(len(GZIP)) == GZIP
    if not packed:
        yield path, size
        return
    with tempfile.TemporaryDirectory(prefix="tunecase-", ignore_cleanup_errors=True) as folder:
        unpacked = Path(folder) / "table.parquet"
        with unpacked.open("wb") as out:
            out.writelines(found.pieces)
        yield unpacked, size


@contextmanager
def _reader(program: str, file: Path) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A process that reads the file, and what it says on stderr; stopped when nobody listens any more."""
    with tempfile.TemporaryFile() as said:
        asked = [sys.executable, "-P", "-c", program, str(file)]
        process = subprocess.Popen(asked, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        try:
            yield process, said
        finally:
            process.kill()
            process.communicate()


def _sheet(path: Path, content: bytes) -> tuple[list[str], polars.DataFrame]:
    """Names of sheets, and the first one."""
    import polars

    with tempfile.TemporaryFile() as said:
        asked = [sys.executable, "-P", "-c", READ_WORKBOOK]
        done = subprocess.run(asked, input=content, stdout=subprocess.PIPE, stderr=said, check=False)
        if done.returncode:
            raise _damaged(path, EXCEL, _reason(done.returncode, said))
    names, _, table = done.stdout.partition(b"\n")
    return json.loads(names), polars.read_ipc(io.BytesIO(table))


def _reason(code: int, said: IO[bytes]) -> str:
    """The last line of a traceback; what ended the process otherwise left none."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1].partition(": ")[2] if code == 1 and lines else "reading it crashed"


def _damaged(path: Path, kind: str, reason: str) -> DataError:
    problem = f"{path}: not a whole {kind} file ({reason or 'unreadable'})"
    return DataError(problem, fix="export the file again, or as CSV")
