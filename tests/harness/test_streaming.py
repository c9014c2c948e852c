"""Large files are read in pieces, and quick reading of JSON agrees with strict reading."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.errors import DataError, FileError
from harness.intake import streaming
from harness.intake.json_lines import quickly
from harness.intake.reading import read_table
from harness.intake.tables import Reading


class Slow(Exception):
    """Raised where strict reading would begin."""


def slow(_: str) -> Any:
    raise Slow


@pytest.mark.parametrize("pieces", [["a\r", "\nb\rc", "\n", "\r", "d"], ["a\r\nb\rc\n\rd"]])
def test_line_ends_may_fall_between_pieces(pieces: list[str]) -> None:
    cut = list(streaming.lines(Path("x"), iter(pieces)))
    assert cut == ["a\r\n", "b\r", "c\n", "\r", "d"]


@pytest.mark.parametrize(
    "line", ['{"a": 1, "a": 2}', '{"b": [{"a": "x", "a": "x"}]}', '{"a\\"": 1, "a\\"": 2}']
)
def test_a_key_given_twice_is_left_to_strict_reading(line: str) -> None:
    with pytest.raises(Slow):
        quickly(line, slow)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON, st.booleans())
def test_quick_reading_gives_what_strict_reading_gives(value: Any, ascii_only: bool) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only)
    found = quickly(line, json.loads)
    assert repr(found) == repr(json.loads(line))


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_pieces_of_any_size_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows = [{"input": f"é\u2028\U0001f600 {n}", "output": "x"} for n in range(50)]
    content = "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for size in (3, 7, 1 << 20):
        monkeypatch.setattr(streaming, "PIECE", size)
        assert [row.fields for row in read_table(path).rows] == rows


def test_a_line_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LONGEST", 100)
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n{"a": "' + "x" * 200, encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2: .*size over the limit of 100"):
        list(read_table(path).rows)


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PIECE", 16)
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n' * 50, encoding="utf-8")
    rows = read_table(path).rows
    next(rows)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"a": 2}\n')
    with pytest.raises(FileError, match="changed while it was read"):
        list(rows)


def test_names_are_for_delimited_files_and_must_fit(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("x,y\n", encoding="utf-8")
    assert [row.fields for row in read_table(path, Reading(columns=("a", "b"))).rows] == [
        {"a": "x", "b": "y"}
    ]
    with pytest.raises(DataError, match="line 1: 2 fields, --columns has 1"):
        list(read_table(path, Reading(columns=("a",))).whole())
    other = tmp_path / "r.jsonl"
    other.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match="this is JSONL"):
        read_table(other, Reading(columns=("a",)))


@pytest.mark.parametrize("name", ["nonsense", "hex", "rot13", "a\0b"])
def test_what_is_no_text_encoding_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match="is not a text encoding"):
        read_table(path, Reading(encoding=name))
