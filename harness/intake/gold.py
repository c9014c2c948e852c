"""Which documents hold the answer to which question: a check against the documents, and BEIR's marks."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement import codec
from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.documents import LeftOut

from .corpus import Found, found
from .decoding import LineError
from .documents import CORPUS, Documents
from .reading import read_table
from .store import Rows

QUERIES = "queries.jsonl"
QRELS = "qrels"
SPLITS = {
    "train": "train",
    "dev": "validation",
    "validation": "validation",
    "valid": "validation",
    "test": "test",
}
"""Name of a file of marks to the split of its queries."""
SHOWN = 3


class Counted(NamedTuple):
    """How many rows name their documents."""

    questions_with_gold: int
    """Rows that name at least one."""
    gold_absent: int
    """Rows that name one that is not among the documents."""


class Beir(NamedTuple):
    """A BEIR folder, its queries not yet read as rows."""

    corpus: Path
    """The documents: `read_documents(folder)` reads them."""
    queries: Path
    """One query a line."""
    gold: dict[str, dict[str, list[str]]]
    """Split to query id to ids of its documents, best first."""
    left_out: list[LeftOut]
    """Queries without marks, and marks of queries that are not there."""


def check_gold(rows: Rows, documents: Documents, *, test: Container[int] | None = None) -> list[Found]:
    """What is odd about gold and documents; refuses a test row whose gold document is not there.

    `test` holds the numbers of the test rows; None means that every row counts as one.
    """
    bare: list[int] = []
    absent: list[int] = []
    for number, row in enumerate(rows):
        if not row.gold_doc_ids:
            bare.append(number)
        lacking = next((id for id in row.gold_doc_ids if id not in documents.ids), None)
        if lacking is None:
            continue
        if test is None or number in test:
            raise _absent(rows, number, lacking, documents)
        absent.append(number)
    return [*_bare(rows, bare), *_lacking(rows, absent, documents), *_left_out(rows, documents)]


def counted(rows: Rows, documents: Documents) -> Counted:
    """How many rows name their documents, for `DocumentFacts`."""
    named = absent = 0
    for row in rows:
        named += bool(row.gold_doc_ids)
        absent += any(id not in documents.ids for id in row.gold_doc_ids)
    return Counted(named, absent)


def _absent(rows: Rows, number: int, id: str, documents: Documents) -> LineError:
    what = f"gold document {id!r} is not among the {len(documents)} documents"
    if id in documents.empty:
        what = f"gold document {id!r} is empty (line {documents.empty[id]} of the documents)"
    path = rows.paths[rows.file(number)]
    return LineError(path, rows.line(number), what, fix="add the document, or remove its id from the row")


def _bare(rows: Rows, bare: list[int]) -> Iterator[Found]:
    if not bare:
        return
    if len(bare) == len(rows):
        message = "no row names its gold documents: answers can be scored, retrieval (recall) cannot"
        do = "name the documents that hold the answer in `gold_doc_ids`, at least for the test rows"
        yield found(rows, "no_gold", message, count=len(bare), do=do)
        return
    message = f"rows without gold documents: {len(bare)} of {len(rows)}, recall is counted without them"
    yield found(rows, "some_gold", message, numbers=bare, do="name their documents in `gold_doc_ids`")


def _lacking(rows: Rows, absent: list[int], documents: Documents) -> Iterator[Found]:
    if absent:
        message = f"rows whose gold documents are not among the {len(documents)} documents: {len(absent)}"
        do = "add the documents, or remove their ids from the rows"
        yield found(rows, "gold_absent", message, numbers=absent, do=do)


def _left_out(rows: Rows, documents: Documents) -> Iterator[Found]:
    empty = len(documents.empty)
    if empty:
        named = ", ".join(f"{id!r} on line {line}" for id, line in list(documents.empty.items())[:SHOWN])
        message = f"documents that are empty, left out: {empty} ({named}{_more(empty)})"
        yield found(rows, "empty_documents", message, count=empty, do="add their text, or remove them")
    passed = documents.passed
    if passed:
        named = "; ".join(f"{one.place}: {one.why}" for one in passed[:SHOWN])
        message = (
            f"files that no document is made of, or not all: {len(passed)} ({named}{_more(len(passed))})"
        )
        do = "see data/documents/left_out.jsonl for each with its reason"
        yield found(rows, "documents_left_out", message, count=len(passed), do=do)


def _more(count: int) -> str:
    return f" and {count - SHOWN} more" if count > SHOWN else ""


def is_beir(path: Path) -> bool:
    """Whether a folder holds queries and marks beside its corpus, as BEIR lays them out."""
    return (path / CORPUS).is_file() and (path / QUERIES).is_file() and (path / QRELS).is_dir()


def beir(folder: Path) -> Beir:
    """The marks of a BEIR folder; a mark of score 0 or less means that the document was judged no answer."""
    if not is_beir(folder):
        absent = [name for name in (CORPUS, QUERIES, QRELS) if not (folder / name).exists()]
        what = f"{folder}: a BEIR folder lacks {', '.join(absent) or 'its files'}"
        raise FileError(what, fix=f"it holds {CORPUS}, {QUERIES} and {QRELS}/test.tsv")
    marked: dict[str, dict[str, list[str]]] = {}
    split_of: dict[str, Path] = {}
    places: dict[str, str] = {}
    left_out: list[LeftOut] = []
    for path in sorted((folder / QRELS).iterdir()):
        split = SPLITS.get(path.stem) if path.suffix == ".tsv" else None
        if split is None:
            left_out.append(LeftOut(place=f"{QRELS}/{path.name}", why=f"not one of {', '.join(SPLITS)}.tsv"))
            continue
        for query, (line, ids) in _marks(path).items():
            if query in split_of:
                what = f"query {query!r} is marked in {split_of[query].name} too"
                raise LineError(path, line, what, fix="mark every query in one split only")
            split_of[query] = path
            places[query] = f"{QRELS}/{path.name}:{line}"
            marked.setdefault(split, {})[query] = ids
    if not split_of:
        problem = f"{folder / QRELS}: no query has a mark above 0"
        raise DataError(problem, fix="name the documents of each query in qrels/test.tsv")
    known = set()
    for line, id, _ in _queries(folder / QUERIES):
        known.add(id)
        if id not in split_of:
            left_out.append(LeftOut(place=f"{QUERIES}:{line}", why=f"query {id!r} has no mark above 0"))
    for query in split_of.keys() - known:
        left_out.append(LeftOut(place=places[query], why=f"query {query!r} is not in {QUERIES}"))
    return Beir(folder / CORPUS, folder / QUERIES, marked, sorted(left_out, key=lambda one: one.place))


def read_beir(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line in `queries.jsonl` and canonical fields of every query with marks; it has no wanted output."""
    content = beir(folder)
    split_of = {query: split for split, queries in content.gold.items() for query in queries}
    for line, id, fields in _queries(content.queries):
        split = split_of.get(id)
        if split is None:
            continue
        more = fields.get("metadata")
        yield (
            line,
            {
                "id": id,
                "input": fields.get("text"),
                "output": "",
                "gold_doc_ids": content.gold[split][id],
                "meta": {**(more if isinstance(more, dict) else {}), "split": split},
            },
        )


