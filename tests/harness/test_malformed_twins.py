"""Files that go wrong end in one verdict with one clear message, and nothing is written."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.cli.check import Given, check
from advisor.cli.session import Session
from advisor.engagement.errors import FileError, NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.settings import Settings
from harness.intake import columnar, streaming
from harness.intake.checking import check_files
from harness.intake.rows import Asked, read_content
from harness.intake.store import Rows

from .conftest import tickets
from .malformed_twins import OK, PARQUET, REFUSED, TWINS, Twin, archive
from .test_columnar import as_sheet, workbook

SHARED = Path(__file__).parents[3] / "shared" / "data" / "malformed" / "MANIFEST.json"


def tree(root: Path) -> dict[str, bytes]:
    """Every file below, with its content."""
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("case", TWINS)
def test_a_malformed_file_ends_as_it_should_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    twin: Twin = TWINS[case]
    inbox, scratch = tmp_path / "inbox", tmp_path / "scratch"
    scratch.mkdir()
    inbox.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(inbox)
    for name, content in twin.files.items():
        Path(name).write_bytes(content)
    first, *others = map(Path, twin.files)
    beside: Any = {twin.beside: others[0]} if others else {}
    folder = None
    if twin.verdict == REFUSED:
        folder = Engagement.create(tmp_path / "client", Settings(title="A client")).root
    before = tree(tmp_path)
    intake, _ = check(Session(folder, as_json=True, verbosity=0), Given(first, **beside))
    said = [intake.format, *(one.message for one in intake.warnings)]
    said += [f"{one.message} {one.fix}" for one in intake.errors]
    assert intake.status == twin.verdict, said
    assert [one for one in twin.said if one.lower() not in " ".join(said).lower()] == [], said
    assert {name: content for name, content in tree(tmp_path).items() if "scratch" not in name} == before
    if twin.verdict == REFUSED:
        assert len(intake.errors) == 1
        assert not list(scratch.iterdir())


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of malformed files is not at hand")
def test_every_case_of_the_collection_has_a_twin() -> None:
    cases = json.loads(SHARED.read_text(encoding="utf-8"))["cases"]
    assert {case["case"] for case in cases} == {*TWINS, "153"}


@pytest.mark.parametrize("name", ["r.jsonl", "r.json", "r.csv", "r.txt", "r.jsonl.gz", "r.xlsx", "r.parquet"])
@pytest.mark.parametrize("change", ["grows", "shrinks", "is written anew"])
def test_a_file_that_changes_while_it_is_read_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: str
) -> None:
    path = tmp_path / name
    path.write_bytes(contents(name))

    def changing(*_: Any) -> None:
        content = path.read_bytes()
        path.write_bytes({"grows": content * 2, "shrinks": content[:40]}.get(change, content[::-1]))

    monkeypatch.setattr(streaming, "PIECE", 64)
    after_the_first_piece(monkeypatch, name, changing)
    with pytest.raises(FileError, match=f"{name}: changed while it was read") as caught:
        check_files(path)
    assert "when the writer is done" in caught.value.fix


def contents(name: str) -> bytes:
    """Twenty rows in the form that the name says."""
    rows = tickets(20)
    cells = "".join(f"{row['input']},{row['output']}\n" for row in rows)
    written = {
        "r.json": json.dumps(rows).encode(),
        "r.csv": f"input,output\n{cells}".encode(),
        "r.txt": "".join(f"__label__{row['id']} {row['input']}\n" for row in rows).encode(),
        "r.jsonl.gz": gzip.compress(OK),
        "r.xlsx": workbook(Data=as_sheet(rows)),
        "r.parquet": PARQUET,
    }
    return written.get(name, OK)


def after_the_first_piece(monkeypatch: pytest.MonkeyPatch, name: str, change: Any) -> None:
    """Change the file once reading has begun, as a writer beside us would."""
    if name == "r.parquet":
        reader = columnar._reader

        def opening(program: str, file: Path) -> Any:
            change()
            return reader(program, file)

        monkeypatch.setattr(columnar, "_reader", opening)
        return
    whole = streaming._read

    def reading(path: Path) -> Iterator[bytes]:
        pieces = whole(path)
        yield next(pieces)
        change()
        yield from pieces

    monkeypatch.setattr(streaming, "_read", reading)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no device files here")
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_is_not_read(tmp_path: Path, device: str) -> None:
    (tmp_path / "link.jsonl").symlink_to(device)
    for path in (Path(device), tmp_path / "link.jsonl"):
        with pytest.raises(FileError, match="is a pipe or a device"):
            check_files(path)
        with pytest.raises(FileError, match="is a pipe or a device"):
            check_files(path, test=path)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(OK)
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(FileError, match=r"r\.jsonl: Permission denied") as caught:
            check_files(path)
        assert "permissions" in caught.value.fix
    else:
        pytest.skip("root and Windows can read a file of mode 000")


@pytest.mark.parametrize("name", ["-r.jsonl", "a b.jsonl", "a\u00a0b.csv", "two\nlines.jsonl", "-r.parquet"])
def test_any_name_will_do_with_its_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    try:
        path.write_bytes(contents("r" + path.suffix))
    except OSError:
        pytest.skip("this file system has no such names")
    session = Session(None, as_json=True, verbosity=0)
    intake, _ = check(session, Given(path, redact=True))
    assert (intake.status != "rejected", intake.errors) == (True, [])
    assert Path(intake.copy) == Path(f"{path.stem}.redacted.jsonl")
    assert Path(intake.copy).is_file()


NAMES = ("r.jsonl", "r.json", "r.csv", "r.tsv", "r.gz")
STARTS = (b"", b"\x1f\x8b\x08", b'{"input": ', b"input,output\n", b"[{", b'[{"input": "a", "output": "b"},')


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=120), st.sampled_from(NAMES), st.sampled_from(STARTS))
def test_any_bytes_are_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(start + content)
    for mend in (False, True):
        refused_or_read(path, mend=mend)


@settings(deadline=None, max_examples=4)
@given(st.binary(min_size=1, max_size=60), st.sampled_from(["r.parquet", "r.xlsx"]), st.booleans())
def test_any_bytes_in_a_container_are_rows_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, inside: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    around = archive("xl/workbook.xml", content) if name == "r.xlsx" else b"PAR1" + content + b"PAR1"
    path.write_bytes(around if inside else content)
    refused_or_read(path)


def refused_or_read(path: Path, *, mend: bool = False) -> None:
    """Every row, or one error with a way out."""
    rows = Rows()
    try:
        content = read_content(rows, path, Asked(mend=mend))
    except NotReady as wrong:
        assert str(path) in wrong.problem
        assert wrong.fix
    else:
        rows.seal()
        left_out = sum(map(len, content.left_out.values()))
        assert len(rows) + content.unwanted + left_out == content.rows_in
    finally:
        rows.close()


said = st.text(min_size=1, max_size=30).filter(lambda text: bool(text.strip())).map(str.strip)
turns = st.lists(said, min_size=1, max_size=2).map(
    lambda texts: [
        *(Message(role="system", content=text) for text in texts[1:]),
        Message(role="user", content=texts[0]),
    ]
)
examples = st.builds(
    Example,
    id=said,
    input=said | turns,
    output=said,
    label=st.none() | said,
    context=st.none() | said,
    gold_doc_ids=st.lists(said, max_size=2),
    meta=st.dictionaries(
        said.filter(lambda key: key != "wanted"), st.integers() | said | st.none(), max_size=2
    ),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(examples, min_size=1, max_size=4, unique_by=lambda row: row.id),
    st.sampled_from(["r.jsonl", "r.json"]),
)
def test_canonical_rows_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Example], name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    written = [msgspec.json.encode(row) for row in rows]
    path.write_bytes(b"\n".join(written) if name == "r.jsonl" else b"[" + b", ".join(written) + b"]")
    store = Rows()
    try:
        read_content(store, path, Asked())
        store.seal()
        assert list(store) == rows
    finally:
        store.close()
