"""Answers are read generously, refused exactly and written without losing a comment."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.engagement.errors import AnswersError, RecordError
from advisor.engagement.records.answers import Answer, Answers
from advisor.questionnaire.asking import by_id
from advisor.questionnaire.reading import blank, parse_set, read_answers, understand, write_answers

from .strategies import any_answers


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_answers())
def test_what_is_written_is_read_back(tmp_path: Path, answers: Answers) -> None:
    path = tmp_path / "answers.toml"
    path.unlink(missing_ok=True)
    write_answers(path, answers)
    assert read_answers(path).by_question == answers.by_question


def test_the_empty_form_parses_as_it_is_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(blank(), encoding="utf-8")
    answers = read_answers(path).by_question
    assert set(answers) == set(by_id()) == set(tomllib.loads(blank()))
    assert not any(answer.is_known for answer in answers.values())


def test_the_empty_form_explains_every_question_and_lists_every_value() -> None:
    form = blank()
    for question in by_id().values():
        for words in (
            question.text,
            question.why,
            question.how_to_find_out,
            *(o.text for o in question.options),
        ):
            assert words in form


def test_comments_order_and_short_forms_survive_writing(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(
        '# from the kick-off\nknowledge_changes = "daily"  # they said\n\n'
        '[latency]\n# to be checked\nvalue = "under_1s"\n',
        encoding="utf-8",
    )
    answers = read_answers(path).with_answer("latency", Answer(value="over_10s", note="the lead"))
    write_answers(path, answers.with_answer("hardware", Answer(value="none")))
    text = path.read_text(encoding="utf-8")
    assert "# from the kick-off" in text and "# to be checked" in text and "# they said" in text
    assert read_answers(path).value("knowledge_changes") == "daily"
    assert read_answers(path).by_question["latency"] == Answer(value="over_10s", note="the lead")
    assert read_answers(path).value("hardware") == "none"


def test_a_short_form_that_changes_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text('knowledge_changes = "daily"\nlatency = "under_1s"\n', encoding="utf-8")
    write_answers(
        path, read_answers(path).with_answer("knowledge_changes", Answer(value="weekly", note="no"))
    )
    assert read_answers(path).by_question["knowledge_changes"] == Answer(value="weekly", note="no")
    assert read_answers(path).value("latency") == "under_1s"


@pytest.mark.parametrize(
    ("text", "place", "way_out"),
    [
        ('[knowlege_changes]\nvalue = "daily"', "Did you mean `knowledge_changes`?", "questions:"),
        ('[knowledge_changes]\nvalue = "dayly"', "Did you mean `daily`?", "static, yearly"),
        ('[knowledge_changes]\nvalue = "daily"\ncertanty = "known"', "Did you mean `certainty`?", "keys:"),
        ('[knowledge_changes]\nvalue = "daily"\ncertainty = "sure"', "'sure'", "known, assumed, unknown"),
        ("[knowledge_changes]\nvalue = true", "True", "static"),
        ("[score_today]\nvalue = 140", "140 is outside 0 to 100 percent", "from 0 to 100"),
        ('[score_today]\nvalue = "good"', "'good' is not a number", "percent"),
        ("[score_today]\nvalue = [1]", "[1]", "a number of percent"),
    ],
)
def test_an_impossible_answer_names_place_value_and_way_out(
    tmp_path: Path, text: str, place: str, way_out: str
) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnswersError) as refused:
        read_answers(path)
    assert str(path) in refused.value.problem and place in refused.value.problem
    assert way_out in refused.value.fix
    assert refused.value.exit_code == 3


def test_toml_that_does_not_parse_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("knowledge_changes = daily", encoding="utf-8")
    with pytest.raises(RecordError):
        read_answers(path)


@pytest.mark.parametrize(
    ("question", "typed", "meant"),
    [
        ("labelled_examples", "1,000-9,999", "n_1000_9999"),
        ("labelled_examples", "10,000 or", "n_10000_plus"),
        ("knowledge_changes", "Dai", "daily"),
        ("knowledge_changes", "UNKNOWN", "unknown"),
        ("requests_per_month", "40k", 40000),
        ("requests_per_month", "1.5 million", 1500000),
        ("requests_per_month", "40,000 requests", 40000),
        ("score_today", "85 %", 85),
        ("score_today", "85 percent", 85),
        ("budget", "50,000 USD", 50000),
        ("budget", "$50k", 50000),
        ("citations", "YES", "yes"),
    ],
)
def test_input_is_taken_generously(question: str, typed: str, meant: object) -> None:
    assert understand(by_id()[question], typed, place=question) == meant


def test_true_and_false_answer_a_question_of_yes_or_no(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("citations = true\n", encoding="utf-8")
    assert read_answers(path).value("citations") == "yes"
    path.write_text("[citations]\nvalue = false\n", encoding="utf-8")
    assert read_answers(path).value("citations") == "no"


def test_set_needs_a_question_and_a_value() -> None:
    assert parse_set("knowledge_changes=daily") == ("knowledge_changes", Answer(value="daily"))
    for wrong in ("knowledge_changes", "nothing=1", "knowledge_changes=", "knowledge_changes=d"):
        with pytest.raises(AnswersError):
            parse_set(wrong)
