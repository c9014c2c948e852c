"""The folder finds itself, refuses to overwrite, names runs by digest and keeps others out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from advisor.engagement.errors import Busy, FileError, NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import TrainingSettings
from advisor.engagement.records.runs import RunSpec, TrainingSpec
from advisor.engagement.records.settings import Settings

SPEC = RunSpec(
    arm="lora",
    seed=0,
    weights="w",
    adapter="a",
    tokenizer="t",
    data="d",
    instruction="Sort",
    labels=["x", "y"],
    task="classification",
    decoding="labels",
    renderer=1,
    scorer=1,
    arm_version=1,
)


def test_an_engagement_is_found_from_a_folder_below(tmp_path: Path) -> None:
    Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    (tmp_path / "acme" / "data" / "deep").mkdir(parents=True)
    assert Engagement.find(tmp_path / "acme" / "data" / "deep").root == tmp_path / "acme"


def test_without_an_engagement_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotReady) as caught:
        Engagement.find(tmp_path)
    assert "tunecase init" in caught.value.fix


def test_create_never_writes_into_a_folder_with_content(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(FileError):
        Engagement.create(tmp_path, Settings(title="A"))
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_the_same_spec_finds_the_same_folder_and_any_change_another(tmp_path: Path) -> None:
    engagement = Engagement(tmp_path)
    assert engagement.run_folder(SPEC).root == engagement.run_folder(msgspec.structs.replace(SPEC)).root
    others = {
        engagement.run_folder(msgspec.structs.replace(SPEC, **{field: value})).name
        for field, value in {
            "seed": 1, "weights": "W", "adapter": "A", "tokenizer": "T", "data": "D", "instruction": "I",
            "labels": ["y", "x"], "decoding": "greedy:8", "renderer": 2, "scorer": 2, "arm_version": 2,
        }.items()
    }  # fmt: skip
    assert len(others | {engagement.run_folder(SPEC).name}) == 12


def test_model_folders_are_named_by_method_and_digest(tmp_path: Path) -> None:
    spec = TrainingSpec(
        method="qlora", weights="w", tokenizer="t", data="d", instruction="Sort", labels=[],
        settings=TrainingSettings(), seed=0, renderer=1, trainer=1,
    )  # fmt: skip
    assert Engagement(tmp_path).model_folder(spec).name.startswith("qlora-")


def test_existence_of_the_result_means_done(tmp_path: Path) -> None:
    engagement = Engagement(tmp_path)
    assert engagement.run_folder(SPEC).result() is None
    assert engagement.run_folder(SPEC).predictions() == []
    assert engagement.comparison() is None


def test_a_second_process_is_kept_out_with_a_clear_message(tmp_path: Path) -> None:
    engagement = Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    code = (
        "import sys\nfrom pathlib import Path\nfrom advisor.engagement.folder import Engagement\n"
        "with Engagement(Path(sys.argv[1])).lock():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(engagement.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy), engagement.lock():
            pass
        other.communicate("")
    with engagement.lock():
        pass
