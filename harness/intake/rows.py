"""Raw rows to canonical ones; what cannot be used is refused, or left out with its line and the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Task
from advisor.engagement.records.intake import Finding

from .columns import ANSWERLESS, CANONICAL, Columns, example, settle
from .decoding import LineError, note
from .forms import Form, canonical, one_sided, recognise
from .gold import beir, is_beir, read_beir
from .reading import Raw, Reading, Table, read_table
from .store import Rows
from .turns import Unfit, Unwanted

EMPTY = "empty"
"""How the reason of a row without input or output begins."""
AS_IT_IS = Reading()
UNREADABLE = "cannot be read"


class Asked(NamedTuple):
    """How a person wants the files read."""

    reading: Reading = AS_IT_IS
    """Encoding and names of columns."""
    column_map: Mapping[str, str] = MappingProxyType({})
    """Column to field."""
    mend: bool = False
    """Leave out a row that cannot be read, instead of refusing the file."""
    mask: bool = False
    """Mask personal data and secrets."""


class Content(NamedTuple):
    """What a file holds; its rows are in the store."""

    path: Path
    """The client's file."""
    format: str
    """What it was taken for."""
    task: Task | None
    """What its format is for; None where the rows decide."""
    rows_in: int
    """Rows read."""
    left_out: Mapping[str, list[int]]
    """Reason to the lines of the rows left out."""
    unwanted: int
    """Rows marked as answers that people do not want, kept apart."""
    noted: list[Finding]
    """What was unusual about the file."""
    masked: Mapping[str, int]
    """Values masked, by kind."""


class _Reader:
    """Reads one file into the store."""

    def __init__(self, rows: Rows, path: Path, asked: Asked) -> None:
        self.rows = rows
        self.path = path
        self.asked = asked
        self.form: Form | None = None
        self.columns: Columns | None = None
        self.others = frozenset(rows.ids)
        self.taken: set[int] = set()
        self.kept = self.unwanted = self.seen = self.as_text = 0
        self.left_out: dict[str, list[int]] = defaultdict(list)
        self.masked: dict[str, int] = defaultdict(int)

    def read(self, table: Table) -> None:
        """Every row, kept or left out."""
        self.rows.begin(self.path)
        for raw in table.rows:
            self.seen += 1
            if raw.wrong is not None:
                self._leave_out(raw.line, raw.wrong.problem, reason=UNREADABLE)
                continue
            try:
                self._row(raw)
            except Unwanted as reason:
                self._leave_out(raw.line, str(reason))
            except DataError as wrong:
                if not self.asked.mend or self.columns is None:
                    raise
                self._leave_out(raw.line, wrong.problem, reason=UNREADABLE)
        self.rows.ids |= self.taken

    def _row(self, raw: Raw) -> None:
        try:
            if self.columns is None:
                self._begin(raw)
            assert self.columns is not None
            read = Raw(raw.line, canonical(self.form, raw.fields)) if self.form else raw
            row = example(self.path, read, self.columns)
        except Unfit as wrong:
            raise LineError(self.path, raw.line, wrong.what, fix=wrong.fix) from None
        if isinstance(row, str):
            self._leave_out(raw.line, f"{EMPTY} `{row}`")
            return
        self.as_text += isinstance(raw.fields.get(self.columns.gold_doc_ids), str)
        row = self._named(raw.line, row)
        if self.asked.mask:
            row = self._mask(row)
        if row.meta.get("wanted") is False:
            self.unwanted += 1
            self.rows.set_aside(row)
            return
        self.kept += 1
        self.rows.add(row, line=raw.line)

    def _begin(self, raw: Raw) -> None:
        self.form = None if self.asked.column_map else recognise(raw.fields)
        if self.form is None:
            self.columns = settle(self.path, raw, self.asked.column_map)
        else:
            self.columns = ANSWERLESS if self.form.answerless else CANONICAL

    def _named(self, line: int, row: Example) -> Example:
        """A row whose id is its own; one that another file used gets a prefix."""
        id = row.id
        while hash(id) in self.others:
            id = f"test-{id}"
        key = hash(id)
        if key in self.taken:
            before = self.rows.where(id)
            if before is not None:
                what = f"id {id!r} was used on line {before}"
                raise LineError(self.path, line, what, fix="give every row its own id")
        self.taken.add(key)
        return row if id == row.id else msgspec.structs.replace(row, id=id)

    def _mask(self, row: Example) -> Example:
        from .redacting import redact

        masked, counts = redact(row)
        for kind, count in counts.items():
            self.masked[kind] += count
        return masked

    def _leave_out(self, line: int, why: str, *, reason: str = "") -> None:
        self.rows.reject(self.path, line, why)
        if why.startswith(EMPTY):
            reason = "without input or output"
        self.left_out[reason or why].append(line)


def read_content(rows: Rows, path: Path, asked: Asked) -> Content:
    """Every row of the file into the store in canonical form, or left out with a reason."""
    if is_beir(path):
        return _read_beir(rows, path)
    reader = _Reader(rows, path, asked)
    table = read_table(path, asked.reading._replace(skip=asked.mend))
    reader.read(table)
    if not reader.kept:
        reasons = ", ".join(sorted(reader.left_out)[:3]) or "the file ends after its header"
        count = sum(map(len, reader.left_out.values()))
        problem = f"{path}: no usable row, {count} were left out ({reasons})"
        raise DataError(problem, fix="rows need an input and an output")
    noted = [*table.noted]
    if one_sided(reader.form, reader.unwanted):
        noted.append(note("one_sided", f"{path.name}: the label is true on every row, none is unwanted"))
    if reader.as_text:
        message = f"{path.name}: `gold_doc_ids` is text on {reader.as_text} rows, read as one id each"
        noted.append(note("gold_as_text", message))
    return Content(
        path=path,
        format=_format(table.form, reader.columns, reader.form),
        task=_task(reader),
        rows_in=reader.seen,
        left_out=reader.left_out,
        unwanted=reader.unwanted,
        noted=noted,
        masked=reader.masked,
    )


def _read_beir(rows: Rows, folder: Path) -> Content:
    """Questions with the documents that hold their answers, and no answers."""
    rows.begin(folder / "queries.jsonl")
    count = 0
    for line, fields in read_beir(folder):
        rows.add(msgspec.convert(fields, Example), line=line)
        count += 1
    if not count:
        raise DataError(
            f"{folder}: no query has a mark above 0 in qrels", fix="add qrels/test.tsv with marks"
        )
    left = beir(folder).left_out
    for one in left:
        rows.reject(Path(one.place), 0, one.why)
    message = (
        f"{folder.name}: {len(left)} queries or marks were left out, first {left[0].why}" if left else ""
    )
    noted = [note("left_out", message)] if left else []
    return Content(folder, "BEIR folder", "retrieval", count, {}, 0, noted, {})


def _task(reader: _Reader) -> Task | None:
    if reader.form is not None:
        return reader.form.task
    return "preference" if reader.columns and reader.columns.rejected else None


def _format(table: str, columns: Columns | None, form: Form | None) -> str:
    assert columns is not None
    if form is not None:
        return f"{form.name} ({table})" + (f": {form.says}" if form.says else "")
    if table == "JSONL" and (columns.input, columns.output) == ("input", "output"):
        return "canonical JSONL"
    return f"{table} with `{columns.input}` and `{columns.output}`"
