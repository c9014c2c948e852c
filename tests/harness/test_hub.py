"""Datasets of the hub come out by their splits and with class names; what cannot be fetched is one error."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from advisor.engagement.errors import DataError
from harness.intake import hub, hub_rows
from harness.intake.checking import check_files
from harness.intake.copying import copy_path
from harness.intake.hub import parse

from .conftest import tickets

datasets = pytest.importorskip("datasets")


def folder_of(root: Path) -> Path:
    """A dataset as a folder: three files named by their splits."""
    folder = root / "data"
    folder.mkdir()
    rows = tickets(60)
    for name, part in (("train", rows[:40]), ("validation", rows[40:48]), ("test", rows[48:])):
        text = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_the_splits_of_a_dataset_are_honoured(tmp_path: Path) -> None:
    found = check_files(Path(f"hf:{folder_of(tmp_path)}"))
    assert found.intake.splits == {"train": 40, "validation": 8, "test": 12}
    assert found.splits is not None
    assert found.splits.how == "the rows' own meta.split"


def test_one_split_can_be_asked_for(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert check_files(Path(f"hf:{folder}@train")).intake.rows_kept == 40
    (refusal,) = check_files(Path(f"hf:{folder}@dev")).intake.errors
    assert "no split 'dev', it has train, validation, test" in refusal.message


def written(monkeypatch: pytest.MonkeyPatch, load: Any, split: str | None = None) -> list[Any]:
    """What the process that reads would say of what is loaded."""
    monkeypatch.setattr(datasets, "load_dataset", load)
    out = io.BytesIO()
    hub_rows.write(out, "org/name", "de", split)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_classes_come_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    made = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features=features)
    asked: dict[str, Any] = {}

    def load(name: str, config: str | None, **options: Any) -> Any:
        asked.update(options, name=name, config=config)
        return {"train": made.to_iterable_dataset(), "test": made.to_iterable_dataset()}

    opened, *rows = written(monkeypatch, load, "train")
    assert opened["splits"] == ["train", "test"]
    assert [fields["label"] for _, fields in rows] == ["yes", "no", None]
    assert asked == {"streaming": True, "name": "org/name", "config": "de"}


def test_what_is_fetched_is_said_with_its_size_before_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    info = SimpleNamespace(splits={"train": SimpleNamespace(num_examples=1200)}, download_size=3_400_000)
    opened = {"splits": ["train"], "size": hub_rows.size({"train": SimpleNamespace(info=info)})}
    assert opened["size"] == "train (1,200 rows); 3.4 MB for all splits"
    monkeypatch.setattr(hub, "_lines", lambda _: iter([opened, [1, {"text": "a"}]]))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    said: list[str] = []
    rows, told = hub.rows_of(Path("hf:org/name"), said.append)
    assert said == [
        "asking mirror.example for the dataset org/name",
        f"fetching from mirror.example: org/name, {opened['size']}; read as it comes, not kept",
    ]
    assert list(rows) == [[1, {"text": "a"}]]
    assert "org/name, splits train" in told[0].message


def test_offline_is_one_error_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub, "_lines", lambda _: pytest.fail("asked"))
    (refusal,) = check_files(Path("hf:org/name")).intake.errors
    assert refusal.message == "org/name is a dataset of the hub, and HF_HUB_OFFLINE forbids to fetch it"
    assert "unset HF_HUB_OFFLINE" in refusal.fix


def test_what_cannot_be_fetched_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no route to the hub\nand a long story")

    assert written(monkeypatch, load) == [{"wrong": "no route to the hub"}]


def test_a_network_that_drops_while_rows_are_read_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dropping:
        features: Any = None

        def __iter__(self) -> Any:
            yield {"text": "a", "label": "x"}
            raise TimeoutError("the read timed out")

    said = written(monkeypatch, lambda *_, **__: {"train": Dropping()})
    assert said[1:] == [[1, {"text": "a", "label": "x", "meta": {}}], {"wrong": "the read timed out"}]
    answer = "".join(json.dumps(line) + "\n" for line in said)
    monkeypatch.setattr(hub, "PROGRAM", f"import sys; sys.stdout.write({answer!r})")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    rows, _ = hub.rows_of(Path("hf:org/name"), said.append)
    with pytest.raises(DataError, match=r"org/name after row 1: .*the read timed out") as caught:
        list(rows)
    assert "download it" in caught.value.fix


def test_a_library_that_crashes_on_a_folder_refuses_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PROGRAM", "import os; os.abort()")
    (refusal,) = check_files(Path(f"hf:{tmp_path}")).intake.errors
    assert "the dataset cannot be read (reading it crashed)" in refusal.message


def test_a_name_is_taken_apart() -> None:
    assert parse("hf:org/name:de@test") == ("org/name", "de", "test")
    assert parse("hf:name") == ("name", None, None)
    with pytest.raises(DataError, match="no dataset is named"):
        parse("hf:")


def test_a_damaged_file_of_a_folder_is_one_error(tmp_path: Path) -> None:
    content = gzip.compress(json.dumps(tickets(9)).encode())
    (tmp_path / "train.json.gz").write_bytes(content[: len(content) // 2])
    (refusal,) = check_files(Path(f"hf:{tmp_path}")).intake.errors
    assert "cannot be read (Compressed file ended" in refusal.message
    assert check_files(Path("hf:./none")).intake.errors[0].message == "./none: no such folder"


def test_a_copy_of_a_dataset_lies_where_the_command_is_run() -> None:
    assert copy_path(Path("hf:org/name:de@train"), masked=False) == Path("name.fixed.jsonl")
    assert copy_path(Path("hf:./data/faq"), masked=True) == Path("faq.redacted.jsonl")
