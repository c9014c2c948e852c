"""Questions and rules are data, and data can be checked."""

from __future__ import annotations

import re

import pytest

from advisor.advice.weighing import all_approaches, all_techniques, rules
from advisor.engagement.records.advice import APPROACHES
from advisor.questionnaire import sources
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import all_questions, by_id, readings, sections
from advisor.questionnaire.criterion import Criterion, Gate

QUESTIONS = all_questions()
ITEMS = [*all_approaches().values(), *all_techniques().values()]
RULES = [(item.name, rule) for item in ITEMS for rule in rules(item)]
TECHNIQUE = re.compile(r"prompt|\brag\b|retriev|tun(e|ing)|lora|train|distil|dpo|rlhf|adapter", re.IGNORECASE)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_is_short_and_explains_itself(question: Question) -> None:
    assert len(question.text.split()) <= 15
    assert question.text.endswith("?")
    assert question.why and question.how_to_find_out
    assert bool(question.options) != (question.number is not None)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_options_are_distinct_and_name_no_technique(question: Question) -> None:
    ids = [option.id for option in question.options]
    texts = [option.text for option in question.options]
    assert len(set(ids)) == len(ids) and len(set(texts)) == len(texts)
    assert not [text for text in texts if TECHNIQUE.search(text)]
    assert "unknown" not in ids


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_no_question_is_asked_for_nothing(question: Question) -> None:
    used = {rule.question for _, rule in RULES} | {
        other.number.share_of for other in QUESTIONS if other.number is not None
    }
    shown = {other.shown_when.question for other in QUESTIONS if other.shown_when is not None}
    assert question.id in used | shown


def test_ids_are_unique_and_eight_questions_are_core() -> None:
    assert len(by_id()) == len(QUESTIONS)
    assert sum(question.core for question in QUESTIONS) == 8
    assert [question.core for question in QUESTIONS] == sorted(
        (question.core for question in QUESTIONS), reverse=True
    )
    assert len({section.order for section in sections()}) == len(sections())


def test_the_id_that_others_rely_on_takes_the_agreed_values() -> None:
    options = [option.id for option in by_id()["knowledge_changes"].options]
    assert options == ["static", "yearly", "monthly", "weekly", "daily", "realtime"]


def test_bands_rise_and_end_at_infinity() -> None:
    for question in QUESTIONS:
        if question.number is not None and question.number.bands:
            ends = [band.below for band in question.number.bands]
            assert ends == sorted(ends) and ends[-1] == float("inf")


def test_conditions_name_existing_questions_and_options() -> None:
    for question in QUESTIONS:
        if question.shown_when is not None:
            assert set(question.shown_when.answers) <= set(readings(by_id()[question.shown_when.question]))


@pytest.mark.parametrize(("name", "rule"), RULES, ids=lambda value: getattr(value, "question", value))
def test_a_rule_refers_to_what_exists_and_gives_reason_and_source(name: str, rule: Criterion | Gate) -> None:
    assert set(rule.answers) <= set(readings(by_id()[rule.question])), rule
    assert rule.answers and rule.because and not rule.because.endswith(".")
    assert rule.source in {value for key, value in vars(sources).items() if key.isupper()}


def test_no_approach_counts_one_answer_twice() -> None:
    for item in ITEMS:
        heard = [(rule.question, answer) for rule in item.criteria for answer in rule.answers]
        assert len(heard) == len(set(heard)), item.name


def test_every_approach_rates_use_case_data_volume_and_change() -> None:
    for name in ("prompting", "rag", "fine_tuning", "fine_tuning_rag"):
        approach = all_approaches()[name]
        for question in ("task_kind", "labelled_examples", "knowledge_changes"):
            assert any(rule.question == question for rule in rules(approach)), (name, question)


def test_all_five_approaches_and_eight_techniques_exist() -> None:
    assert tuple(all_approaches()) == APPROACHES
    assert set(all_techniques()) == {
        "full",
        "lora",
        "qlora",
        "sft_api",
        "dpo",
        "rlhf",
        "distillation",
        "continued_pretraining",
    }