def _queries(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for raw in read_table(path).whole():
        id = raw.fields.get("_id")
        if isinstance(id, bool) or not isinstance(id, str | int) or id == "":
            what = f"`_id` is {id!r}, expected a text; found {sorted(raw.fields)[:8]}"
            raise LineError(path, raw.line, what, fix='write queries as {"_id": ..., "text": ...}')
        yield raw.line, str(id), raw.fields


def _marks(path: Path) -> dict[str, tuple[int, list[str]]]:
    """Query to its first line and its documents with a score above 0, highest score first."""
    scored: dict[str, list[tuple[float, str]]] = defaultdict(list)
    first: dict[str, int] = {}
    text = codec.read_text(path)
    for line, row in enumerate(
        csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE), start=1
    ):
        if not row or (line == 1 and row[0] == "query-id"):
            continue
        score = _score(row[2]) if len(row) == 3 else None
        if score is None:
            what = f"{row[:4]!r}, expected query id, document id and score"
            raise LineError(path, line, what, fix="three columns with tabs between, the score a number")
        if score > 0:
            scored[row[0]].append((-score, row[1]))
            first.setdefault(row[0], line)
    ordered = {query: sorted(marks, key=lambda mark: mark[0]) for query, marks in scored.items()}
    return {
        query: (first[query], list(dict.fromkeys(id for _, id in marks))) for query, marks in ordered.items()
    }


def _score(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
