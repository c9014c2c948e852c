"""Nothing in a client's file is lost silently, and every refusal names line, value and fix."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement import codec
from advisor.engagement.errors import DataError, FileError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.settings import Settings
from harness.intake.checking import Checked, check_files
from harness.intake.freezing import freeze
from harness.intake.rows import Asked
from harness.intake.splitting import carve, joined
from harness.intake.store import Rejected

from .conftest import tickets, write_rows


def checked(tmp_path: Path, text: str | bytes, name: str = "rows.jsonl", **columns: str) -> Checked:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return check_files(path, asked=Asked(column_map=columns))


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def rejected(found: Checked) -> list[Rejected]:
    assert found.corpus is not None
    return list(codec.iter_lines(found.corpus.rows.rejected_path, Rejected))


def codes(found: Checked) -> dict[str, int]:
    return {warning.code: warning.count for warning in found.intake.warnings}


def test_a_clean_file_has_no_warning(tmp_path: Path) -> None:
    found = check_files(write_rows(tmp_path / "rows.jsonl", tickets(100)))
    assert (found.intake.status, found.intake.format) == ("accepted", "canonical JSONL")
    assert (found.intake.task, found.intake.rows_kept) == ("classification", 100)
    assert sum(found.intake.splits.values()) == 100
    assert found.intake.splits["test"] == pytest.approx(20, abs=1)
    assert found.intake.splits["validation"] == pytest.approx(10, abs=1)
    assert found.intake.profile is not None
    assert found.intake.profile.labels == {"card": 25, "card fee": 25, "lost phone": 25, "transfer": 25}


@pytest.mark.parametrize(
    ("text", "name", "said", "line"),
    [
        ('{"input": "a", "output": "b"}\n{"input": "a", "output":\n', "r.jsonl", "line 2", 2),
        ('{"input": "a", "output": "b", "output": "c"}\n', "r.jsonl", "'output' occurs twice", 1),
        ('{"input": "a", "output": NaN}\n', "r.jsonl", "NaN", 1),
        ('{"input": "a", "output": %s}\n' % ("9" * 6000), "r.jsonl", "line 1", 1),
        ('{"input": "a", "output": ["x", "y"]}\n', "r.jsonl", "`output` is a list", 1),
        ('{"input": "a", "output": true}\n', "r.jsonl", "`output` is a bool", 1),
        ('{"body": "a", "queue": "b"}\n', "r.jsonl", "found ['body', 'queue']", 1),
        ('{"in\u0440ut": "a", "output": "b"}\n', "r.jsonl", "U+0440", 1),
        ('"text"\n', "r.jsonl", "line 1", 1),
        ('["a", "b"]\n["c", "d"]\n', "r.jsonl", "a JSON list", 1),
        (
            lines({"id": 1, "input": "a", "output": "b"}, {"id": 1, "input": "c", "output": "b"}),
            "r.jsonl",
            "'1'",
            2,
        ),
        ("  \n \n", "r.jsonl", "empty", None),
        ("input,output\n", "r.csv", "no usable row", None),
        ("input,output\na,b,c\n", "r.csv", "3 fields, the header has 2", 2),
        ("input,output,output\na,b,c\n", "r.csv", "two columns are named 'output'", 1),
        ('input,output\n"a,b\n', "r.csv", "line", 2),
        ("My chain slips,repair\nMy bell rings,sound\n", "r.csv", "no column for `input`", 2),
        ("caf\xe9;output\n".encode("cp1252"), "r.csv", "0xe9 is not UTF-8", 1),
        (b"\x1f\x8b\x08\x00", "r.jsonl", "gzip", None),
        ("version https://git-lfs.github.com/spec/v1\n", "r.jsonl", "Git LFS", None),
    ],
)
def test_unusable_content_is_refused_with_one_clear_error(
    tmp_path: Path, text: str | bytes, name: str, said: str, line: int | None
) -> None:
    found = checked(tmp_path, text, name)
    assert found.intake.status == "rejected"
    (refusal,) = found.intake.errors
    assert said in refusal.message
    assert name in refusal.message
    assert refusal.line == line
    assert refusal.fix
    assert (found.splits, found.examples) == (None, [])


def test_a_missing_file_and_a_folder_raise(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(FileError) as caught:
            check_files(path)
        assert str(path) in caught.value.problem


def test_a_refusal_names_the_file_that_is_to_blame(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.jsonl", tickets(20))
    (tmp_path / "test.jsonl").write_text('{"input": 1}\n', encoding="utf-8")
    (refusal,) = check_files(train, test=tmp_path / "test.jsonl").intake.errors
    assert "test.jsonl line 1" in refusal.message


def test_byte_order_mark_and_foreign_line_ends_change_nothing(tmp_path: Path) -> None:
    plain = "".join(json.dumps(row) + "\n" for row in tickets(20))
    expected = checked(tmp_path, plain).examples
    for text in (b"\xef\xbb\xbf" + plain.encode(), plain.replace("\n", "\r\n"), plain.replace("\n", "\r")):
        assert checked(tmp_path, text).examples == expected


def test_separators_inside_a_text_do_not_cut_the_row(tmp_path: Path) -> None:
    odd = "a\u2028b\x85c"
    rows = [{**row, "input": row["input"] + odd} for row in tickets(20)]
    found = checked(tmp_path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    assert found.intake.rows_kept == 20
    table = "input,output\n" + "".join(f"{row['input']},{row['output']}\n" for row in rows)
    assert checked(tmp_path, table, "rows.csv").intake.rows_kept == 20


def test_csv_reads_quotes_semicolons_and_leading_zeros(tmp_path: Path) -> None:
    rows = "".join(f'"say ""{n}"",\nplease";00{n % 2}\n' for n in range(10))
    found = checked(tmp_path, "text;label\n" + rows, "rows.csv")
    assert found.intake.format == "CSV with semicolons with `text` and `label`"
    assert found.examples[0].input.startswith('say "')
    assert {row.output for row in found.examples} == {"000", "001"}


def test_columns_are_mapped_and_the_rest_is_kept(tmp_path: Path) -> None:
    rows = "".join(f"q{n},text {n},{'ab'[n % 2]},v{n}\n" for n in range(10))
    found = checked(tmp_path, "nr,body,queue,agent\n" + rows, "r.csv", nr="id", body="input", queue="label")
    assert found.intake.status == "accepted"
    assert found.examples[0].id.startswith("q")
    assert found.examples[0].meta["agent"].startswith("v")
    wrong = checked(tmp_path, "body,queue\na,b\n", "r.csv", bdy="input")
    assert "no column 'bdy'" in wrong.intake.errors[0].message


def test_rows_without_input_or_output_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [dict(row) for row in tickets(20)]
    rows[2]["output"] = " "
    rows[5]["input"] = ""
    found = check_files(write_rows(tmp_path / "rows.jsonl", rows))
    warning = next(w for w in found.intake.warnings if w.code == "empty")
    assert (warning.count, warning.lines) == (2, [3, 6])
    assert [(row.line, row.why) for row in rejected(found)] == [(3, "empty `output`"), (6, "empty `input`")]
    assert (found.intake.rows_in, found.intake.rows_kept) == (20, 18)


def test_doubles_and_contradictions_are_counted(tmp_path: Path) -> None:
    rows = tickets(20)
    rows.append({**rows[0], "id": "x", "input": f"  {rows[0]['input'].upper()} "})
    rows.append({**rows[1], "id": "y", "output": "transfer"})
    found = check_files(write_rows(tmp_path / "rows.jsonl", rows))
    assert codes(found) == {"duplicate": 1, "conflict": 2}


def test_a_held_out_input_is_removed_from_training(tmp_path: Path) -> None:
    train = tickets(40)
    test = [*tickets(12, seed=9), {**train[3], "id": "again", "input": train[3]["input"].title()}]
    found = check_files(
        write_rows(tmp_path / "train.jsonl", train), test=write_rows(tmp_path / "test.jsonl", test)
    )
    leak = next(w for w in found.intake.warnings if w.code == "leak")
    assert (leak.count, leak.lines) == (1, [4])
    assert found.splits is not None
    assert len(found.splits.test) == 13
    assert train[3]["id"] not in {*found.splits.train, *found.splits.validation}
    assert len({*found.splits.train, *found.splits.validation, *found.splits.test}) == 39 + 13
    assert 0.1 <= len(found.splits.validation) / 39 <= 0.15


def test_the_clients_own_splits_are_honoured(tmp_path: Path) -> None:
    rows = [
        {**row, "meta": {"split": ("train", "train", "dev", "test")[n // 4 % 4]}}
        for n, row in enumerate(tickets(48))
    ]
    found = check_files(write_rows(tmp_path / "rows.jsonl", rows))
    assert found.splits is not None
    assert (found.splits.how, found.intake.splits) == (
        "the rows' own meta.split",
        {"train": 24, "validation": 12, "test": 12},
    )


def test_the_task_follows_labels_then_repetition(tmp_path: Path) -> None:
    named = [{"input": f"a{n}", "label": f"l{n % 3}"} for n in range(12)]
    assert checked(tmp_path, lines(*named)).intake.task == "classification"
    free = [{"input": f"a{n}", "output": f"answer {n}"} for n in range(12)]
    assert checked(tmp_path, lines(*free)).intake.task == "generation"
    side = [{"input": f"a{n}", "output": f"answer {n}", "label": "easy"} for n in range(12)]
    found = checked(tmp_path, lines(*side))
    assert (found.intake.task, codes(found)) == ("generation", {"label_differs": 12})
    assert found.examples[0].meta == {"label": "easy"}


def test_one_label_and_a_label_per_row_are_questioned(tmp_path: Path) -> None:
    one = [{"text": f"a{n}", "label": "same"} for n in range(12)]
    assert "single_label" in codes(checked(tmp_path, lines(*one)))
    each = [{"text": f"a{n}", "label": f"l{n}"} for n in range(12)]
    assert "label_per_row" in codes(checked(tmp_path, lines(*each)))


def test_too_few_rows_to_split_all_train_and_it_is_said(tmp_path: Path) -> None:
    found = checked(tmp_path, lines({"input": "a", "output": "b"}, {"input": "A ", "output": "b"}))
    assert found.intake.status == "accepted_with_warnings"
    assert codes(found)["too_few"] == 2
    assert found.intake.splits == {"train": 2, "validation": 0, "test": 0}


def test_the_same_file_gives_the_same_splits_and_another_seed_others(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", tickets(80))
    assert check_files(path)[:2] == check_files(path)[:2]
    one, other = check_files(path).splits, check_files(path, seed=1).splits
    assert one is not None
    assert other is not None
    assert one.digest != other.digest


rows_of = st.lists(st.tuples(st.integers(0, 7), st.sampled_from("xyz")), min_size=1, max_size=60)


def numbered(pairs: list[tuple[int, str]]) -> tuple[Any, Any, list[str]]:
    """Row numbers, the first row with the same text, and labels."""
    firsts: dict[int, int] = {}
    cluster = [firsts.setdefault(text, number) for number, (text, _) in enumerate(pairs)]
    return np.arange(len(pairs)), np.array(cluster), [label for _, label in pairs]


@settings(deadline=None)
@given(rows_of, st.sampled_from([0.1, 0.2]), st.integers(0, 5))
def test_carving_keeps_clusters_together_and_something_of_each_label(
    pairs: list[tuple[int, str]], share: float, seed: int
) -> None:
    rows, cluster, labels = numbered(pairs)
    taken = carve(rows, cluster, labels, share, seed=seed)
    kept = np.setdiff1d(rows, taken)
    assert not set(cluster[taken]) & set(cluster[kept])
    assert len(kept)
    assert len(set(taken.tolist())) == len(taken)


def test_carving_takes_its_share_of_many_small_labels() -> None:
    rows = np.arange(200)
    taken = carve(rows, rows, [f"l{n // 2}" for n in range(200)], 0.2, seed=0)
    assert 35 <= len(taken) <= 40
    assert max(Counter(int(number) // 2 for number in taken).values()) == 1


def test_groups_and_clusters_that_touch_are_one() -> None:
    cluster = np.array([0, 0, 2, 3, 4, 5])
    group = np.array([0, 7, 7, 0, 9, 9], dtype=np.uint64)
    assert joined(cluster, group).tolist() == [0, 0, 0, 3, 4, 4]
    assert joined(cluster, np.zeros(6, dtype=np.uint64)).tolist() == cluster.tolist()


def test_frozen_data_reads_back(tmp_path: Path) -> None:
    found = check_files(write_rows(tmp_path / "rows.jsonl", tickets(40)))
    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    freeze(engagement, found)
    assert list(engagement.examples().values()) == found.examples
    assert engagement.splits() == found.splits
    assert engagement.intake() == found.intake
    assert engagement.profile() == found.intake.profile
    with pytest.raises(DataError):
        freeze(engagement, checked(tmp_path, "", "empty.jsonl"))
