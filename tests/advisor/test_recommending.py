"""Advice is a pure function with properties that hold for any client."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.explaining import other_values
from advisor.advice.planning import make_plan
from advisor.advice.recommending import recommend
from advisor.advice.weighing import Fact, facts, flattening, leader, probabilities
from advisor.advice.wording import sentence
from advisor.engagement.codec import encode
from advisor.engagement.records.advice import APPROACHES, Ranked, Recommendation
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Value
from advisor.engagement.records.examples import Profile
from advisor.questionnaire.asking import all_questions, by_id, readings, visible
from advisor.questionnaire.reading import parse_set, read_answers

from .strategies import any_answers, values

TODAY = dt.date(2026, 11, 24)
FEW = settings(max_examples=60, deadline=None)
CHANGES = ["static", "yearly", "monthly", "weekly", "daily", "realtime"]
DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"


def known(**said: Value) -> Answers:
    """Answers known for sure."""
    return Answers({name: Answer(value=value) for name, value in said.items()})


def advise(answers: Answers) -> Recommendation:
    """The recommendation of a fixed day."""
    return recommend(answers, today=TODAY)


@FEW
@given(any_answers())
def test_the_ranking_holds_all_five_sorted_and_sums_to_one(answers: Answers) -> None:
    advice = advise(answers)
    shares = [one.probability for one in advice.ranking]
    assert math.isclose(sum(shares), 1.0, abs_tol=1e-9)
    assert shares == sorted(shares, reverse=True) and min(shares) >= 0
    assert {one.approach for one in advice.ranking} == set(APPROACHES)
    assert advice.approach == advice.ranking[0].approach == leader(facts(answers))
    assert advice.confidence == advice.ranking[0].probability
    assert advice.tied_with == [
        one.approach for one in advice.ranking[1:] if advice.confidence - one.probability <= 0.05
    ]


@FEW
@given(any_answers())
def test_the_same_answers_give_the_same_advice(answers: Answers) -> None:
    assert encode(advise(answers)) == encode(advise(answers))


@FEW
@given(any_answers())
def test_every_flip_flips_and_no_other_option_does(answers: Answers) -> None:
    advice = advise(answers)
    for flip in advice.flips:
        name, answer = parse_set(f"{flip.question}={flip.to}")
        changed = advise(answers.with_answer(name, answer))
        assert changed.approach == flip.becomes != advice.approach
    listed = {(flip.question, flip.becomes) for flip in advice.flips}
    for question in visible(answers):
        for value in other_values(question, answers):
            becomes = leader(facts(answers.with_answer(question.id, Answer(value=value))))
            assert becomes == advice.approach or (question.id, becomes) in listed


@FEW
@given(any_answers(), st.data())
def test_unknown_is_never_surer_than_the_best_answer_would_be(answers: Answers, data: st.DataObject) -> None:
    read = facts(answers)
    question = data.draw(st.sampled_from([q for q in visible(answers) if q.id in read]))
    unknown = answers.with_answer(question.id, Answer(value=UNKNOWN))
    known = answers.with_answer(question.id, Answer(value=data.draw(values(question))))
    not_knowing = probabilities({**read, question.id: Fact(None, 1.0)}, flattening(unknown))
    possible = [
        probabilities({**read, question.id: Fact(one, 1.0)}, flattening(known)) for one in readings(question)
    ]
    assert max(not_knowing.values()) <= max(max(odds.values()) for odds in possible) + 1e-12


@FEW
@given(any_answers(), st.data())
def test_unknown_flattens_the_result_and_never_reorders_it(answers: Answers, data: st.DataObject) -> None:
    question = data.draw(st.sampled_from([q for q in all_questions() if q.shown_when is None]))
    with_it = answers.with_answer(question.id, Answer(value=data.draw(values(question))))
    without = answers.with_answer(question.id, Answer(value=UNKNOWN, certainty="unknown"))
    if question.id != "labelled_examples":
        assert flattening(without) < flattening(with_it)
    sharp, flat = probabilities(facts(answers), 1.0), probabilities(facts(answers), flattening(answers))
    assert max(sharp, key=lambda name: sharp[name]) == max(flat, key=lambda name: flat[name])
    assert max(flat.values()) <= max(sharp.values()) + 1e-12


@FEW
@given(any_answers())
def test_every_unknown_visible_question_is_worth_finding_out(answers: Answers) -> None:
    unknown = {question.id for question in visible(answers) if answers.value(question.id) is None}
    assert {one.question for one in advise(answers).find_out} == unknown


@FEW
@given(any_answers())
def test_faster_change_never_lowers_the_share_of_retrieval(answers: Answers) -> None:
    shares = []
    for change in CHANGES:
        tried = answers.with_answer("knowledge_changes", Answer(value=change))
        odds = probabilities(facts(tried), flattening(tried))
        shares.append(odds["rag"] + odds["fine_tuning_rag"])
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(shares))


@FEW
@given(any_answers())
def test_an_assumed_answer_weighs_less_than_a_known_one(answers: Answers) -> None:
    def weights(certainty: str) -> list[float]:
        given = {
            name: Answer(value=one.value, certainty=certainty)  # type: ignore[arg-type]
            for name, one in answers.by_question.items()
        }
        return [abs(reason.weight) for reason in advise(Answers(given)).reasons_for]

    if set(facts(answers)) and advise(answers).reasons_for:
        assert sum(weights("assumed")) <= sum(weights("known")) + 1e-9 or not weights("known")


@FEW
@given(any_answers())
def test_costs_are_bands_with_a_source_for_every_line(answers: Answers) -> None:
    cost = advise(answers).cost
    for item in cost.items:
        assert 0 <= item.low <= item.likely <= item.high
        assert item.source and item.unit
    for band, period in ((cost.one_off, "one_off"), (cost.per_month, "per_month")):
        assert math.isclose(
            band.likely, sum(item.likely for item in cost.items if item.period == period), abs_tol=0.01
        )


@FEW
@given(any_answers())
def test_fields_agree_with_each_other(answers: Answers) -> None:
    advice = advise(answers)
    tuned = advice.approach in ("fine_tuning", "fine_tuning_rag")
    assert (advice.technique != "none") == (advice.objective != "none") == tuned
    assert (advice.parameters != "none") == tuned
    assert (advice.not_ready_because is not None) == (advice.approach == "not_ready")
    assert (advice.base_model_b is not None) == bool(advice.base_models)
    assert all(reason.weight > 0 and reason.source for reason in advice.reasons_for)
    assert all(reason.weight < 0 and reason.source for reason in advice.reasons_against)
    assert {"floor", "classical", "zero_shot", "few_shot"} <= set(advice.arms)
    assert advice.next_steps and advice.risks and advice.sentence


CASES = [
    ("prompting", {"score_today": 92, "score_target": 90, "failure": "none", "success_measure": "test_set"}),
    (
        "rag",
        {
            "task_kind": "answers",
            "failure": "facts",
            "knowledge_changes": "daily",
            "source_duties": "citations",
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
    ("not_ready", {"success_measure": "disagreement"}),
]


@pytest.mark.parametrize(("approach", "said"), CASES, ids=[approach for approach, _ in CASES])
def test_plain_cases_come_out_as_published(approach: str, said: dict[str, Value]) -> None:
    assert advise(known(**said)).approach == approach


@pytest.mark.parametrize(
    ("because", "said"),
    [
        ("not_a_language_problem", {"task_kind": "not_language", "success_measure": "test_set"}),
        ("no_measure", {"success_measure": "disagreement"}),
        ("wrong_data", {"examples_fit": "under_5", "labelled_examples": "n_1000_9999", "failure": "form"}),
    ],
)
def test_not_ready_says_what_is_missing(because: str, said: dict[str, Value]) -> None:
    advice = advise(known(**said))
    assert (advice.approach, advice.not_ready_because) == ("not_ready", because)


@pytest.mark.parametrize(
    ("technique", "said"),
    [
        ("qlora", {"hardware": "one_16gb"}),
        ("lora", {"hardware": "one_80gb"}),
        ("full", {"hardware": "several_80gb", "labelled_examples": "n_10000_plus"}),
        ("sft_api", {"hardware": "none", "data_leaves": "anywhere"}),
        ("dpo", {"hardware": "one_80gb", "preference_pairs": "1000_or_more", "task_kind": "writing"}),
        ("distillation", {"hardware": "one_80gb", "score_today": 90, "requests_per_month": 5_000_000}),
        (
            "continued_pretraining",
            {"hardware": "several_80gb", "knowledge_size": "over_5_million_pages", "task_kind": "writing"},
        ),
        (
            "rlhf",
            {"hardware": "several_80gb", "success_measure": "checker", "task_kind": "formal_language"},
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
    assert not any("OpenAI" in step for step in advice.next_steps)


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
