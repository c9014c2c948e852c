"""Datasets of the hub come out by their splits and with class names; what cannot be fetched is one error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.errors import DataError
from harness.intake.checking import check_files
from harness.intake.hub import parse, rows_of

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


def test_classes_come_out_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    made = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features=features)
    asked: dict[str, Any] = {}

    def load(name: str, config: str | None, **options: Any) -> Any:
        asked.update(options, name=name, config=config)
        return {"train": made.to_iterable_dataset()}

    monkeypatch.setattr(datasets, "load_dataset", load)
    rows, told = rows_of(Path("hf:org/name:de@train"))
    assert [fields["label"] for _, fields in rows] == ["yes", "no", None]
    assert asked == {"streaming": True, "name": "org/name", "config": "de"}
    assert "org/name" in told[0].message


def test_what_cannot_be_fetched_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no route to the hub")

    monkeypatch.setattr(datasets, "load_dataset", load)
    with pytest.raises(DataError, match=r"cannot be read \(no route to the hub\)") as caught:
        rows_of(Path("hf:org/name"))
    assert "download it" in caught.value.fix


def test_a_name_is_taken_apart() -> None:
    assert parse("hf:org/name:de@test") == ("org/name", "de", "test")
    assert parse("hf:name") == ("name", None, None)
    with pytest.raises(DataError, match="no dataset is named"):
        parse("hf:")


def test_a_damaged_file_and_a_network_that_drops_while_rows_are_read_are_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path)
    damaged = next(path for path in sorted(folder.rglob("*")) if path.is_file() and "train" in path.name)
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    (refusal,) = check_files(Path(f"hf:{folder}")).intake.errors
    assert "cannot be read" in refusal.message

    class Dropped(Exception):
        """As a carrier would raise it."""

    Dropped.__module__ = "httpx"

    def dropping() -> Any:
        yield {"text": "a", "label": "x"}
        raise Dropped("the read timed out")

    class Dropping:
        features: Any = None

        def __iter__(self) -> Any:
            return dropping()

    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: {"train": Dropping()})
    rows, _ = rows_of(Path("hf:org/name"))
    with pytest.raises(DataError, match=r"org/name after row 1: .*the read timed out"):
        list(rows)
