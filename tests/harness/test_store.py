"""Trainings and runs in a second place: nothing lost, nothing done twice, slow and failing stores borne."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from advisor.engagement.errors import MissingPackage, PlanError, RunFailed
from advisor.engagement.folder import Engagement
from harness.executors import store as module
from harness.executors.store import Store
from tests.harness.conftest import engagement_with, tickets

URL = "memory://bucket/client"


class Away(Exception):
    """An error of the store's own, as botocore has them."""


class Flaky(MemoryFileSystem):  # type: ignore[misc]
    """Every call fails twice before it is done; `lost` fails for ever."""

    protocol = "flaky"
    calls = itertools.count()
    is_lost = False

    def put_file(self, *arguments: Any, **options: Any) -> None:
        """Fail at first."""
        if self.is_lost:
            raise Away("the store is away")
        if next(self.calls) % 3 < 2:
            raise ConnectionError("the store is away")
        super().put_file(*arguments, **options)


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store with nothing in it, and no waiting."""
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.001)
    monkeypatch.setattr(Flaky, "is_lost", False)
    MemoryFileSystem.store.clear()
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture
def here(tmp_path: Path) -> Engagement:
    """An engagement with a finished training, one under way, a run, and what lies beside them."""
    engagement = engagement_with(tmp_path, tickets(12))
    write(engagement, "models/lora-aa/weights/adapter_model.safetensors", "weights")
    write(engagement, "models/lora-aa/result.json", "{}")
    write(engagement, "models/lora-bb/checkpoint/checkpoint-4/complete", "")
    write(engagement, "models/lora-bb/steps.jsonl", "1\n2\n")
    write(engagement, "runs/floor-cc/predictions.jsonl", "row\n")
    write(engagement, "runs/floor-cc/result.json", "{}")
    write(engagement, "runs/canaries/dd/answers.jsonl", "answer\n")
    write(engagement, "runs/agreed_plan.json", "agreed")
    write(engagement, "runs/compare.log", "what was said")
    return engagement


@pytest.fixture
def elsewhere(here: Engagement, tmp_path: Path) -> Engagement:
    """Another machine with the same data and no result."""
    root = shutil.copytree(here.root, tmp_path / "elsewhere")
    for name in ("models", "runs"):
        shutil.rmtree(root / name)
    return Engagement(root)


def write(engagement: Engagement, path: str, text: str) -> None:
    """A file of the engagement."""
    (engagement.root / path).parent.mkdir(parents=True, exist_ok=True)
    (engagement.root / path).write_text(text, encoding="utf-8")


def results(engagement: Engagement) -> dict[str, str]:
    """Every file of trainings and runs."""
    files = (path for top in ("models", "runs") for path in (engagement.root / top).rglob("*"))
    return {
        path.relative_to(engagement.root).as_posix(): path.read_text(encoding="utf-8")
        for path in files
        if path.is_file()
    }


@pytest.mark.parametrize("url", [URL, "flaky://bucket/client", "folder"])
def test_another_machine_finds_what_was_done_and_what_was_begun(
    url: str, here: Engagement, elsewhere: Engagement, tmp_path: Path
) -> None:
    where = str(tmp_path / "a" / "folder") if url == "folder" else url
    with Store(where, here).following():
        pass
    assert Store(where, elsewhere).fetch() == 4
    there, wanted = results(elsewhere), results(here)
    del wanted["runs/compare.log"]
    assert there == wanted
    assert Store(where, elsewhere).fetch() == 0


def test_what_is_finished_is_never_written_again_and_what_is_new_is_sent_once(
    here: Engagement, elsewhere: Engagement
) -> None:
    Store(URL, here).send()
    write(elsewhere, "models/lora-aa/weights/adapter_model.safetensors", "the same work, done twice")
    write(elsewhere, "models/lora-aa/result.json", "{}")
    other = Store(URL, elsewhere)
    other.send()
    other.fetch()
    kept = MemoryFileSystem.store
    assert kept["/bucket/client/models/lora-aa/weights/adapter_model.safetensors"].getvalue() == b"weights"
    before = kept["/bucket/client/models/lora-bb/steps.jsonl"].modified
    write(elsewhere, "models/lora-bb/checkpoint/checkpoint-8/complete", "")
    other.send()
    assert "/bucket/client/models/lora-bb/checkpoint/checkpoint-8/complete" in kept
    assert kept["/bucket/client/models/lora-bb/steps.jsonl"].modified == before
    shutil.rmtree(elsewhere.root / "models/lora-bb/checkpoint")
    write(elsewhere, "models/lora-bb/result.json", "{}")
    other.send()
    assert [path for path in kept if "lora-bb" in path and "checkpoint" in path] == []
    # here it is still under way: the finished one takes its place
    assert Store(URL, here).fetch() == 1
    assert "models/lora-bb/result.json" in results(here)


def test_a_folder_is_said_to_be_complete_last_and_a_cut_one_is_begun_not_done(
    here: Engagement, elsewhere: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    put = MemoryFileSystem.put_file

    def cut(self: MemoryFileSystem, local: str, there: str, **options: Any) -> None:
        if there.endswith("result.json"):
            raise PermissionError("cut")
        sent.append(there)
        put(self, local, there, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", cut)
    with pytest.raises(RunFailed, match="memory://bucket/client: cut"):
        Store(URL, here).send()
    assert sent[-1].endswith("adapter_model.safetensors")
    Store(URL, elsewhere).fetch()
    assert "models/lora-aa/weights/adapter_model.safetensors" in results(elsewhere)
    assert "models/lora-aa/result.json" not in results(elsewhere)


def test_a_fetch_that_is_cut_leaves_no_half_folder(
    here: Engagement, elsewhere: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(URL, here).send()
    get = MemoryFileSystem.get_file

    def short(self: MemoryFileSystem, there: str, local: str, **options: Any) -> None:
        get(self, there, local, **options)
        if "lora-aa/weights" in there:
            Path(local).write_bytes(b"w")

    monkeypatch.setattr(MemoryFileSystem, "get_file", short)
    with pytest.raises(RunFailed, match="1 bytes came of 7"):
        Store(URL, elsewhere).fetch()
    assert not (elsewhere.root / "models/lora-aa").exists()
    monkeypatch.undo()
    assert Store(URL, elsewhere).fetch() > 0
    assert results(elsewhere)["models/lora-aa/weights/adapter_model.safetensors"] == "weights"


def test_a_store_that_is_away_is_told_at_the_end_and_the_work_is_done(
    here: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flaky, "is_lost", True)
    worked = False
    with pytest.raises(RunFailed, match="flaky://b: the store is away"), Store("flaky://b", here).following():
        worked = True
    assert worked
    with pytest.raises(ZeroDivisionError), Store("flaky://b", here).following():
        raise ZeroDivisionError


def test_what_is_new_is_sent_while_the_work_goes_on(
    here: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    with Store(URL, here).following():
        while "/bucket/client/runs/floor-cc/result.json" not in MemoryFileSystem.store:
            pass


def test_results_over_other_data_are_refused(here: Engagement, tmp_path: Path) -> None:
    Store(URL, here).fetch()
    (tmp_path / "other").mkdir()
    other = engagement_with(tmp_path / "other", tickets(16, seed=1))
    with pytest.raises(PlanError, match="holds results over other data"):
        Store(URL, other).fetch()


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("s3://key:secret@bucket", PlanError, "the address holds a key"),
        ("nonsense://bucket", PlanError, "nonsense"),
        ("s3://bucket", MissingPackage, "s3fs"),
    ],
)
def test_an_address_that_will_not_do_is_refused(
    url: str,
    error: type[PlanError],
    said: str,
    here: Engagement,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(error, match=said) as told:
        Store(url, here)
    assert "secret" not in str(told.value)
