"""The whole job from the command line: offline, killed in the middle, and given bad input."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison, Verdict
from tests.conftest import DEMO_LIMIT, Demo, tunecase
from tests.killing import PREDICTIONS, STEPS, judged, kill, lines, predictions

ARMS = ["floor", "classical", "zero_shot", "few_shot", "lora", "qlora"]


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


def test_killed_twice_and_run_again_it_ends_with_the_same_results(demo: Demo, tmp_path: Path) -> None:
    assert demo.code == 0
    out = tmp_path / "demo"
    moments = [
        (random.randrange(1, 9 * lines(demo.engagement.root, kind) // 10), kind, random.uniform(0, 0.3))
        for kind in (PREDICTIONS, STEPS)
    ]
    for at, kind, delay in moments:
        kill(out, at=at, of=kind, delay=delay)
        assert not (out / "runs/verdict.json").exists(), f"too late to kill at {moments}"
    done = tunecase("demo", "--out", out, "--limit", DEMO_LIMIT)
    assert done.returncode == 0, done.stderr
    again, once = predictions(Engagement(out)), predictions(demo.engagement)
    for name, rows in again.items():
        assert len({row["id"] for row in rows}) == len(rows), f"{name} has a row twice, killed at {moments}"
    assert again == once, f"killed at {moments}"
    assert judged(Engagement(out)) == judged(demo.engagement), f"killed at {moments}"


GOOD = "".join(
    json.dumps({"input": f"{text} {number}", "label": label}) + "\n"
    for number in range(60)
    for text, label in (
        (f"where is parcel {number * 7919}", "delivery"),
        ("card declined in shop", "payment"),
    )
)
BAD = {
    "a wrong path": (["check", "absent.jsonl"], 3, "absent.jsonl"),
    "a broken line": (["check", "broken.jsonl"], 3, "line 121"),
    "a missing column": (["check", "columns.csv"], 3, "columns.csv"),
    "an unknown field": (["check", "good.jsonl", "--map", "input=colour"], 2, "input=colour"),
    "an unknown option": (["compare", "--frobnicate"], 2, "--frobnicate"),
    "a limit of zero": (["demo", "--out", "new", "--limit", "0"], 2, "--limit"),
    "an unknown arm": (
        ["compare", "--data", "good.jsonl", "--out", "new", "--arms", "lorra"],
        3,
        "lorra",
    ),
    "broken data": (["compare", "--data", "broken.jsonl", "--out", "new"], 3, "line 121"),
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
