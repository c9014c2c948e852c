"""The doctor judges: a word for every line, a way out for every problem, 3 where something will not work."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.cli import calibrate
from advisor.cli.health import card, engagement, installation, machine
from advisor.cli.health.line import Group, Line, all_well, fail, note, ok
from advisor.cli.main import group, run
from advisor.engagement import codec
from advisor.engagement.errors import MissingPackage, RunFailed
from advisor.engagement.folder import Engagement
from advisor.engagement.machine import cores, processor
from advisor.engagement.records.calibration import Calibration
from advisor.engagement.records.plan import Plan
from advisor.engagement.toml_out import to_toml
from tests.conftest import tunecase

TODAY = dt.date(2026, 11, 24)
FAST = Calibration(
    device="cpu",
    processor=processor(),
    cores=cores(),
    threads=1,
    date="2026-11-24",
    versions={"torch": "2.13.0"},
    matrix_tflops=0.2,
    copy_gb_per_second=40.0,
    parameters=3_000_000,
    step_tokens=512,
    full_tokens_per_second=5000.0,
    lora_tokens_per_second=6000.0,
    predicting_tokens_per_second=15000.0,
    seconds=12.0,
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    """The bundled example with frozen splits and no plan; copy it before writing."""
    root = tmp_path_factory.mktemp("doctor") / "acme"
    assert run(group, ["init", str(root), "--example", "support-triage"], name="tunecase") == 0
    assert run(group, ["check", str(root / "examples.jsonl"), "-C", str(root)], name="tunecase") == 0
    return Engagement(root)


@pytest.fixture
def planned(checked: Engagement) -> Callable[..., Engagement]:
    """The same engagement with this plan."""

    def make(**fields: Any) -> Engagement:
        codec.write_text(checked.plan_path, to_toml(Plan(instruction="Sort the message:", **fields)))
        checked.calibration_path.unlink(missing_ok=True)
        return checked

    return make


@pytest.fixture
def no_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the import checks, which take seconds."""
    monkeypatch.setattr(installation, "HEAVY", ())


