"""Advice is a pure function with properties that hold for any client."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.explaining import other_values, reasons
from advisor.advice.planning import make_plan
from advisor.advice.recommending import recommend
from advisor.advice.weighing import Fact, facts, flattening, leader, probabilities
from advisor.advice.wording import FIRST, OPENAI_CLOSES, sentence
from advisor.engagement.codec import encode
from advisor.engagement.records.advice import APPROACHES, Ranked, Recommendation
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Certainty, Value
from advisor.engagement.records.examples import Profile
from advisor.questionnaire.asking import all_questions, by_id, readings, visible
from advisor.questionnaire.reading import parse_set, read_answers

from .strategies import any_answers, values

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


def with_certainty(answers: Answers, certainty: Certainty) -> Answers:
    """All answers, equally sure."""
    given = {name: Answer(value=one.value, certainty=certainty) for name, one in answers.by_question.items()}
    return Answers(given)


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


@MANY
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


@MANY
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


@MANY
@given(any_answers())
def test_faster_change_never_lowers_the_share_of_retrieval(answers: Answers) -> None:
    shares = []
    for change in CHANGES:
        tried = answers.with_answer("knowledge_changes", Answer(value=change))
        odds = probabilities(facts(tried), flattening(tried))
        shares.append(odds["rag"] + odds["fine_tuning_rag"])
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(shares))


@MANY
@given(any_answers())
def test_more_good_examples_never_lower_the_share_of_training(answers: Answers) -> None:
    good = answers.with_answer("examples_fit", Answer(value="9_or_more"))
    shares = []
    for amount in by_id()["labelled_examples"].options:
        tried = good.with_answer("labelled_examples", Answer(value=amount.id))
        odds = probabilities(facts(tried), flattening(tried))
        shares.append(odds["fine_tuning"] + odds["fine_tuning_rag"])
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(shares))


@FEW
@given(any_answers(), st.randoms())
def test_the_order_of_answers_is_irrelevant(answers: Answers, random: Random) -> None:
    names = list(answers.by_question)
    random.shuffle(names)
    shuffled = Answers({name: answers.by_question[name] for name in names})
    assert encode(advise(shuffled)) == encode(advise(answers))


@MANY
@given(any_answers())
def test_a_gate_outweighs_all_that_speaks_for_an_approach(answers: Answers) -> None:
    barred = answers.with_answer("may_learn", Answer(value="no"))
    assert leader(facts(barred)) not in ("fine_tuning", "fine_tuning_rag")


@FEW
@given(any_answers())
def test_options_hold_every_approach_and_doing_nothing_and_the_roadmap_has_gates(answers: Answers) -> None:
    advice = advise(answers)
    assert [one.name for one in advice.options] == [one.approach for one in advice.ranking] + ["do_nothing"]
    assert advice.options[0].strongest_for == advice.reasons_for[0].because if advice.reasons_for else True
    assert 3 <= len(advice.roadmap) <= 5
    for step in advice.roadmap:
        assert step.work and step.gate and step.otherwise
        assert 0 < step.weeks.low <= step.weeks.likely <= step.weeks.high
    assert all(one.who for one in advice.find_out)


@FEW
@given(any_answers())
def test_an_assumed_answer_weighs_less_than_a_known_one(answers: Answers) -> None:
    for approach in APPROACHES:
        certain = reasons(approach, with_certainty(answers, "known"))
        guessed = {one.question: one for one in reasons(approach, with_certainty(answers, "assumed"))}
        for reason in certain:
            assert abs(guessed[reason.question].weight) <= abs(reason.weight)


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
