"""What a person may ask of `check`: columns, encodings, groups, tasks, a mended or masked copy, pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.errors import FileError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Preference
from advisor.engagement.records.settings import Settings
from harness.intake import copying
from harness.intake.checking import Checked, check_files
from harness.intake.corpus import SPLITS
from harness.intake.freezing import freeze
from harness.intake.rows import Asked
from harness.intake.tables import Reading

from .conftest import tickets, write_rows


def checked(tmp_path: Path, text: str | bytes, name: str, **options: Any) -> Checked:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return check_files(path, **options)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def codes(found: Checked) -> dict[str, int]:
    return {warning.code: warning.count for warning in found.intake.warnings}


def test_a_table_without_a_header_takes_the_given_names(tmp_path: Path) -> None:
    text = "".join(f"{row['input']},{row['output']}\n" for row in tickets(40))
    asked = Asked(Reading(columns=("input", "output")))
    found = checked(tmp_path, text, "r.csv", asked=asked)
    assert found.intake.rows_kept == 40
    assert found.examples[0].input == tickets(1)[0]["input"]


def test_an_encoding_is_taken_when_it_is_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"café {row['input']};{row['output']}\n" for row in tickets(40))
    content = ("input;output\n" + rows).encode("cp1252")
    assert "--encoding cp1252" in checked(tmp_path, content, "r.csv").intake.errors[0].fix
    found = checked(tmp_path, content, "r.csv", asked=Asked(Reading(encoding="cp1252")))
    assert found.examples[0].input.startswith("café ")
    assert codes(found) == {"encoding": 1}


def test_rows_of_one_group_stay_in_one_split(tmp_path: Path) -> None:
    rows = [{**row, "customer": f"c{number // 8}"} for number, row in enumerate(tickets(80))]
    asked = Asked(column_map={"customer": "group"})
    found = checked(tmp_path, lines(rows), "r.jsonl", asked=asked)
    assert found.corpus is not None
    splits = found.corpus.split.reshape(10, 8)
    assert all(len(set(group.tolist())) == 1 for group in splits)
    assert found.splits is not None
    assert "group" in found.splits.how


def test_a_training_row_of_a_held_out_group_is_left_out(tmp_path: Path) -> None:
    train = [{**row, "customer": f"c{number // 4}"} for number, row in enumerate(tickets(40))]
    test = [{**row, "customer": "c3", "id": f"x{row['id']}"} for row in tickets(12, seed=5)]
    test_path = write_rows(tmp_path / "test.jsonl", test)
    asked = Asked(column_map={"customer": "group"})
    found = checked(tmp_path, lines(train), "r.jsonl", test=test_path, asked=asked)
    assert codes(found)["group_leak"] == 4
    assert found.intake.rows_kept == 36 + 12


def test_a_column_may_name_the_split(tmp_path: Path) -> None:
    rows = [{**row, "fold": ("train", "dev", "test")[n // 4 % 3]} for n, row in enumerate(tickets(60))]
    found = checked(tmp_path, lines(rows), "r.jsonl", asked=Asked(column_map={"fold": "split"}))
    assert found.intake.splits == {"train": 20, "validation": 20, "test": 20}


def test_the_task_can_be_said(tmp_path: Path) -> None:
    found = checked(tmp_path, lines(tickets(40)), "r.jsonl", task="generation")
    assert (found.intake.task, found.examples[0].label) == ("generation", None)
    wrong = checked(tmp_path, lines([{"text": f"a{n}"} for n in range(9)]), "r.jsonl", task="generation")
    assert "no row has an output" in wrong.intake.errors[0].message


def test_rows_that_cannot_be_read_are_left_out_when_asked_and_a_copy_is_written(tmp_path: Path) -> None:
    rows = [json.dumps(row) for row in tickets(40)]
    rows[4] = '{"input": "broken"'
    rows[7] = json.dumps({"id": "x", "input": ["not", "turns"], "output": "card"})
    rows.append(rows[0].replace('"t0"', '"again"'))
    path = tmp_path / "r.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    refused = check_files(path)
    assert refused.intake.errors[0].line == 5
    assert "--fix" in refused.intake.errors[0].fix
    found = check_files(path, asked=Asked(mend=True))
    assert (found.intake.rows_in, found.intake.rows_kept) == (41, 39)
    left = next(warning for warning in found.intake.warnings if warning.code == "left_out")
    assert left.lines == [5, 8]
    written = copying.write_copies(found, masked=False)
    copy = tmp_path / "r.fixed.jsonl"
    assert written.intake.copy == str(copy)
    assert len(copy.read_text(encoding="utf-8").splitlines()) == 38
    again = check_files(copy)
    assert again.intake.status == "accepted"
    with pytest.raises(FileError, match="exists already"):
        copying.refuse_existing(path, None, masked=False)


def test_a_masked_copy_holds_no_value_and_the_original_is_untouched(tmp_path: Path) -> None:
    rows = [
        {**row, "input": f"{row['input']} write to ann.{n}@example.com"} for n, row in enumerate(tickets(40))
    ]
    path = write_rows(tmp_path / "r.jsonl", rows)
    before = path.read_bytes()
    found = copying.write_copies(check_files(path, asked=Asked(mask=True)), masked=True)
    copy = (tmp_path / "r.redacted.jsonl").read_text(encoding="utf-8")
    assert "example.com" not in copy
    assert copy.count("[EMAIL]") == 40
    assert found.intake.masked == {"EMAIL": 40}
    assert path.read_bytes() == before
    assert all("example.com" not in row.input_text() for row in found.examples)


def pairs(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"p{n}", "prompt": f"question {n} of many", "chosen": f"good {n}", "rejected": f"bad {n}"}
        for n in range(count)
    ]


def test_pairs_are_frozen_with_their_splits(tmp_path: Path) -> None:
    found = checked(tmp_path, lines(pairs(50)), "r.jsonl")
    assert (found.intake.task, found.intake.rows_kept) == ("preference", 50)
    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    freeze(engagement, found)
    kept = engagement.preferences()
    assert kept[0] == Preference(
        id="p0",
        prompt="question 0 of many",
        chosen="good 0",
        rejected="bad 0",
        meta={"split": kept[0].meta["split"]},
    )
    splits = engagement.splits()
    assert {pair.id for pair in kept if pair.meta["split"] == "test"} == set(splits.test)
    assert set(pair.meta["split"] for pair in kept) == set(SPLITS)


def test_pairs_beside_the_rows_do_not_ask_what_is_held_out(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", tickets(40))
    held_out = [row for row in check_files(rows).examples if row.id in set(check_files(rows).splits.test)]  # type: ignore[union-attr]
    beside = [*pairs(30), {"id": "leak", "prompt": held_out[0].input, "chosen": "a", "rejected": "b"}]
    path = tmp_path / "pairs.jsonl"
    path.write_text(lines(beside), encoding="utf-8")
    found = check_files(rows, preferences=path)
    assert codes(found)["pair_leak"] == 1
    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    freeze(engagement, found)
    assert len(engagement.preferences()) == 30
    freeze(engagement, check_files(rows))
    assert engagement.preferences() == []
    assert "holds no pairs" in check_files(rows, preferences=rows).intake.errors[0].message


def test_a_mapping_makes_pairs_of_any_columns(tmp_path: Path) -> None:
    rows = [{"q": f"question {n}", "up": f"good {n}", "down": f"bad {n}"} for n in range(30)]
    asked = Asked(column_map={"q": "prompt", "up": "chosen", "down": "rejected"})
    found = checked(tmp_path, lines(rows), "r.jsonl", asked=asked)
    assert found.intake.task == "preference"
    assert found.examples[0].meta["rejected"].startswith("bad")


@pytest.mark.parametrize(
    ("rows", "task"),
    [
        ([{"prompt": f"ask {n}"} for n in range(12)], "prompts"),
        ([{"text": f"A text of some words, number {n}."} for n in range(12)], "text"),
        ([{"doc_id": f"d{n}", "title": "T", "text": f"Body {n}"} for n in range(12)], "documents"),
    ],
)
def test_rows_without_answers_are_kept_and_it_is_said(
    rows: list[dict[str, str]], task: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, lines(rows), "r.jsonl")
    assert (found.intake.task, found.intake.rows_kept) == (task, 12)
    assert "no_answers" in codes(found)
    assert found.intake.splits["test"] == 0


def test_unwanted_answers_are_kept_apart(tmp_path: Path) -> None:
    rows = [{"prompt": f"ask {n}", "completion": f"answer {n}", "label": n % 3 > 0} for n in range(30)]
    found = checked(tmp_path, lines(rows), "r.jsonl")
    assert (found.intake.rows_in, found.intake.rows_kept) == (30, 30)
    assert sum(found.intake.splits.values()) == 20
    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    freeze(engagement, found)
    assert len(engagement.unwanted_path.read_text(encoding="utf-8").splitlines()) == 10


@pytest.mark.parametrize("spelled", ["utf8", "UTF_8", "Utf-8", "utf-8-sig"])
def test_a_mark_at_the_start_is_no_letter_however_the_encoding_is_spelled(
    spelled: str, tmp_path: Path
) -> None:
    text = "\ufeffinput,output\n" + "".join(f"{row['input']},{row['output']}\n" for row in tickets(40))
    found = checked(tmp_path, text, "rows.csv", asked=Asked(Reading(encoding=spelled)))
    assert found.intake.rows_kept == 40


@pytest.mark.parametrize("name", ["rows.parquet", "rows.xlsx"])
def test_an_encoding_for_a_file_that_is_no_text_is_refused(name: str, tmp_path: Path) -> None:
    found = checked(tmp_path, b"PAR1", name, asked=Asked(Reading(encoding="cp1252")))
    (refusal,) = found.intake.errors
    assert "--encoding is for text files" in refusal.message
    assert refusal.fix == "leave out --encoding"
