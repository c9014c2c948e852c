"""What --fix can mend is offered and done, what it cannot is not; without a header --columns is named."""

from __future__ import annotations

import json
import shlex
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import group, run
from harness.intake import json_arrays
from harness.intake.checking import Checked, check_files
from harness.intake.copying import write_copies
from harness.intake.decoding import LineError
from harness.intake.json_arrays import elements
from harness.intake.rows import HOPELESS, Asked, read_content
from harness.intake.store import Rows
from harness.metrics._targets import targets

from .conftest import tickets, write_rows


def checked(folder: Path, text: str, name: str, **options: Any) -> Checked:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return check_files(path, **options)


def json_lines(rows: list[Any]) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def array(rows: list[Any]) -> str:
    return "[" + ",\n ".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "]\n"


def table(rows: list[Any]) -> str:
    cells = [row if isinstance(row, str) else f"{row['input']},{row['output']}" for row in rows]
    return "\n".join(["input,output", *cells]) + "\n"


def fasttext(rows: list[Any]) -> str:
    return "".join(
        (row if isinstance(row, str) else f"__label__{row['output'].replace(' ', '_')} {row['input']}") + "\n"
        for row in rows
    )


BROKEN = {
    "r.jsonl": (json_lines, '{"input": "broken"', "line", 0),
    "r.json": (array, '{"input": "a", "output": "b",}', "element", 0),
    "r.csv": (table, "one,two,three", "line", 1),
    "r.txt": (fasttext, "__label__a __label__b two labels", "line", 0),
}
"""Name of a file: how it is written, a row that cannot be read, what its rows are, lines before the first."""


@pytest.mark.parametrize("place", [0, 7])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_on_any_line_is_offered_to_be_left_out_and_is(
    tmp_path: Path, name: str, place: int
) -> None:
    write, broken, noun, above = BROKEN[name]
    rows: list[Any] = [{**row, "id": f"t{n}"} for n, row in enumerate(tickets(20))]
    rows[place] = broken
    number = place + 1 + above
    (refusal,) = checked(tmp_path, write(rows), name).intake.errors
    assert f"{name} {noun} {number}: " in refusal.message
    assert refusal.line == number
    path = tmp_path / name
    assert f"run `tunecase check {path} --fix` to leave out that row" in refusal.fix
    found = check_files(path, asked=Asked(mend=True))
    assert (found.intake.rows_in, found.intake.rows_kept) == (20, 19)
    (left,) = [one for one in found.intake.warnings if one.code == "left_out"]
    assert left.lines == [number]
    copy = Path(write_copies(found, masked=False).intake.copy)
    assert len(copy.read_text(encoding="utf-8").splitlines()) == 19


HALVES = ['{"input": "cut \\ud83d", "output": "card"}', '{"input": "a", "output": "b", "\\udc00": 1}']


@pytest.mark.parametrize("row", HALVES)
def test_half_a_character_breaks_its_row_only(tmp_path: Path, row: str) -> None:
    text = json_lines([*tickets(12), row])
    (refusal,) = checked(tmp_path, text, "r.jsonl").intake.errors
    assert "line 13: holds U+D" in refusal.message
    assert "leave out that row" in refusal.fix
    assert checked(tmp_path, text, "r.jsonl", asked=Asked(mend=True)).intake.rows_kept == 12


def test_the_offer_counts_the_rows_and_quotes_the_names(tmp_path: Path) -> None:
    rows: list[Any] = [dict(row) for row in tickets(20)]
    rows[3], rows[9] = "nonsense", {"id": "x", "input": ["not", "turns"], "output": "card"}
    rows[12]["id"] = rows[2]["id"]
    test = write_rows(tmp_path / "a test.jsonl", tickets(12, seed=4))
    (refusal,) = checked(tmp_path, json_lines(rows), "my rows.jsonl", test=test).intake.errors
    command = f"tunecase check {shlex.quote(str(tmp_path / 'my rows.jsonl'))} --test {shlex.quote(str(test))}"
    assert refusal.fix.endswith(f"; or run `{command} --fix` to leave out the 3 rows that cannot be read")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json_lines(["{", "{", "{"]), "every_row.jsonl"),
        (json_lines([{"a": 1, "b": 2}, {"input": "a", "output": "b"}]), "first_row_settles.jsonl"),
        (json_lines([*tickets(5), "{", '{"input": "' + "x" * 300]).strip(), "line_too_long.jsonl"),
        (array([*tickets(5), "{", *tickets(5, seed=1)])[:-60], "not_closed.json"),
        (array([*tickets(5), "{}"]) + "[]", "two_arrays.json"),
        (table([*tickets(5), "a,b,c", '"open,b']), "quote_not_closed.csv"),
        ("input,input\na,b\n", "header.csv"),
    ],
)
def test_what_leaving_out_rows_does_not_mend_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    monkeypatch.setattr("harness.intake.streaming.LONGEST", 200)
    for mend in (False, True):
        found = checked(tmp_path, text, name, asked=Asked(mend=mend)).intake
        assert found.status == "rejected"
        assert "--fix" not in found.errors[0].fix