def shown(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of the doctor."""
    capsys.readouterr()
    code = run(group, ["doctor", "--json", *map(str, words)], name="tunecase")
    return code, json.loads(capsys.readouterr().out)


def texts(found: dict[str, Any], word: str) -> list[str]:
    """Texts of the lines with this word."""
    return [line["text"] for one in found["groups"] for line in one["lines"] if line["word"] == word]


def test_the_doctor_runs_here_and_every_problem_has_a_fix(checked: Engagement) -> None:
    done = tunecase("doctor", "--json", "-C", checked.root)
    found = json.loads(done.stdout)
    assert [one["name"] for one in found["groups"]] == ["machine", "installation", "engagement"]
    for one in found["groups"]:
        for line in one["lines"]:
            assert set(line) == {"word", "text", "fix"}
            assert line["word"] in ("ok", "note", "fail")
            assert line["fix"] or line["word"] == "ok", line
    assert done.returncode == (0 if found["ok"] else 3)
    assert any(text.startswith("import torch") for text in texts(found, "ok"))


def test_without_an_engagement_there_are_two_groups_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_imports: None
) -> None:
    monkeypatch.chdir(tmp_path)
    _, found = shown(capsys)
    assert [one["name"] for one in found["groups"]] == ["machine", "installation"]
    assert list(tmp_path.iterdir()) == []


def test_people_see_a_sign_and_a_word_and_the_fix(
    checked: Engagement, capsys: pytest.CaptureFixture[str], no_imports: None
) -> None:
    run(group, ["doctor", "-C", str(checked.root)], name="tunecase")
    said = capsys.readouterr().out
    assert "machine       + ok" in said
    assert "fix: tunecase doctor --calibrate" in said


def test_a_package_that_is_missing_fails_and_an_installation_without_any_is_light(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(installation, "HEAVY", ("numpy",))
    have = installation._version
    monkeypatch.setattr(installation, "_version", lambda name: None if name == "peft" else have(name))
    monkeypatch.chdir(tmp_path)
    code, found = shown(capsys)
    assert code == 3
    assert not found["ok"]
    assert texts(found, "fail") == ["not installed: peft"]
    light = installation._absent(["torch", "peft"], [])
    assert (light.word, light.fix) == ("note", "pip install 'tunecase[run]'")


def test_a_broken_import_and_a_slow_one_are_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise OSError('libcudart.so.12: no such file')", encoding="utf-8")
    (tmp_path / "endless.py").write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = list(installation.import_lines(["broken", "endless", "json"], None, most_seconds=2))
    assert {line.word for line in found} == {"fail", "note", "ok"}
    assert any("libcudart.so.12" in line.text and line.fix for line in found)
    assert any("did not end within" in line.text for line in found)


def test_nothing_in_the_folder_where_one_stands_is_imported(tmp_path: Path) -> None:
    trap = "from pathlib import Path; Path('sprung').touch()"
    for name in ("trainers", "torch", "peft"):
        (tmp_path / f"{name}.py").write_text(trap, encoding="utf-8")
    hidden = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = (
        "from advisor.cli.health.installation import import_lines\n"
        "from advisor.cli.calibrate import measure\n"
        "print(*import_lines(['peft'], None))\nimport subprocess\nreal = subprocess.run\n"
        "subprocess.run = lambda words, **more: real([*words, '--help'], **more)\n"
        "try:\n    measure(None)\nexcept Exception as wrong:\n    print(wrong)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, env=hidden, check=False)
    assert not (tmp_path / "sprung").exists()


def test_old_prices_are_said_and_new_ones_are_fine() -> None:
    assert installation.price_line(TODAY).word == "ok"
    old = installation.price_line(TODAY + dt.timedelta(days=400))
    assert (old.word, "days old" in old.text) == ("note", True)


def test_a_card_is_read_from_the_drivers_row() -> None:
    found, problem = card.read_card("NVIDIA H200, 143771, 142000, 575.57.08, 9.0")
    assert (found is not None and found.bf16, problem) == (True, "")
    assert card.card_line(found, problem).word == "ok"
    turing, _ = card.read_card("Tesla T4, 15360, 15000, 535.1, 7.5")
    assert "bf16 no" in card.card_line(turing, "").text
    broken, said = card.read_card("Failed to initialize NVML")
    assert broken is None
    assert card.card_line(broken, said).fix


def test_a_torch_that_does_not_see_the_card_fails() -> None:
    found, _ = card.read_card("NVIDIA H200, 143771, 142000, 575.57.08, 9.0")
    line = installation._torch("[false, null]", "import torch", found)
    assert (line.word, "built for the CPU only" in line.text) == ("fail", True)


def test_a_plan_that_cannot_fit_fails_with_a_way_out(
    planned: Callable[..., Engagement],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    no_imports: None,
) -> None:
    monkeypatch.setattr(engagement, "memory_gib", lambda: 16.0)
    big = planned(arms=["zero_shot", "lora"], model="acme/huge-70b")
    code, found = shown(capsys, "-C", big.root)
    assert code == 3
    said = [text for text in texts(found, "fail") if text.startswith("plan asks for")]
    assert [text.split()[3] for text in said] == ["zero_shot", "lora"]
    assert all("has 16 GiB" in text for text in said)


def test_less_memory_for_the_same_model_is_proposed_first(
    planned: Callable[..., Engagement], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engagement, "memory_gib", lambda: 8.0)
    greedy = planned(arms=["zero_shot", "full"], model="acme/some-1b")
    found = [line for line in engagement.lines(greedy, None) if line.word == "fail"]
    assert [line.fix for line in found] == ["tunecase plan --arms zero_shot,lora --yes"]


def test_a_part_that_cannot_be_read_is_a_line(planned: Callable[..., Engagement]) -> None:
    broken = planned(arms=["floor"])
    answers = broken.answers_path.read_text(encoding="utf-8")
    broken.answers_path.write_text("= nothing", encoding="utf-8")
    broken.calibration_path.write_text("{", encoding="utf-8")
    found = list(engagement.lines(broken, None))
    broken.calibration_path.unlink()
    broken.answers_path.write_text(answers, encoding="utf-8")
    failed = [line.text for line in found if line.word == "fail"]
    assert ["not TOML" in failed[0], "not JSON" in failed[1], len(failed)] == [True, True, 2]
    assert any(line.text.startswith("data:") for line in found)


def test_little_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for free, word in ((0.5, "fail"), (5, "note"), (50, "ok")):
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda _, free=free: Free(free))
        assert machine._disk(tmp_path).word == word


class Free:
    """What is left on a disk."""

    def __init__(self, gib: float) -> None:
        self.free = gib * 2**30


def test_only_fail_makes_it_unwell() -> None:
    lines: list[Line] = [ok("a"), note("b")]
    assert all_well([Group(name="machine", lines=lines)])
    assert not all_well([Group(name="machine", lines=[*lines, fail("c", fix="d")])])


def test_a_calibration_is_stored_and_the_plan_uses_it(
    planned: Callable[..., Engagement], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = planned(arms=["zero_shot", "lora"])
    monkeypatch.setattr(calibrate, "measure", lambda threads: FAST)
    assert run(group, ["doctor", "--calibrate", "-C", str(here.root)], name="tunecase") == 0
    assert "matrix product  0.2 TFLOPS" in capsys.readouterr().out
    assert here.calibration() == FAST
    assert run(group, ["plan", "--json", "-C", str(here.root)], name="tunecase") == 0
    told = json.loads(capsys.readouterr().out)["assumptions"]
    assert "speed measured on this machine on 2026-11-24" in " ".join(told)


def test_without_an_engagement_a_calibration_is_printed_and_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibrate, "measure", lambda threads: FAST)
    monkeypatch.chdir(tmp_path)
    assert run(group, ["doctor", "--calibrate", "--json"], name="tunecase") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stored"] is None
    assert found["calibration"]["schema"] == "calibration/1"
    assert list(tmp_path.iterdir()) == []


def test_a_failed_measurement_says_why() -> None:
    missing = calibrate._failed(["Traceback", "ModuleNotFoundError: No module named 'torch'"])
    assert isinstance(missing, MissingPackage)
    assert "`torch`" in missing.problem
    assert isinstance(calibrate._failed(["torch.OutOfMemoryError: CUDA out of memory"]), RunFailed)
