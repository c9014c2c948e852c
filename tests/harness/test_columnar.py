"""Parquet and Excel files give the rows that the same data gives as JSON lines."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.cli.main import group, run
from advisor.engagement import codec
from harness.intake import columnar
from harness.intake.checking import Checked, check_files
from harness.intake.reading import read_table
from harness.intake.store import Rejected

from .conftest import tickets, write_rows

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def checked(folder: Path, content: bytes, name: str) -> Checked:
    path = folder / name
    path.write_bytes(content)
    return check_files(path)


def parquet(rows: Any) -> bytes:
    buffer = io.BytesIO()
    polars.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def sheet(rows: list[list[str | int]]) -> str:
    cells = {
        str: '<c t="inlineStr"><is><t>{}</t></is></c>',
        int: "<c><v>{}</v></c>",
    }
    body = "".join("<row>" + "".join(cells[type(c)].format(c) for c in row) + "</row>" for row in rows)
    return f"<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>"


def workbook(**sheets: str) -> bytes:
    """The smallest file that spreadsheet programs open."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbered = list(enumerate(sheets, start=1))
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/{n}.xml" ContentType="{kind}.worksheet+xml"/>'
            for n, _ in numbered
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{LINKS}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="worksheets/{n}.xml"/>'
            for n, _ in numbered
        )
        + "</Relationships>",
        **{f"xl/worksheets/{n}.xml": sheets[name] for n, name in numbered},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def as_sheet(rows: list[dict[str, Any]]) -> str:
    return sheet([["id", "input", "output"], *([row["id"], row["input"], row["output"]] for row in rows)])


def test_parquet_and_excel_give_what_json_lines_give(tmp_path: Path) -> None:
    rows = [{key: row[key] for key in ("id", "input", "output")} for row in tickets(20)]
    expected = check_files(write_rows(tmp_path / "rows.jsonl", rows)).examples
    for content, name, form in (
        (parquet(rows), "rows.parquet", "Parquet"),
        (workbook(Tickets=as_sheet(rows)), "rows.xlsx", "Excel"),
    ):
        found = checked(tmp_path, content, name)
        assert found.intake.status == "accepted", found.intake.warnings
        assert found.intake.format == f"{form} with `input` and `output`"
        assert found.examples == expected


def test_cells_of_a_workbook_are_text(tmp_path: Path) -> None:
    rows: list[list[str | int]] = [[f"text {n}", f"000{n % 2}", n] for n in range(12)]
    book = workbook(Data=sheet([["text", "label", "age"], *rows, ["", "", ""]]))
    found = checked(tmp_path, book, "r.xlsx")
    assert (found.intake.rows_in, found.intake.rows_kept) == (12, 12)
    assert {row.output for row in found.examples} == {"0000", "0001"}
    assert "7" in {row.meta["age"] for row in found.examples}


def test_a_row_of_a_workbook_is_named_by_the_number_that_the_program_shows(tmp_path: Path) -> None:
    rows: list[list[str | int]] = [[f"text {n}", "ab"[n % 2]] for n in range(12)]
    rows[3][1] = " "
    found = checked(tmp_path, workbook(Data=sheet([["text", "label"], *rows])), "r.xlsx")
    assert found.corpus is not None
    rejected = codec.iter_lines(found.corpus.rows.rejected_path, Rejected)
    assert [row.line for row in rejected] == [5]


def test_other_sheets_are_named(tmp_path: Path) -> None:
    found = checked(tmp_path, workbook(Data=as_sheet(tickets(20)), Notes=sheet([["x"]])), "r.xlsx")
    (warning,) = found.intake.warnings
    assert (warning.code, "left alone 'Notes'" in warning.message) == ("sheets", True)


def test_text_in_a_binary_column_is_read_and_said(tmp_path: Path) -> None:
    rows = {"text": [f"t{n}".encode() for n in range(12)], "label": ["a", "b"] * 6}
    found = checked(tmp_path, parquet(rows), "r.parquet")
    (warning,) = found.intake.warnings
    assert (warning.code, warning.message) == ("binary", "r.parquet: binary columns read as text: text")
    rows["text"][0] = b"\xff\xfe"
    assert "does not hold UTF-8" in checked(tmp_path, parquet(rows), "r.parquet").intake.errors[0].message


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b'{"input": "a"}\n', "r.parquet", "not a whole Parquet file"),
        (parquet(tickets(20))[:-30], "r.parquet", "not a whole Parquet file"),
        (parquet({"input": [], "output": []}), "r.parquet", "no rows"),
        (b'{"input": "a"}\n', "r.xlsx", "not a whole Excel (.xlsx) file"),
        (workbook(Data=sheet([["input", "output"]])), "r.xlsx", "no rows"),
        (workbook(Data=sheet([["a", "a"], ["b", "c"]])), "r.xlsx", "two columns are named 'a'"),
        (workbook(Data=" " * (17 << 20)), "r.xlsx", "over the limit"),
        (workbook(Data=as_sheet(tickets(20))), "r.csv", "a zip archive"),
    ],
)
def test_what_is_not_a_whole_file_is_refused(tmp_path: Path, content: bytes, name: str, said: str) -> None:
    found = checked(tmp_path, content, name)
    (refusal,) = found.intake.errors
    assert said in refusal.message
    assert name in refusal.message


def test_parquet_is_read_as_it_comes_and_the_reader_ends_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.parquet"
    path.write_bytes(
        parquet({"text": [f"text {n}" for n in range(60_000)], "when": [date(2026, 11, 25)] * 60_000})
    )
    started: list[Any] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    table = read_table(path)
    assert next(table.rows).fields == {"text": "text 0", "when": "2026-11-25"}
    (reader,) = started
    assert reader.poll() is None
    del table
    gc.collect()
    assert reader.poll() is not None


def test_a_small_parquet_file_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    rows = {"text": ["word " * 4000] * 3000, "label": ["a"] * 3000}
    (refusal,) = checked(tmp_path, parquet(rows), "r.parquet").intake.errors
    assert "unpack to a size over the limit" in refusal.message


@settings(deadline=None, max_examples=8)
@given(
    st.sampled_from([(parquet(tickets(20)), "r.parquet"), (workbook(Data=as_sheet(tickets(20))), "r.xlsx")]),
    st.integers(0, 5000),
    st.binary(min_size=1, max_size=8),
)
def test_damaged_files_give_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[bytes, str], at: int, noise: bytes
) -> None:
    content, name = file
    at %= len(content)
    damaged = content[:at] + noise + content[at + len(noise) :]
    found = checked(tmp_path_factory.getbasetemp(), damaged, name)
    assert found.intake.status == "rejected" or found.examples


def test_a_library_that_crashes_on_a_file_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "READ_PARQUET", "import os; os.abort()")
    found = checked(tmp_path, parquet(tickets(20)), "r.parquet")
    assert "not a whole Parquet file (reading it crashed)" in found.intake.errors[0].message


def test_a_module_beside_the_data_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyarrow.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert checked(tmp_path, parquet(tickets(20)), "r.parquet").intake.status == "accepted"


@pytest.mark.parametrize("package", ["pyarrow", "fastexcel"])
def test_an_absent_package_is_named_with_the_install_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / ("r.parquet" if package == "pyarrow" else "r.xlsx")
    path.write_bytes(parquet(tickets(20)) if package == "pyarrow" else workbook(Data=as_sheet(tickets(20))))
    monkeypatch.chdir(tmp_path)
    assert run(group, ["check", str(path)], name="tunecase") == 3
    said = capsys.readouterr().err
    assert f"`{package}`" in said
    assert "pip install 'tunecase[run]'" in said
