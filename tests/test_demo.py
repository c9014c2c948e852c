"""The whole job from the command line: offline, killed in the middle, and given bad input."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison, Verdict
from tests.conftest import DEMO_LIMIT, Demo, environment, tunecase

ARMS = ["floor", "classical", "zero_shot", "few_shot", "lora", "qlora"]
TIMINGS = ("seconds", "p50_seconds", "p95_seconds", "peak_memory_gib", "train_seconds", "provenance")
MONEY_OF_TIME = ("cost_usd_per_1000", "train_cost_usd")


def test_the_demo_ends_well_and_prints_the_report(demo: Demo) -> None:
    assert demo.code == 0, demo.stderr
    report = Path(demo.stdout.splitlines()[-1])
    assert report == demo.engagement.report_path
    assert "<html" in report.read_text(encoding="utf-8")[:500]


def test_the_demo_opens_no_connection(demo: Demo) -> None:
    assert demo.attempts == ""


def test_every_arm_has_a_number_with_n_and_interval(demo: Demo) -> None:
    comparison = codec.read_json(demo.engagement.comparison_path, Comparison)
    assert [arm.name for arm in comparison.arms] == ARMS
    for arm in comparison.arms:
        score = arm.metrics[comparison.metric]
        assert score.n == comparison.n_test
        assert score.low is not None
        assert score.value is not None
        assert score.high is not None
        assert score.low <= score.value <= score.high


def test_the_verdict_speaks_the_agreed_words(demo: Demo) -> None:
    raw = json.loads(demo.engagement.verdict_path.read_text(encoding="utf-8"))
    assert raw["schema"] == "verdict/1"
    assert raw["decision"] in ("confirmed", "overturned", "inconclusive")
    assert {"winner", "because", "needed_n", "caveats", "next_step"} <= set(raw)
    codec.read_json(demo.engagement.verdict_path, Verdict)


def test_status_of_a_finished_engagement_names_the_next_step(demo: Demo) -> None:
    shown = tunecase("status", "--json", "-C", demo.engagement.root)
    assert shown.returncode == 0, shown.stderr
    state = json.loads(shown.stdout)
    assert state["next"] == "tunecase report --open"
    assert state["state"]["runs"] == "6 finished"


def predictions(engagement: Engagement) -> dict[str, list[dict[str, Any]]]:
    """Rows of every run, timings excluded, as they lie on disk."""
    found = {}
    for folder in sorted((engagement.root / "runs").iterdir()):
        if (folder / "predictions.jsonl").exists():
            rows = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
            found[folder.name] = [without(json.loads(row), TIMINGS) for row in rows]
    return found


def without(record: Any, names: tuple[str, ...]) -> Any:
    """The record with these fields left out, at any depth."""
    if isinstance(record, dict):
        return {key: without(value, names) for key, value in record.items() if key not in names}
    if isinstance(record, list):
        return [without(item, names) for item in record]
    return record


def lines_written(root: Path) -> int:
    """Training steps and predictions on disk."""
    files = [*root.glob("models/*/steps.jsonl"), *root.glob("runs/*/predictions.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in files)


def kill_after(lines: int, out: Path) -> None:
    """Start the demo and kill -9 it once so many lines are on disk."""
    command = [sys.executable, "-m", "advisor", "demo", "--out", str(out), "--limit", DEMO_LIMIT]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and lines_written(out) < lines:
            time.sleep(0.01)
        process.kill()


def test_killed_twice_and_run_again_it_ends_with_the_same_results(demo: Demo, tmp_path: Path) -> None:
    assert demo.code == 0
    out, total = tmp_path / "demo", lines_written(demo.engagement.root)
    moments = sorted(random.sample(range(1, total), 2))
    for moment in moments:
        kill_after(moment, out)
        assert not (out / "runs/verdict.json").exists()
    done = tunecase("demo", "--out", out, "--limit", DEMO_LIMIT)
    assert done.returncode == 0, done.stderr
    again, once = predictions(Engagement(out)), predictions(demo.engagement)
    for name, rows in again.items():
        assert len({row["id"] for row in rows}) == len(rows), f"{name} has a row twice, killed at {moments}"
    assert again == once, f"killed at lines {moments} of {total}"
    for name in ("comparison.json", "verdict.json"):
        mine, theirs = (
            json.loads((root / "runs" / name).read_text(encoding="utf-8"))
            for root in (out, demo.engagement.root)
        )
        left_out = (*TIMINGS, *MONEY_OF_TIME)
        assert without(mine, left_out) == without(theirs, left_out), f"killed at lines {moments} of {total}"


GOOD = (
    '{"input": "where is my parcel", "label": "delivery"}\n{"input": "card declined", "label": "payment"}\n'
)
BAD = {
    "a wrong path": (["check", "absent.jsonl"], 3, "absent.jsonl"),
    "a broken line": (["check", "broken.jsonl"], 3, "line 3"),
    "a missing column": (["check", "columns.csv"], 3, "columns.csv"),
    "an unknown field": (["check", "good.jsonl", "--map", "input=colour"], 2, "input=colour"),
    "an unknown option": (["compare", "--frobnicate"], 2, "--frobnicate"),
    "a limit of zero": (["demo", "--out", "new", "--limit", "0"], 2, "--limit"),
    "an unknown arm": (
        ["compare", "--data", "good.jsonl", "--out", "new", "--arms", "lorra"],
        3,
        "lorra",
    ),
    "broken data": (["compare", "--data", "broken.jsonl", "--out", "new"], 3, "line 3"),
    "no engagement": (["compare"], 3, "engagement.toml"),
    "an unknown example": (["init", "new", "--example", "nope"], 2, "nope"),
    "an unknown question": (["advise", "--answers", "answers.toml"], 3, "colour"),
    "a full folder": (["init", "full"], 3, "full"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_error_with_place_and_fix_and_writes_nothing(case: str, tmp_path: Path) -> None:
    arguments, code, place = BAD[case]
    (tmp_path / "good.jsonl").write_text(GOOD, encoding="utf-8")
    (tmp_path / "broken.jsonl").write_text(GOOD + '{"input": "cut o\n', encoding="utf-8")
    (tmp_path / "columns.csv").write_text("colour,shape\nred,round\n", encoding="utf-8")
    (tmp_path / "answers.toml").write_text('colour = "red"\n', encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/kept").touch()
    before = sorted(tmp_path.rglob("*"))
    done = tunecase(*arguments, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("error: ") == 1
    assert place in done.stderr.partition("\nhint: ")[0]
    assert done.stderr.partition("\nhint: ")[2].strip()
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
