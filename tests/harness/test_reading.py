"""Whatever a client's export looks like on disk is read or refused with the reason, and said aloud."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.errors import FileError, NotReady
from harness.intake.checking import Checked, check_files

from .conftest import tickets

ROWS = "".join(json.dumps(row) + "\n" for row in tickets(20))
PLAIN = ROWS.encode("utf-8")


def checked(folder: Path, content: bytes, name: str = "rows.jsonl") -> Checked:
    path = folder / name
    path.write_bytes(content)
    return check_files(path)


def table(delimiter: str) -> str:
    rows = [{**row, "input": f"say; a, b | c\t{row['input']}"} for row in tickets(20)]
    lines = [("input", "output"), *((row["input"], row["output"]) for row in rows)]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (PLAIN, "rows.jsonl", None),
        (b"\xef\xbb\xbf" + PLAIN, "rows.jsonl", None),
        (ROWS.encode("utf-16"), "rows.jsonl", "utf16"),
        (b"\xfe\xff" + ROWS.encode("utf-16-be"), "rows.jsonl", "utf16"),
        (gzip.compress(PLAIN), "rows.jsonl.gz", None),
        (gzip.compress(PLAIN[:700]) + gzip.compress(PLAIN[700:]), "rows.jsonl.gz", None),
        (gzip.compress(PLAIN), "rows.jsonl", "gzip"),
        (PLAIN, "rows.jsonl.gz", "not_gzip"),
        (json.dumps(tickets(20)).encode(), "rows.json", None),
        (json.dumps(tickets(20)).encode(), "rows.jsonl", "array"),
        (PLAIN, "rows", "unnamed"),
        (PLAIN, "rows.data", "unnamed"),
    ],
)
def test_the_same_rows_come_out_of_every_wrapping(
    tmp_path: Path, content: bytes, name: str, code: str | None
) -> None:
    found = checked(tmp_path, content, name)
    assert [warning.code for warning in found.intake.warnings] == ([code] if code else [])
    assert found.examples == checked(tmp_path, PLAIN).examples


@pytest.mark.parametrize(
    ("delimiter", "name", "form"),
    [
        (",", "r.csv", "CSV"),
        (";", "r.csv", "CSV with semicolons"),
        ("\t", "r.csv", "TSV"),
        ("|", "r.csv", "CSV with pipes"),
        ("\t", "r.tsv", "TSV"),
    ],
)
def test_the_delimiter_is_what_cuts_the_header(tmp_path: Path, delimiter: str, name: str, form: str) -> None:
    found = checked(tmp_path, table(delimiter).encode(), name)
    assert (found.intake.format, found.intake.rows_kept) == (f"{form} with `input` and `output`", 20)
    assert str(found.examples[0].input).startswith("say; a, b | c\t")
    packed = checked(tmp_path, gzip.compress(table(delimiter).encode()), name + ".gz")
    assert packed.examples == found.examples


def test_a_delimiter_inside_a_quoted_header_does_not_count(tmp_path: Path) -> None:
    rows = "".join(f"text {n};{'ab'[n % 2]}\n" for n in range(12))
    found = checked(tmp_path, ('"what, who, when";label\n' + rows).encode(), "r.csv")
    assert "'what, who, when'" in found.intake.errors[0].message


def test_a_field_longer_than_the_library_allows_by_default_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{'word ' * (40_000 if n == 3 else 2)}{n},{'ab'[n % 2]}\n" for n in range(12))
    found = checked(tmp_path, ("text,label\n" + rows).encode(), "r.csv")
    assert found.intake.rows_kept == 12
    assert max(len(str(row.input)) for row in found.examples) > 131_072


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (gzip.compress(PLAIN)[:-20], "r.jsonl.gz", "gzip stream is truncated"),
        (gzip.compress(PLAIN) + b"more", "r.jsonl.gz", "4 bytes after the gzip stream"),
        (gzip.compress(PLAIN)[:30] + b"\xff" * 90, "r.jsonl.gz", "gzip stream is"),
        (gzip.compress(gzip.compress(PLAIN)), "r.jsonl.gz", "gzip inside gzip"),
        (gzip.compress(b" " * (17 << 20)), "r.jsonl.gz", "over the limit of"),
        (ROWS.encode("utf-16-be"), "r.jsonl", "encoding looks like UTF-16"),
        (b"\xff\xfe" + ROWS.encode("utf-16-le")[:-1], "r.jsonl", "damaged utf-16"),
        (random.Random(1).randbytes(400), "r.jsonl", "binary"),
        ("input,output\n\u201chello\u201d,\u20ac 5\n".encode("cp1252"), "r.csv", "line 2: byte 0x93"),
        ("input,output\n\u201chello\u201d,\u20ac 5\n".encode("cp1252"), "r.csv", "cp1252"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, name: str, said: str
) -> None:
    found = checked(tmp_path, content, name)
    (refusal,) = found.intake.errors
    assert said in refusal.message
    assert name in refusal.message
    assert refusal.fix


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(FileError, match="is a pipe"):
        check_files(tmp_path / "pipe.jsonl")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links need rights on Windows")
def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    for name, target in (("dangling.jsonl", "none"), ("loop.jsonl", "loop.jsonl")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(FileError, match=name):
            check_files(tmp_path / name)


@settings(deadline=None, max_examples=50)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
    ),
    st.sampled_from(["r.jsonl", "r.json", "r.csv", "r.tsv", "r.gz", "r.csv.gz", "r"]),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\xff\xfe", b'{"input": ', b"input,output\n", b"[{"]),
)
def test_no_bytes_give_anything_but_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, start: bytes
) -> None:
    try:
        found = checked(tmp_path_factory.getbasetemp(), start + content, name)
    except NotReady:
        return
    assert found.intake.status == "rejected" or found.examples
