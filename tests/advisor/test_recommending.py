"""Advice for plain cases comes out as published, with the risks and bills that follow."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import settings

from advisor.advice.planning import make_plan
from advisor.advice.recommending import recommend
from advisor.advice.weighing import Fact, facts
from advisor.advice.wording import FIRST, OPENAI_CLOSES, sentence
from advisor.engagement.records.advice import Ranked, Recommendation
from advisor.engagement.records.answers import Answer, Answers, Value
from advisor.engagement.records.intake import Profile
from advisor.questionnaire.asking import by_id
from advisor.questionnaire.reading import read_answers

TODAY = dt.date(2026, 11, 24)
FEW = settings(max_examples=120, deadline=None)
MANY = settings(max_examples=500, deadline=None)
CHANGES = ["static", "yearly", "monthly", "weekly", "daily", "realtime"]
DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"


def known(**said: Value) -> Answers:
    """Answers known for sure."""
    return Answers({name: Answer(value=value) for name, value in said.items()})


def advise(answers: Answers) -> Recommendation:
    """The recommendation of a fixed day."""
    return recommend(answers, today=TODAY)


CASES = [
    ("prompting", {"score_today": 92, "score_target": 90, "failure": "none", "success_measure": "test_set"}),
    (
        "rag",
        {
            "task_kind": "answers",
            "failure": "facts",
            "knowledge_changes": "daily",
            "citations": "yes",
        },
    ),
    (
        "fine_tuning",
        {
            "task_kind": "extraction",
            "failure": "form",
            "labelled_examples": "n_1000_9999",
            "score_today": 60,
            "score_target": 90,
            "success_measure": "checker",
        },
    ),
    (
        "fine_tuning_rag",
        {
            "task_kind": "answers",
            "failure": "both",
            "labelled_examples": "n_10000_plus",
            "knowledge_changes": "monthly",
            "knowledge_size": "500_to_10000_pages",
            "success_measure": "test_set",
        },
    ),
    ("not_ready", {"success_measure": "disagreement", "agreement": "under_75"}),
    ("not_ready", {"success_measure": "undefined", "task_kind": "writing"}),
    ("not_ready", {"simpler_method": "in_use", "task_kind": "classification", "failure": "form"}),
]


@pytest.mark.parametrize(
    ("approach", "said"), CASES, ids=[f"{approach}-{number}" for number, (approach, _) in enumerate(CASES)]
)
def test_plain_cases_come_out_as_published(approach: str, said: dict[str, Value]) -> None:
    assert advise(known(**said)).approach == approach


@pytest.mark.parametrize(
    ("because", "said"),
    [
        ("not_a_language_problem", {"task_kind": "not_language", "success_measure": "test_set"}),
        ("not_a_language_problem", {"simpler_method": "yes", "success_measure": "checker"}),
        ("no_measure", {"success_measure": "undefined", "labelled_examples": "n_1000_9999"}),
        ("wrong_data", {"examples_fit": "under_5", "labelled_examples": "n_10000_plus", "failure": "form"}),
    ],
)
def test_not_ready_says_what_is_missing(because: str, said: dict[str, Value]) -> None:
    advice = advise(known(**said))
    assert (advice.approach, advice.not_ready_because) == ("not_ready", because)
    assert FIRST[because] in advice.next_steps  # type: ignore[index]


@pytest.mark.parametrize(
    ("technique", "said"),
    [
        ("qlora", {"hardware": "one_16gb"}),
        ("lora", {"hardware": "one_80gb"}),
        ("full", {"hardware": "several_80gb", "labelled_examples": "n_10000_plus"}),
        ("sft_api", {"hardware": "none", "data_leaves": "anywhere"}),
        ("lora", {"distinct_tasks": "n_10_99"}),
        ("full", {"weak_ground": "script_or_image", "tried": "changed_model"}),
        ("dpo", {"hardware": "one_80gb", "preference_pairs": "n_1000_9999", "task_kind": "writing"}),
        ("distillation", {"failure": "cost", "score_today": 90, "requests_per_month": 5_000_000}),
        (
            "continued_pretraining",
            {"hardware": "several_80gb", "unlabelled_text": "over_1b", "task_kind": "general_model"},
        ),
        (
            "rlhf",
            {
                "hardware": "several_80gb",
                "preference_pairs": "n_10000_plus",
                "budget": 500_000,
                "task_kind": "general_model",
                "team": "ml_3_plus",
            },
        ),
    ],
)
def test_techniques_follow_from_hardware_data_and_goal(technique: str, said: dict[str, Value]) -> None:
    base: dict[str, Value] = {
        "task_kind": "writing",
        "failure": "form",
        "labelled_examples": "n_1000_9999",
        "score_target": 90,
    }
    ranking = advise(known(**{**base, **said})).ranking
    assert {one.technique for one in ranking if one.approach == "fine_tuning"} == {technique}


def test_openai_tuning_is_never_recommended() -> None:
    advice = advise(
        known(
            task_kind="writing",
            failure="form",
            labelled_examples="n_1000_9999",
            hardware="none",
            data_leaves="anywhere",
            score_today=50,
            score_target=90,
            success_measure="test_set",
        )
    )
    assert advice.technique == "sft_api"
    assert any("OpenAI" in risk and "do not start" in risk for risk in advice.risks)
    assert any(OPENAI_CLOSES in risk for risk in advice.risks)
    assert not any("OpenAI" in step for step in advice.next_steps)


def test_owners_of_a_hosted_tune_are_warned_whatever_is_advised() -> None:
    advice = advise(known(tried="hosted_model", task_kind="open_ended", stage="moving"))
    assert any(OPENAI_CLOSES in risk and "replacement" in risk for risk in advice.risks)


def test_a_licence_that_bars_commercial_use_is_a_risk() -> None:
    advice = advise(
        known(task_kind="writing", failure="form", labelled_examples="n_1000_9999", hardware="one_80gb")
    )
    barred = [one.hub_id for one in advice.base_models if "not allowed" in one.why]
    assert barred and all(any(name in risk for risk in advice.risks) for name in barred)
    assert "not allowed" not in advice.base_models[0].why


def test_a_bill_above_the_budget_is_a_risk() -> None:
    poor = advise(known(task_kind="answers", failure="facts", budget=1000))
    rich = advise(known(task_kind="answers", failure="facts", budget=5_000_000))
    assert any("above the budget" in risk for risk in poor.risks)
    assert not any("above the budget" in risk for risk in rich.risks)


def test_a_score_without_a_target_is_read_where_every_plausible_target_agrees() -> None:
    read = facts(known(score_today=20))["score_today"]
    assert read.reading == "far" and read.share < 1
    assert facts(known(score_today=86))["score_today"].reading is None
    assert facts(known(score_today=86, score_target=80))["score_today"] == Fact("met", 1.0)


def test_tokens_and_volume_of_the_answers_are_what_is_priced() -> None:
    short = advise(known(task_kind="answers", failure="facts", requests_per_month=1000, tokens_in=100))
    long = advise(known(task_kind="answers", failure="facts", requests_per_month=1000, tokens_in=90_000))
    assert long.cost.per_month.likely > short.cost.per_month.likely
    assert next(one for one in long.answered if one.question == "tokens_in").number == 90_000


def test_fixed_text_comes_on_top_of_an_input_of_usual_length() -> None:
    plain = advise(known(task_kind="answers", failure="facts"))
    fixed = advise(known(task_kind="answers", failure="facts", fixed_text=500))
    assert fixed.cost.per_month.likely > plain.cost.per_month.likely


def test_the_bundled_example_is_a_case_for_an_adapter() -> None:
    advice = advise(read_answers(DEMO))
    assert advice.approach == "fine_tuning"
    assert advice.technique in ("lora", "qlora")
    assert advice.find_out == []
    assert {"lora", "qlora"} <= set(advice.arms)


def test_without_answers_prompting_comes_first_without_confidence_and_all_is_to_find_out() -> None:
    advice = advise(Answers())
    assert advice.approach == "prompting"
    assert advice.confidence < 0.5
    assert {one.question for one in advice.find_out} == set(by_id())


def test_close_calls_are_called_ties() -> None:
    shares = {"rag": 0.41, "prompting": 0.38, "fine_tuning": 0.11, "fine_tuning_rag": 0.06, "not_ready": 0.04}
    ranking = [
        Ranked(approach=name, technique="none", probability=share)  # type: ignore[arg-type]
        for name, share in shares.items()
    ]
    assert "tie between retrieval (RAG) and prompting (41%, 38%)" in sentence(
        ranking, ["prompting"], technique="none"
    )


def test_a_plan_takes_the_advised_arms_and_leaves_out_what_needs_labels() -> None:
    advice = advise(read_answers(DEMO))
    shape = {"rows": {"train": 400, "validation": 60, "test": 80}, "minimum_detectable": 0.1}
    words = {"input_words_mean": 30.0, "input_words_p95": 60.0, "output_words_mean": 2.0}
    labels = Profile(task="classification", labels={"a": 1}, **shape, **words)  # type: ignore[arg-type]
    texts = Profile(task="generation", **shape, **words)  # type: ignore[arg-type]
    assert make_plan(advice, labels).arms == advice.arms
    assert make_plan(advice, labels).metric == "accuracy"
    assert "classical" not in make_plan(advice, texts).arms
    assert make_plan(advice, texts).metric == "exact_match"
    assert make_plan(None, labels, arms=["floor"], instruction="Sort.").instruction == "Sort."