def test_the_command_that_is_offered_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-r.jsonl").write_text(json_lines([*tickets(12), "{"]), encoding="utf-8")
    (refusal,) = check_files(Path("-r.jsonl")).intake.errors
    offered = shlex.split(refusal.fix.split("`")[1])
    assert run(group, offered[1:], name="tunecase") == 0
    assert len(Path("-r.fixed.jsonl").read_text(encoding="utf-8").splitlines()) == 12


@pytest.mark.parametrize(
    ("rows", "proposed", "message"),
    [
        ([(row["input"], row["output"]) for row in tickets(12)], "input,label", "not like a header"),
        ([(row["output"], row["input"]) for row in tickets(12)], "label,input", "not like a header"),
        ([("7", f"words of {n} rows", f"a longer text {n} of them all") for n in range(9)],
         "column1,output,input", "not like a header"),
        ([("It rains", "yes"), ("It snows", "no")], "input,output", "no column for `input`"),
    ],
)  # fmt: skip
def test_a_table_without_a_header_line_is_told_how_to_name_its_columns(
    tmp_path: Path, rows: list[tuple[str, ...]], proposed: str, message: str
) -> None:
    text = "".join(";".join(row) + "\n" for row in rows)
    (refusal,) = checked(tmp_path, text, "r.csv").intake.errors
    assert message in refusal.message
    command = f"`tunecase check {tmp_path / 'r.csv'} --columns {proposed}`"
    assert command in refusal.fix
    if len(rows) > 2:
        arguments = shlex.split(command.strip("`"))[1:]
        assert run(group, [*arguments, "--json"], name="tunecase") == 0


def test_a_header_is_not_taken_for_data(tmp_path: Path) -> None:
    text = "Body of message;Queue\n" + "".join(f"{row['input']};{row['output']}\n" for row in tickets(9))
    (refusal,) = checked(tmp_path, text, "r.csv").intake.errors
    assert "no column for `input`, found ['Body of message', 'Queue']" in refusal.message
    mapped = Asked(column_map={"Body of message": "input", "Queue": "label"})
    assert checked(tmp_path, text, "r.csv", asked=mapped).intake.rows_kept == 9


def test_an_array_is_cut_alike_however_its_pieces_fall() -> None:
    said = ['{"a": "[,]\\"\\\\"}', '{"b": [1, {"c": "]}"}]}', '"x"', "7", "null"]
    text = "\n [" + " ,\n\t".join(said) + "\n]  \n"
    for size in (1, 2, 3, 7, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        found = list(elements(Path("r"), iter(["", *pieces])))
        assert [one.text for one in found] == said
        assert [(one.line, one.column) for one in found[:2]] == [(2, 3), (3, 2)]


def test_an_array_is_read_as_it_comes() -> None:
    endless = chain(["["], cycle(['{"a": "b', '"}, ']))
    found = elements(Path("r"), endless)
    assert [one.text for one in islice(found, 1000)] == ['{"a": "b"}'] * 1000


def test_a_large_file_of_nothing_but_broken_rows_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("{\n" * (HOPELESS + 500), encoding="utf-8")
    rows = Rows()
    with pytest.raises(LineError, match="line 1: ") as caught:
        read_content(rows, path, Asked())
    assert caught.value.mendable == 0
    rows.seal()
    assert len(rows.rejected_path.read_bytes().splitlines()) == HOPELESS
    rows.close()


def test_an_element_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_arrays, "LONGEST", 50)
    with pytest.raises(Exception, match="element 2 has a size over the limit of 50"):
        list(elements(Path("r"), iter(['[{"a": 1}, {"b": "', "x" * 40, "x" * 40])))


@pytest.mark.parametrize(
    "rows",
    [
        [{"question": f"How many, number {n}?", "context": f"Text {n}", "answers": [{"text": f"{n}"},
          {"text": f"number {n}"}, {"text": f"{n}"}]} for n in range(30)],
        [{"question": f"How many {n}?", "answers": {"text": [f"{n}", f"number {n}"]}} for n in range(30)],
        [{"input": [{"role": "user", "content": f"How many {n}?"}], "ideal": [f"{n}", f"number {n}"]}
         for n in range(30)],
    ],
)  # fmt: skip
def test_every_answer_of_a_row_counts(tmp_path: Path, rows: list[Any]) -> None:
    found = checked(tmp_path, json_lines(rows), "r.jsonl")
    assert found.intake.rows_kept == 30
    for row in found.examples:
        assert targets(row) == [row.output, f"number {row.output}"]


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        ("Text ;CATEGORY;Customer No\n" + "".join(f"{a['input']};{a['output']};7\n" for a in tickets(12)),
         "r.csv", "CSV with semicolons with `text` and `category`"),
        (json_lines([{"Instruction": row["input"], "Output": row["output"], "Customer No": 7}
                     for row in tickets(12)]), "r.jsonl", "Alpaca (JSONL)"),
    ],
)  # fmt: skip
def test_names_of_columns_are_read_without_regard_to_case_and_it_is_said(
    tmp_path: Path, text: str, name: str, form: str
) -> None:
    found = checked(tmp_path, text, name)
    assert found.intake.format.startswith(form)
    assert "key_case" in {warning.code for warning in found.intake.warnings}
    assert {str(row.meta["Customer No"]) for row in found.examples} == {"7"}
    assert {row.input for row in found.examples} == {row["input"] for row in tickets(12)}
    both = json_lines([{"Input": "a", "INPUT": "b", "output": "c"}])
    assert "no column for `input`" in checked(tmp_path, both, "both.jsonl").intake.errors[0].message
