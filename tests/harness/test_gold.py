"""Gold documents are there or the row is named, and BEIR folders become rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.engagement.errors import FileError, NotReady
from advisor.engagement.records.documents import LeftOut
from advisor.engagement.records.examples import Example
from harness.intake.decoding import LineError
from harness.intake.documents import Documents, read_documents
from harness.intake.gold import beir, check_gold, counted, is_beir, read_beir
from harness.intake.store import Rows

from .document_makers import SHOP, lines, put


@pytest.fixture
def shop(tmp_path: Path) -> Documents:
    return read_documents(lines(tmp_path / "corpus.jsonl", [*SHOP, {"doc_id": "d4", "text": ""}]))


def asked(*gold: list[str]) -> Rows:
    rows = Rows()
    rows.begin(Path("rows.jsonl"))
    for number, ids in enumerate(gold):
        row = Example(id=f"q{number}", input=f"Question {number}?", output="Yes.", gold_doc_ids=ids)
        rows.add(row, line=number + 1)
    rows.seal()
    return rows


def test_a_gold_document_that_is_not_there_is_refused_with_its_line(shop: Documents) -> None:
    with pytest.raises(LineError) as raised:
        check_gold(asked(["d1"], ["d2", "d99"]), shop)
    assert raised.value.line == 2
    assert "rows.jsonl line 2: gold document 'd99' is not among the 3 documents" in raised.value.problem
    assert raised.value.fix == "add the document, or remove its id from the row"


def test_a_gold_document_that_is_empty_is_refused_as_such(shop: Documents) -> None:
    with pytest.raises(LineError, match=r"gold document 'd4' is empty \(line 4 of the documents\)"):
        check_gold(asked(["d4"]), shop)


def test_a_training_row_may_lack_its_gold_document_and_is_named(shop: Documents) -> None:
    rows = asked(["d1"], ["d99"])
    found = {one.finding.code: one.finding for one in check_gold(rows, shop, test={0})}
    assert (found["gold_absent"].count, found["gold_absent"].lines) == (1, [2])
    with pytest.raises(LineError):
        check_gold(rows, shop, test={1})
    assert counted(rows, shop) == (2, 1)


def test_rows_without_gold_cannot_be_scored_for_recall(shop: Documents) -> None:
    found = {one.finding.code: one.finding for one in check_gold(asked([], []), shop)}
    assert "recall" in found["no_gold"].message
    assert found["no_gold"].count == 2


def test_some_rows_without_gold_are_counted(shop: Documents) -> None:
    found = {one.finding.code: one.finding for one in check_gold(asked(["d1"], [], []), shop)}
    assert found["some_gold"].message.startswith("rows without gold documents: 2 of 3")
    assert found["some_gold"].lines == [2, 3]


def test_empty_documents_and_unread_files_are_findings(tmp_path: Path, shop: Documents) -> None:
    (found,) = check_gold(asked(["d1"]), shop)
    assert (found.finding.code, found.finding.count) == ("empty_documents", 1)
    assert "empty, left out: 1 ('d4' on line 4)" in found.finding.message
    folder = read_documents(put(tmp_path / "in", {"a.txt": "A.", "b.png": b"x"}))
    (found,) = check_gold(asked(["a.txt"]), folder)
    assert (found.finding.code, found.finding.count) == ("documents_left_out", 1)
    assert "b.png" in found.finding.message


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    lines(folder / "corpus.jsonl", [{"_id": f"d{n}", "title": "", "text": f"Text {n}."} for n in range(4)])
    lines(folder / "queries.jsonl", [{"_id": f"q{n}", "text": f"Question {n}?"} for n in range(4)])
    header = "query-id\tcorpus-id\tscore\n"
    train, test = f"{header}q0\td0\t1\nq2\td1\t0\n", f"{header}q1\td1\t1\nq1\td2\t2\nq9\td0\t1\n"
    return put(folder, {"qrels/train.tsv": train, "qrels/test.tsv": test, "README.md": "Words."})


def test_a_beir_folder_gives_rows_with_gold_and_split(benchmark: Path) -> None:
    assert is_beir(benchmark)
    meta: Iterator[dict[str, str]] = iter([{"split": "train"}, {"split": "test"}])
    gold = iter([["d0"], ["d2", "d1"]])
    assert list(read_beir(benchmark)) == [
        (
            line,
            {
                "id": id,
                "input": f"Question {line - 1}?",
                "output": "",
                "gold_doc_ids": next(gold),
                "meta": next(meta),
            },
        )
        for line, id in ((1, "q0"), (2, "q1"))
    ]


def test_beir_names_queries_without_marks_and_marks_without_query(benchmark: Path) -> None:
    assert {one.place: one.why for one in beir(benchmark).left_out} == {
        "queries.jsonl:3": "query 'q2' has no mark above 0",
        "queries.jsonl:4": "query 'q3' has no mark above 0",
        "qrels/test.tsv:4": "query 'q9' is not in queries.jsonl",
    }


def test_the_documents_of_a_beir_folder_are_its_corpus(benchmark: Path) -> None:
    documents = read_documents(benchmark)
    assert list(documents.ids) == ["d0", "d1", "d2", "d3"]
    assert documents.left_out == [
        LeftOut(place="README.md", why="not read: corpus.jsonl holds the documents")
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("qrels/dev.tsv", "q0\td1\t1\n", "query 'q0' is marked in"),
        ("qrels/test.tsv", "q0\td1\tmuch\n", "line 1: ['q0', 'd1', 'much'], expected query id"),
        ("qrels/test.tsv", "q0 d1 1\n", "expected query id, document id and score"),
        ("queries.jsonl", '{"text": "no id"}\n', "`_id` is None"),
    ],
)
def test_a_broken_beir_folder_is_refused(benchmark: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(NotReady) as raised:
        beir(put(benchmark, {name: content}))
    assert said in raised.value.problem


def test_a_folder_without_marks_is_no_beir_folder(tmp_path: Path) -> None:
    lines(tmp_path / "corpus.jsonl", SHOP)
    assert not is_beir(tmp_path)
    with pytest.raises(FileError, match=r"lacks queries.jsonl, qrels"):
        beir(tmp_path)
