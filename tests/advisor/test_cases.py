"""The published cases: filled in from their descriptions, with the words each answer rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.advice.weighing import all_approaches, all_techniques
from advisor.engagement.records.advice import APPROACHES
from advisor.questionnaire.asking import all_questions
from advisor.questionnaire.reading import read_answers

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*.toml"))
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
SHARED = Path(__file__).parents[3] / "shared" / "truth" / "scenarios.jsonl"


def test_every_case_has_answers_a_label_and_a_source() -> None:
    assert {path.stem for path in FILES} == set(EXPECTED)
    for label in EXPECTED.values():
        assert label["approach"] in APPROACHES and set(label["acceptable"]) <= set(APPROACHES)
        assert set(label["technique"]) <= set(all_techniques())
        assert label["source"] and label["address"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_answer_of_a_case_says_on_which_words_it_rests(path: Path) -> None:
    answers = read_answers(path).by_question
    assert answers
    for answer in answers.values():
        assert answer.is_known and answer.note


@pytest.mark.skipif(not SHARED.exists(), reason="the descriptions are not beside this checkout")
def test_the_words_are_words_of_the_description() -> None:
    lines = SHARED.read_text(encoding="utf-8").splitlines()
    descriptions = {row["id"]: row["description"] for row in map(json.loads, lines)}
    assert set(descriptions) == set(EXPECTED)
    for path in FILES:
        for answer in read_answers(path).by_question.values():
            for words in answer.note.split(" ... "):
                assert words in descriptions[path.stem], (path.stem, words)


def test_the_cases_use_every_core_question_and_every_approach() -> None:
    asked = {name for path in FILES for name in read_answers(path).by_question}
    assert {question.id for question in all_questions() if question.core} <= asked
    assert {label["approach"] for label in EXPECTED.values()} == set(all_approaches())
