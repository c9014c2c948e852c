"""The loop: what was measured moves the advice, is shown, and is kept; without it nothing changes."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from advisor.advice.evidence import Evidence, replaced
from advisor.advice.recommending import recommend
from advisor.advice.taking import costs, replacing
from advisor.cli.advise import evidence_of
from advisor.cli.main import group, run
from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.answers import Answer, Answers
from advisor.engagement.records.comparison import ArmSummary, Comparison, Word
from advisor.engagement.records.curve import CurvePoint, LearningCurve, PowerLaw
from advisor.engagement.records.runs import Estimate
from advisor.engagement.records.settings import Settings

TODAY = dt.date(2026, 11, 25)
DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"
GUESSED = Answers(
    {
        "task_kind": Answer(value="classification"),
        "score_today": Answer(value=40, certainty="assumed"),
        "score_target": Answer(value=90),
    }
)


def arm(name: str, value: float, *, word: Word, metric: str = "accuracy") -> ArmSummary:
    """One measured arm over 400 rows."""
    score = Estimate(value=value, low=value - 0.04, high=min(1.0, value + 0.03), n=400)
    return ArmSummary(
        name=name,
        title=name.replace("_", "-"),
        seeds=[0],
        metrics={metric: score},
        validation=value,
        failed=0,
        unparsed=0,
        cost_usd_per_1000=0.25,
        p50_seconds=0.5,
        p95_seconds=0.9,
        train_seconds=None,
        train_cost_usd=None,
        peak_memory_gib=None,
        word=word,
        runs=[f"{name}-0a1b2c3d"],
    )


def comparison(prompted: float, tuned: float, *, metric: str = "accuracy") -> Comparison:
    """Few-shot prompting, the baseline, beside LoRA."""
    return Comparison(
        metric=metric,
        baseline="few_shot",
        arms=[
            arm("few_shot", prompted, word="baseline", metric=metric),
            arm("lora", tuned, word="better", metric=metric),
        ],
        differences=[],
        excluded=[],
        minimum_effect=0.05,
        margin=0.02,
        labels=["a", "b"],
        n_test=400,
        n_train=800,
        n_validation=200,
        plan_digest="0" * 64,
        deviations=[],
        provenance={},
    )


def curve() -> LearningCurve:
    """Flat from 100 rows on."""
    points = [
        CurvePoint(
            rows=rows,
            seeds=[0],
            score=Estimate(value=0.8, low=0.76, high=0.84, n=400),
            by_seed=[0.8],
            runs=[f"lora-{rows:08d}"],
        )
        for rows in (100, 200, 400)
    ]
    return LearningCurve(
        arm="lora",
        metric="accuracy",
        points=points,
        law=PowerLaw(floor=0.2, scale=0.0, exponent=0.5),
        ahead=[],
        target=0.9,
        needed=None,
        needed_low=None,
        needed_high=None,
        answer="Twice the rows do not reach 0.9.",
    )


@pytest.fixture
def engagement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engagement:
    """A new engagement, and the current folder."""
    made = Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    monkeypatch.chdir(made.root)
    return made


def advise(*arguments: str) -> int:
    """Run the command in this process."""
    return run(group, ["advise", *arguments], name="tunecase")


def test_the_measured_score_replaces_the_guess_and_names_run_interval_and_n() -> None:
    answers, measured = replaced(GUESSED, Evidence(comparison(0.915, 0.93)))
    assert answers.by_question["score_today"].value == 91.5
    assert answers.by_question["score_today"].certainty == "known"
    [score] = [one for one in measured if one.question]
    assert (score.question, score.value, score.n) == ("score_today", 0.915, 400)
    assert (score.low, score.high) == pytest.approx((0.875, 0.945))
    assert score.runs == ["few_shot-0a1b2c3d"]
    assert score.before == "40 percent"


def test_a_reached_target_moves_the_advice_towards_prompting_and_a_missed_one_away() -> None:
    def prompting(prompted: float) -> float:
        advice = recommend(GUESSED, today=TODAY, evidence=Evidence(comparison(prompted, 0.95)))
        return next(one.probability for one in advice.ranking if one.approach == "prompting")

    assert prompting(0.95) > prompting(0.6)


def test_a_metric_that_is_no_share_of_right_outputs_replaces_no_answer() -> None:
    answers, measured = replaced(GUESSED, Evidence(comparison(0.5, 0.6, metric="rouge_l")))
    assert answers == GUESSED
    assert [one.value for one in measured] == [0.5, 0.6]
    assert not any(one.question for one in measured)


def test_an_excluded_baseline_replaces_no_answer() -> None:
    left_out = msgspec.structs.replace(
        comparison(0.9, 0.95), excluded=[{"name": "few_shot", "why": "9 of 400 requests failed"}]
    )
    answers, _ = replaced(GUESSED, Evidence(left_out))
    assert answers == GUESSED


def test_advice_without_evidence_is_what_it_was() -> None:
    plain = recommend(GUESSED, today=TODAY)
    assert plain.evidence == []
    assert plain == recommend(GUESSED, today=TODAY, evidence=Evidence())


def test_measured_waiting_above_the_limit_is_a_risk_and_below_it_none() -> None:
    compared = comparison(0.7, 0.95)
    slow = [msgspec.structs.replace(one, p95_seconds=1.5) for one in compared.arms]
    fast = GUESSED.with_answer("latency", Answer(value="under_1s"))

    def warned(arms: list[ArmSummary]) -> bool:
        found = Evidence(msgspec.structs.replace(compared, arms=arms))
        return any(
            "the answers allow 1 s" in one for one in recommend(fast, today=TODAY, evidence=found).risks
        )

    assert warned(slow)
    assert not warned(compared.arms)


L4 = {
    "machine": {"device": "NVIDIA L4", "threads": 4, "cores": 8},
    "model": "Qwen/Qwen3-8B",
    "hourly_price": {"usd": 0.72},
}
BUSY = Answers(
    {
        "task_kind": Answer(value="classification"),
        "data_leaves": Answer(value="own_machines"),
        "requests_per_month": Answer(value=100_000),
        "failure": Answer(value="form"),
        "labelled_examples": Answer(value="n_1000_9999"),
    }
)


def on_card(**provenance: object) -> Comparison:
    """LoRA that took an hour to train and 1.25 s of the card for each request (0.72 USD an hour)."""
    compared = comparison(0.7, 0.95)
    arms = [
        msgspec.structs.replace(one, train_seconds=3600.0 if one.name == "lora" else None)
        for one in compared.arms
    ]
    return msgspec.structs.replace(compared, arms=arms, provenance={**L4, **provenance})


def test_measured_seconds_and_hours_replace_the_estimates_of_the_bill() -> None:
    before = recommend(BUSY, today=TODAY)
    after = recommend(BUSY, today=TODAY, evidence=Evidence(on_card()))
    assert before.approach == after.approach == "fine_tuning"
    training = next(one for one in after.cost.items if one.name == "training runs")
    # four models, one and a half seeds each, at one hour of the card that it was measured on
    assert (training.quantity, training.unit) == (6.0, "L4 hour")
    serving = next(one for one in after.cost.items if "serving" in one.name)
    assert serving.unit == "L4 hour"
    assert after.cost.per_month != before.cost.per_month
    replaced_by = {one.replaces: one.value for one in after.evidence if one.replaces}
    assert replaced_by == {
        "the estimated seconds": pytest.approx(1.25),
        "the estimated hours of a training": 1.0,
    }
    assert all(one.runs == ["lora-0a1b2c3d"] for one in after.evidence if one.replaces)


def test_the_runs_named_are_those_of_the_arm_alone() -> None:
    """One arm's title may stand in another's."""
    compared = on_card()
    both = msgspec.structs.replace(arm("lora_rag", 0.9, word="better"), title="LoRA with RAG")
    alone = [msgspec.structs.replace(one, title="LoRA") for one in compared.arms if one.name == "lora"]
    compared = msgspec.structs.replace(compared, arms=[*alone, both])
    found = replacing(costs(compared), "fine_tuning_rag", compared)
    assert found and all(one.runs == ["lora_rag-0a1b2c3d"] for one in found)


@pytest.mark.parametrize("instead", [{"machine": {"device": "cpu"}}, {"model": "starter"}, {"model": None}])
def test_what_a_cpu_or_the_demonstration_model_took_replaces_nothing(instead: dict[str, object]) -> None:
    before = recommend(BUSY, today=TODAY)
    after = recommend(BUSY, today=TODAY, evidence=Evidence(on_card(**instead)))
    assert after.cost == before.cost
    assert not any(one.replaces for one in after.evidence)


def test_what_a_paid_server_took_replaces_the_list_price() -> None:
    compared = msgspec.structs.replace(
        comparison(0.9, 0.9),
        arms=[arm("endpoint", 0.9, word="better"), arm("few_shot", 0.9, word="baseline")],
    )
    hosted = Answers(
        {"labelled_examples": Answer(value="under_50"), "requests_per_month": Answer(value=1000)}
    )
    after = recommend(hosted, today=TODAY, evidence=Evidence(compared))
    assert after.approach == "prompting"
    item = next(one for one in after.cost.items if one.name == "requests to a hosted model")
    assert (item.low, item.likely, item.high) == (0.25, 0.25, 0.25)
    assert item.source == "measured: endpoint, n = 400"


def test_a_measured_curve_stands_in_for_the_number_of_examples() -> None:
    missed = curve()
    reached = msgspec.structs.replace(missed, target=0.75)

    def tuning(found: LearningCurve | None) -> float:
        advice = recommend(BUSY, today=TODAY, evidence=Evidence(curve=found))
        return next(one.probability for one in advice.ranking if one.approach == "fine_tuning")

    assert tuning(missed) < tuning(None) < tuning(reached)
    # no target, nothing to hold the curve against: the number of examples speaks
    assert tuning(msgspec.structs.replace(missed, target=None)) == tuning(None)
    advice = recommend(BUSY, today=TODAY, evidence=Evidence(curve=reached))
    reason = next(one for one in advice.reasons_for if one.question == "labelled_examples")
    assert reason.answer == "400 rows gave 80.0 % of a target of 75 %"
    assert reason.source == "learning curve of lora over 3 amounts, n = 400"
    assert not any(one.question == "labelled_examples" for one in advice.flips)
    told = next(one for one in advice.evidence if one.replaces)
    assert (told.replaces, told.before) == ("the rule by the number of examples", "1,000-9,999")
    said = {one.question: one.answer for one in advice.answered}
    assert said["labelled_examples"] == "1,000-9,999"


def test_the_screen_shows_the_bill_before_and_after(
    engagement: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    codec.write_json(engagement.comparison_path, on_card())
    sets = [f"--set={name}={answer.value}" for name, answer in BUSY.by_question.items()]
    assert advise(*sets, "--no-input") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "running USD" in out and "; now USD" in out
    assert "a training took 1 hours; in place of the estimated hours of a training" in out


def test_an_older_file_without_evidence_reads(tmp_path: Path) -> None:
    raw = msgspec.to_builtins(recommend(GUESSED, today=TODAY))
    del raw["evidence"]
    path = tmp_path / "recommendation.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert codec.read_json(path, Recommendation).evidence == []


def test_the_screen_shows_before_after_what_moved_it_and_the_curve(
    engagement: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    codec.write_json(engagement.comparison_path, comparison(0.96, 0.97))
    codec.write_json(engagement.curve_path, curve())
    assert advise("--answers", str(DEMO), "--no-input") == 0
    out = " ".join(capsys.readouterr().out.split())
    places = [
        out.index(part) for part in ("Measured", "before ", "after ", "moved by few-shot: accuracy 0.960")
    ]
    assert places == sorted(places)
    assert "More rows: Twice the rows do not reach 0.9." in out
    assert advise("--without-evidence", "--no-input") == 0
    assert "Measured" not in capsys.readouterr().out


def test_a_curve_of_earlier_rows_is_no_evidence(engagement: Engagement) -> None:
    compared = comparison(0.96, 0.97)
    compared = msgspec.structs.replace(compared, provenance=compared.provenance | {"data": "now"})
    codec.write_json(engagement.comparison_path, compared)
    for data, counts in (("now", True), ("before", False), ("", True)):
        codec.write_json(engagement.curve_path, msgspec.structs.replace(curve(), data=data))
        assert (evidence_of(engagement).curve is not None) is counts


def test_history_gains_a_line_only_when_something_changed(engagement: Engagement) -> None:
    assert advise("--answers", str(DEMO), "--json") == 0
    assert advise("--no-input", "--json") == 0
    assert len(engagement.history_path.read_bytes().splitlines()) == 1
    codec.write_json(engagement.comparison_path, comparison(0.96, 0.97))
    assert advise("--no-input", "--json") == 0
    lines = [json.loads(line) for line in engagement.history_path.read_bytes().splitlines()]
    assert len(lines) == 2
    assert lines[0]["answers"] == lines[1]["answers"]
    assert lines[0]["evidence"] == [] and lines[1]["evidence"][0]["n"] == 400


def test_the_answers_on_disk_stay_as_they_were_given(engagement: Engagement) -> None:
    codec.write_json(engagement.comparison_path, comparison(0.96, 0.97))
    assert advise("--answers", str(DEMO), "--json") == 0
    before = engagement.answers_path.read_bytes()
    assert advise("--no-input", "--json") == 0
    assert engagement.answers_path.read_bytes() == before


def test_reading_evidence_imports_nothing_heavy(engagement: Engagement) -> None:
    codec.write_json(engagement.comparison_path, comparison(0.96, 0.97))
    code = (
        "import sys\nfrom advisor.cli.main import group, run\n"
        f"code = run(group, ['advise', '--answers', {str(DEMO)!r}, '--json'], name='tunecase')\n"
        "sys.stderr.write(','.join(sorted({'torch', 'numpy', 'scipy'} & set(sys.modules))))\nsys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=engagement.root, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["evidence"]
