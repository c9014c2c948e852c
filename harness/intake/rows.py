"""Raw rows to canonical ones; what cannot be used is refused, or left out with its line and the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Task
from advisor.engagement.records.intake import Finding

from .columns import ANSWERLESS, CANONICAL, Columns, example, settle
from .decoding import LineError, note
from .delimited import example as naming
from .delimited import headless
from .forms import Form, canonical, misspelt, one_sided, recognise
from .gold import beir, is_beir, read_beir
from .reading import read_table
from .store import Rows
from .tables import AS_IT_IS, Raw, Reading, Table
from .turns import Unfit, Unwanted

EMPTY = "empty"
"""How the reason of a row without input or output begins."""
UNREADABLE = "cannot be read"
HOPELESS = 1000
"""Rows that cannot be read, with none that can, after which no more are tried."""


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
        self.lines: dict[int, int] | None = None
        self.refused: LineError | None = None
        self.names: tuple[str, ...] = ()
        self.headless = False
        self.renamed: dict[str, str] = {}
        self.kept = self.unwanted = self.seen = self.as_text = 0
        self.left_out: dict[str, list[int]] = defaultdict(list)
        self.masked: dict[str, int] = defaultdict(int)

    def read(self, table: Table) -> None:
        """Every row, kept or left out; after one that refuses the file, only to tell what --fix would do."""
        self.rows.begin(self.path)
        self.names, self.headless = table.names, table.headless
        try:
            for raw in table.rows:
                self.seen += 1
                self._one(raw)
        except DataError:
            if self.refused is None:
                raise
            raise self.refused from None
        self.rows.ids |= self.taken
        if self.refused is not None:
            self.refused.mendable = len(self.left_out[UNREADABLE]) if self.kept else 0
            raise self.refused

    def _one(self, raw: Raw) -> None:
        if raw.wrong is not None:
            self._broken(raw.line, raw.wrong)
            return
        try:
            self._row(raw)
        except Unwanted as reason:
            self._leave_out(raw.line, str(reason))
        except UnicodeEncodeError as wrong:
            half = f"U+{ord(wrong.object[wrong.start]):04X}"
            what = f"holds {half}, half of a character (a cut emoji?), which no file can keep"
            self._broken(raw.line, raw.error(self.path, what, fix="mend or remove that row"))
        except LineError as wrong:
            if self.columns is None:
                raise
            self._broken(raw.line, wrong)

    def _broken(self, line: int, wrong: LineError) -> None:
        """Left out where that is asked for; else the first one refuses the file."""
        if not self.asked.mend and self.refused is None:
            self.refused = wrong
        self._leave_out(line, wrong.problem, reason=UNREADABLE)
        if self.refused is not None and not self.kept and len(self.left_out[UNREADABLE]) >= HOPELESS:
            raise self.refused

    def _row(self, raw: Raw) -> None:
        try:
            if self.columns is None:
                self._begin(raw)
            assert self.columns is not None
            raw = self._renamed(raw)
            read = raw._replace(fields=canonical(self.form, raw.fields)) if self.form else raw
            row = example(self.path, read, self.columns)
        except Unfit as wrong:
            raise raw.error(self.path, wrong.what, fix=wrong.fix) from None
        if isinstance(row, str):
            self._leave_out(raw.line, f"{EMPTY} `{row}`")
            return
        self.as_text += isinstance(raw.fields.get(self.columns.gold_doc_ids), str)
        row = self._named(raw, row)
        if self.asked.mask:
            row = self._mask(row)
        if row.meta.get("wanted") is False:
            self.rows.set_aside(row)
            self.taken.add(hash(row.id))
            self.unwanted += 1
            return
        self.rows.add(row, line=raw.line)
        self.kept += 1
        self.taken.add(hash(row.id))
        if self.lines is not None:
            self.lines[hash(row.id)] = raw.line

    def _begin(self, raw: Raw) -> None:
        try:
            self._settle(raw.fields, raw)
        except (LineError, Unfit):
            self.renamed = {} if self.asked.column_map else misspelt(raw.fields)
            if not self.renamed:
                raise
            self._settle(self._renamed(raw).fields, raw)

    def _renamed(self, raw: Raw) -> Raw:
        """With columns that differ from the usual names by case and blanks under those names."""
        if not self.renamed:
            return raw
        return raw._replace(fields={self.renamed.get(name, name): raw.fields[name] for name in raw.fields})

    def _settle(self, fields: dict[str, Any], raw: Raw) -> None:
        self.form = None if self.asked.column_map else recognise(fields)
        if self.form is not None:
            self.columns = ANSWERLESS if self.form.answerless else CANONICAL
            return
        try:
            self.columns = settle(self.path, raw._replace(fields=fields), self.asked.column_map)
        except LineError as wrong:
            if self.asked.column_map or not self.names:
                raise
            if self.headless:
                why = "no column has a name that says input or output"
                raise headless(self.path, list(raw.fields), self.names, why) from None
            wrong.fix += f"; if line 1 is no header: {naming(self.path, self.names)}"
            raise

    def _named(self, raw: Raw, row: Example) -> Example:
        """A row whose id is its own; one that another file used gets a prefix."""
        id = row.id
        while hash(id) in self.others:
            id = f"test-{id}"
        key = hash(id)
        if key in self.taken:
            if self.lines is None:
                self.lines = dict(self.rows.lines_by_id())
            before = self.lines.get(key)
            if before is not None:
                what = f"id {id!r} was used on {raw.noun} {before}"
                raise raw.error(self.path, what, fix="give every row its own id")
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
    table = read_table(path, asked.reading)
    reader.read(table)
    if not reader.kept:
        reasons = ", ".join(sorted(reader.left_out)[:3]) or "the file ends after its header"
        count = sum(map(len, reader.left_out.values()))
        problem = f"{path}: no usable row, {count} were left out ({reasons})"
        raise DataError(problem, fix="rows need an input and an output")
    noted = [*table.noted]
    if one_sided(reader.form, reader.unwanted):
        noted.append(note("one_sided", f"{path.name}: the label is true on every row, none is unwanted"))
    if reader.renamed:
        told = ", ".join(f"{name!r} as `{usual}`" for name, usual in reader.renamed.items())
        noted.append(note("key_case", f"{path.name}: columns read without regard to case and blanks: {told}"))
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
