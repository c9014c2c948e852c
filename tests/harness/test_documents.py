"""Rows become documents, and documents go to disk whole; what is left out is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars
import pytest

from advisor.engagement import codec
from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.documents import Chunk, Document, LeftOut
from harness.intake.decoding import LineError
from harness.intake.documents import digest, facts, read_documents, write_documents

from .document_makers import SHOP, lines, put

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("id", ["doc_id", "_id", "id"])
@pytest.mark.parametrize("text", ["text", "content", "body", "passage"])
def test_rows_are_known_by_the_usual_names(tmp_path: Path, id: str, text: str) -> None:
    path = lines(tmp_path / "corpus.jsonl", [{id: "a", "title": "T", text: "Said.", "year": 2024}])
    (document,) = read_documents(path)
    assert document == Document(id="a", title="T", text="Said.", source="corpus.jsonl:1", meta={"year": 2024})


def test_every_kind_of_table_gives_the_same_documents(tmp_path: Path) -> None:
    frame = polars.DataFrame(SHOP)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    (tmp_path / "a.json").write_text(json.dumps(SHOP), encoding="utf-8")
    lines(tmp_path / "a.jsonl", SHOP)
    kinds = {}
    for ending in ("parquet", "csv", "json", "jsonl"):
        documents = read_documents(tmp_path / f"a.{ending}")
        assert [(d.id, d.title, d.text) for d in documents] == [
            (r["doc_id"], r["title"], r["text"]) for r in SHOP
        ]
        kinds[ending] = dict(documents.kinds)
    assert kinds == {
        "parquet": {"Parquet": 3},
        "csv": {"CSV": 3},
        "json": {"JSON array": 3},
        "jsonl": {"JSONL": 3},
    }


def test_a_whole_number_is_an_id(tmp_path: Path) -> None:
    path = lines(tmp_path / "c.jsonl", [{"id": 7, "text": "a"}, {"id": 8.0, "text": "b"}])
    assert [document.id for document in read_documents(path)] == ["7", "8"]


def test_rows_without_text_are_left_out_and_named_by_line(tmp_path: Path) -> None:
    empty = [{"doc_id": "d4", "title": "", "text": ""}, {"doc_id": "d5", "text": None}]
    documents = read_documents(lines(tmp_path / "c.jsonl", [*SHOP, *empty]))
    assert len(documents) == 3
    assert documents.empty == {"d4": 4, "d5": 5}
    assert [one.place for one in documents.left_out] == ["c.jsonl:4", "c.jsonl:5"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"doc_id": "d2", "text": "x"}, "id 'd2' was used on line 2"),
        ({"text": "x"}, "no id"),
        ({"id": True, "text": "x"}, "`id` is True"),
        ({"id": ["a"], "text": "x"}, "`id` is ['a']"),
        ({"id": "a", "words": "x"}, "no text"),
        ({"id": "a", "text": ["x"]}, "`text` is list"),
        ({"id": "a", "text": "x", "title": {}}, "`title` is dict"),
        ({"id": "a", "text": "half \ud800"}, "cannot be written"),
    ],
)
def test_a_row_that_is_no_document_is_refused_with_its_line(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(LineError) as raised:
        read_documents(lines(tmp_path / "c.jsonl", [*SHOP, row]))
    assert raised.value.line == 4
    assert said in raised.value.problem
    assert raised.value.fix


def test_an_empty_row_and_a_full_one_may_not_share_an_id(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": ""}, {"id": "a", "text": "x"}]
    with pytest.raises(LineError, match="used on line 1"):
        read_documents(lines(tmp_path / "c.jsonl", rows))


def test_only_empty_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"c.jsonl:1: document 'a' is empty"):
        read_documents(lines(tmp_path / "c.jsonl", [{"id": "a", "text": " "}]))


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("none.jsonl", "none.pdf", "none"):
        with pytest.raises(FileError, match="no such file"):
            read_documents(tmp_path / name)


def test_documents_chunks_and_what_is_missing_are_written(tmp_path: Path) -> None:
    files = {"a.md": "# A\n" + "One two three. " * 200, "b.txt": "B.", "c.png": b"x"}
    documents = read_documents(put(tmp_path / "in", files))
    told = write_documents(tmp_path / "out", documents, questions_with_gold=5)
    assert told == facts(documents, questions_with_gold=5)
    written = list(codec.iter_lines(tmp_path / "out" / "documents.jsonl", Document))
    chunks = list(codec.iter_lines(tmp_path / "out" / "chunks.jsonl", Chunk))
    left_out = list(codec.iter_lines(tmp_path / "out" / "left_out.jsonl", LeftOut))
    assert written == list(documents)
    assert left_out == documents.left_out and left_out[0].place == "c.png"
    assert (told.documents, told.chunks, told.words) == (2, len(chunks), 603)
    assert (told.kinds, told.questions_with_gold) == ({"Markdown": 1, "text": 1}, 5)
    by_id = {document.id: document.text for document in written}
    assert all(by_id[c.doc_id][c.start : c.start + len(c.text)] == c.text for c in chunks)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "chunks.jsonl",
        "documents.jsonl",
        "left_out.jsonl",
    ]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_documents(put(tmp_path / "a", {"x.txt": "First."}))
    write_documents(tmp_path / "out", first)
    second = read_documents(put(tmp_path / "b", {"x.txt": "Second.", "y.txt": "Third."}))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    monkeypatch.setattr("harness.intake.documents.chunks", lambda document: [][1])
    with pytest.raises(IndexError):
        write_documents(tmp_path / "out", second)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_the_digest_follows_the_documents(tmp_path: Path) -> None:
    first = read_documents(put(tmp_path / "a", {"x.txt": "X.", "y.txt": "Y."}))
    same = read_documents(put(tmp_path / "b", {"y.txt": "Y.", "x.txt": "X."}))
    other = read_documents(put(tmp_path / "c", {"x.txt": "X.", "y.txt": "Z."}))
    assert digest(first) == digest(same) != digest(other)


@pytest.mark.parametrize(("name", "count"), [("xquad_en", 240), ("wsl_faq", 246)])
def test_collected_corpora_are_whole(name: str, count: int) -> None:
    if not SHARED.is_dir():
        pytest.skip("the collected data is not here")
    documents = read_documents(SHARED / name / "corpus.jsonl")
    assert len(documents) == count and not documents.left_out
    for split in ("train", "test"):
        for line in (SHARED / name / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            assert set(json.loads(line)["gold_doc_ids"]) <= documents.ids.keys()
