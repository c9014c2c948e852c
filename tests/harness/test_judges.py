"""A judge decides by what answers say and not by their order, is asked once, within its cap, and checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.cli.compare import _cautions
from advisor.cli.plan import ensure_plan
from advisor.cli.session import Session
from advisor.cli.trainings import permitted
from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Preference
from advisor.engagement.records.judged import JudgeResult
from advisor.engagement.records.plan import JudgeSettings, Plan
from harness.comparing import compare
from harness.judges.judging import judge_outputs, refuse
from harness.judges.pairs import of_outputs
from harness.judges.wording import decided, said
from harness.models import generating
from harness.running import arm_data
from harness.wording import caveats
from tests.harness.servers import serving

from .test_running import plan_for, run

ARMS = ["floor", "zero_shot"]


def longer(asked: str) -> str:
    """A judge that likes the longer answer, whatever the order."""
    a, _, b = asked.partition("Answer A:\n")[2].partition("\n\nWhich is")[0].partition("\n\nAnswer B:\n")
    return "tie" if len(a) == len(b) else f"<think>which?</think>**{'A' if len(a) > len(b) else 'B'}**"


def with_judge(model_path: Path, **settings: Any) -> Plan:
    """The two arms, decided by this judge."""
    judge = JudgeSettings(**({"model": "judge-1", "deadline": 5.0} | settings))
    plan = plan_for(model_path, "zero_shot", judge=judge, metric="judge")
    return msgspec.structs.replace(plan, arms=ARMS)


@pytest.fixture
def runs(answering: Engagement, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """A floor, and a model that writes `about <number of its prompt's tokens>`, every fifth time too long."""

    def writing(network: Any, tokenizer: Any, prompts: list[list[int]], **more: Any) -> list[generating.Raw]:
        made = []
        for number, prompt in enumerate(prompts):
            ids = tokenizer(f"about {len(prompt)}", add_special_tokens=False)["input_ids"]
            end = [] if number % 5 == 4 else [1]
            made.append(generating.Raw([*ids, *end], [9.0] * (len(ids) + 1)))
        return made

    monkeypatch.setattr(generating, "_batch", writing)
    return [run(answering, arm, tiny_model, prompted=arm != "floor") for arm in ARMS]


def judged(engagement: Engagement, plan: Plan, runs: list[RunFolder]) -> JudgeResult:
    result = judge_outputs(engagement, plan, arm_data(engagement, plan), runs, on_progress=silent)
    assert result is not None
    return result


def compared(engagement: Engagement, plan: Plan, runs: list[RunFolder]) -> dict[str, Any]:
    data = arm_data(engagement, plan)
    made = compare(engagement, plan, data, runs, provenance={}, judged=judged(engagement, plan, runs))
    return {arm.name: arm.metrics["judge"] for arm in made.arms} | {"comparison": made}


@pytest.mark.parametrize(
    ("first", "second", "score", "turned"),
    [
        ("A", "B", 1.0, False),
        ("B", "A", 0.0, False),
        ("tie", "tie", 0.5, False),
        ("A", "A", 0.5, True),
        ("B", "B", 0.5, True),
        ("A", "tie", 0.5, True),
        ("", "", 0.5, False),
    ],
)
def test_what_turns_with_the_order_is_a_tie(first: Any, second: Any, score: float, turned: bool) -> None:
    assert decided(first, second) == (score, turned)


@pytest.mark.parametrize(
    ("reply", "named"),
    [("B", "B"), ("**a**.", "A"), ("Answer B is right", "B"), ("TIE", "tie"), ("A beats B", ""), ("", "")],
)
def test_a_reply_names_one_answer_or_none(reply: str, named: str) -> None:
    assert said(reply) == named


def test_a_steady_judge_scores_arms_is_asked_once_and_agrees_with_people(
    answering: Engagement, runs: list[RunFolder], tiny_model: Path
) -> None:
    people = [Preference(id=f"p{n}", prompt="?", chosen=f"yes, {n}", rejected="no") for n in range(30)]
    codec.write_lines(answering.preferences_path, people)
    with serving(longer) as (url, log):
        plan = with_judge(tiny_model, base_url=url, repeats=3)
        found = compared(answering, plan, runs)
        asked = log.asked.total()
        lines = next(answering.root.glob("runs/judges/*/judgements.jsonl"))
        whole = lines.read_bytes()
        lines.write_bytes(whole[: len(whole) // 2])
        assert compared(answering, plan, runs)["zero_shot"] == found["zero_shot"]
        assert asked < log.asked.total() < 2 * asked
        assert sorted(lines.read_bytes().splitlines()) == sorted(whole.splitlines())
    result = found["comparison"].judge
    assert (result.turned, result.unreadable, result.failed, result.changed) == (0, 0, 0, 0)
    assert result.again == 3
    assert asked == 2 * (result.pairs + 3 + 30)
    assert (result.agreed, result.kappa) == (30, 1.0)
    assert found["zero_shot"].value == 0.0
    assert found["zero_shot"].n == len(answering.splits().test)
    assert found["comparison"].baseline == "zero_shot"
    assert "in 30 of 30 preference pairs (kappa 1.00)." in " ".join(result.told)


@pytest.mark.parametrize(("reply", "turned", "unreadable"), [("A", True, False), ("hm", False, True)])
def test_a_judge_that_looks_at_the_order_only_shows_no_difference(
    reply: str, turned: bool, unreadable: bool, answering: Engagement, runs: list[RunFolder], tiny_model: Path
) -> None:
    with serving(lambda asked: reply) as (url, _):
        found = compared(answering, with_judge(tiny_model, base_url=url, against="floor", repeats=0), runs)
    result = found["comparison"].judge
    assert result.turned == (result.pairs if turned else 0)
    assert result.unreadable == (result.pairs if unreadable else 0)
    assert found["floor"].value == 0.5
    assert "127.0.0.1" in result.told[0]
    cut = sum(row.split == "test" and row.finish_reason == "length" for row in runs[1].predictions())
    n = len(answering.splits().test)
    lost = f"outputs cut at the limit and scored as wrong: zero_shot {cut} of {n}"
    assert _cautions(found["comparison"]) == [lost, *result.told]
    assert f"Prompting without examples: {cut} of {n} outputs were cut at the limit" in " ".join(
        caveats(found["comparison"])
    )
    assert found["zero_shot"].value == pytest.approx(0.5 * (n - cut) / n)


def test_nothing_is_asked_beyond_the_cap_and_what_was_said_is_kept(
    answering: Engagement, runs: list[RunFolder], tiny_model: Path
) -> None:
    with serving(longer) as (url, log):
        money = {"usd_in": 1.0, "usd_out": 1.0, "max_new_tokens": 8, "at_once": 1, "repeats": 0}
        plan = with_judge(tiny_model, base_url=url, max_usd=0.0004, **money)
        with pytest.raises(RunFailed, match="could pass the cap"):
            judged(answering, plan, runs)
        first = log.asked.total()
        assert first
        result = judged(answering, with_judge(tiny_model, base_url=url, max_usd=1.0, **money), runs)
    assert log.asked.total() <= 2 * result.pairs + 1
    assert result.usd == pytest.approx(10e-6 * 2 * result.pairs)


def test_a_judge_of_this_machine_is_held_against_people(
    answering: Engagement, runs: list[RunFolder], tiny_model: Path, tmp_path: Path
) -> None:
    pairs = [
        Preference(id=f"p{number}", prompt="help", chosen=f"yes {number}", rejected="no")
        for number in range(6)
    ]
    codec.write_lines(answering.preferences_path, pairs)
    roomy = tmp_path / "roomy"
    shutil.copytree(tiny_model, roomy)
    config = json.loads((roomy / "config.json").read_text(encoding="utf-8"))
    (roomy / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 4096}))
    result = judged(answering, with_judge(roomy, model=str(roomy)), runs)
    assert result.failed == 0
    assert result.people == 6
    assert result.kappa is not None and -1 <= result.kappa <= 1
    assert result.usd is None
    assert any("too few to rely on" in line for line in result.told)
    assert any("may favour its own wording" in line for line in result.told)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda plan: {"judge": msgspec.structs.replace(plan.judge, template="0")}, "asks in words"),
        (lambda plan: {"judge": msgspec.structs.replace(plan.judge, against="lora")}, "not among the arms"),
        (lambda plan: {"judge": None}, r"needs \[judge\] with model"),
    ],
)
def test_a_judge_that_cannot_be_is_refused(
    change: Callable[[Plan], dict[str, Any]], wrong: str, answering: Engagement, tiny_model: Path
) -> None:
    from harness.marking import basis_of, require

    plan = with_judge(tiny_model, base_url="http://localhost:1/v1")
    plan = msgspec.structs.replace(plan, **change(plan))
    with pytest.raises(PlanError, match=wrong):
        refuse(plan, "generation")
        require(plan.metric, basis_of(arm_data(answering, plan), plan, answering))


def test_the_plan_pins_the_words_and_keeps_data_in(answering: Engagement, tiny_model: Path) -> None:
    from advisor.cli.plan import Overrides
    from advisor.engagement.toml_out import to_toml

    plan = with_judge(tiny_model, base_url="https://judge.example/v1")
    codec.write_text(answering.plan_path, to_toml(plan))
    pinned = ensure_plan(Session(answering.root, False, 0), answering, Overrides())
    assert pinned.judge is not None and pinned.judge.template
    assert answering.plan() == pinned
    answers = '[data_leaves]\nvalue = "own_machines"\ncertainty = "known"\n'
    codec.write_text(answering.answers_path, answers)
    with pytest.raises(NotReady, match=r"the judge would send client data to judge\.example"):
        permitted(answering, pinned, tracker="", allowed=())
    permitted(answering, pinned, tracker="", allowed=["judge.example"])


def test_the_forecast_says_what_the_judge_is_asked_at_most(answering: Engagement, tiny_model: Path) -> None:
    from harness.forecasting import forecast

    plan = with_judge(tiny_model, base_url="http://localhost:1/v1", usd_in=1.0, usd_out=1.0, repeats=5)
    splits = answering.splits()
    pairs = 2 * len(splits.test) + len(splits.validation)
    said = forecast(answering, plan, device="cpu").assumptions[-1]
    assert f"asked about {pairs} pairs at most, {2 * (pairs + 5)} requests" in said
    assert "about USD 0." in said


def test_held_against_an_arm_its_cut_answers_lose(
    answering: Engagement, runs: list[RunFolder], tiny_model: Path
) -> None:
    plan = with_judge(tiny_model, base_url="http://localhost:1/v1", against="zero_shot")
    found = of_outputs(plan, arm_data(answering, plan), runs)
    floor = runs[0].predictions()[0].output
    cut = [row for row in runs[1].predictions() if row.finish_reason == "length" and row.split == "test"]
    won = {id for id, output, score in found.settled if output == floor and score == 1.0}
    assert won == {row.id for row in cut}
    assert {id for id, output, score in found.settled if score == 0.0} >= won
    assert not won & {one.id for one in found.compared}
