"""The pages hold what the questions ask, agree with tickets and replies, and name nobody."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from advisor.engagement.records.examples import Example
from advisor.examples import preference_grammar, ticket_grammar
from advisor.examples.support_triage import COUNTS, NEIGHBOURS

from .conftest import FOLDER

UNANSWERED = "The documents do not say."
SLOTS = ticket_grammar.TABLES["slots"]


def words(text: str) -> list[str]:
    return re.findall(r"\w[\w'.,:-]*", text)


def facts(text: str) -> set[str]:
    """Numbers as written, and every word of four letters or more."""
    said = (word.strip(".,:'").lower() for word in words(text))
    return {word for word in said if len(word) >= 4 or word[:1].isdigit()}


def test_there_is_a_small_shelf_of_short_pages(documents: dict[str, str]) -> None:
    assert 10 <= len(documents) <= 14
    lengths = {name: len(words(text)) for name, text in documents.items()}
    assert all(150 <= length <= 400 for length in lengths.values()), lengths
    assert all(text.startswith("# ") and text.endswith("\n") for text in documents.values())


def test_questions_come_in_three_splits_and_a_few_have_no_answer(questions: list[Example]) -> None:
    assert len(questions) >= 40
    assert (
        len({row.id for row in questions}) == len({row.input_text() for row in questions}) == len(questions)
    )
    assert set(Counter(row.meta["split"] for row in questions)) == {"train", "validation", "test"}
    open_ones = [row for row in questions if not row.gold_doc_ids]
    assert 4 <= len(open_ones) <= 6
    assert {row.output for row in open_ones} == {UNANSWERED}
    assert {row.meta["split"] for row in open_ones} == {"train", "validation", "test"}


def test_every_page_that_a_question_names_exists_and_every_page_is_asked_about(
    questions: list[Example], documents: dict[str, str]
) -> None:
    assert {id for row in questions for id in row.gold_doc_ids} == set(documents)


def test_the_facts_of_an_answer_stand_in_its_pages(
    questions: list[Example], documents: dict[str, str]
) -> None:
    for row in questions:
        if row.gold_doc_ids:
            pages = facts(" ".join(documents[id] for id in row.gold_doc_ids))
            assert facts(row.output) <= pages, f"{row.id}: {facts(row.output) - pages} is not in the page"
            assert row.output != UNANSWERED


def test_an_answer_needs_all_its_pages(questions: list[Example], documents: dict[str, str]) -> None:
    several = [row for row in questions if len(row.gold_doc_ids) > 1]
    assert several
    for row in several:
        for id in row.gold_doc_ids:
            assert not facts(row.output) <= facts(documents[id]), f"{row.id}: {id} would do alone"


def test_the_guide_describes_every_category_and_every_boundary(documents: dict[str, str]) -> None:
    guide = documents["category-guide"]
    assert {name for name in COUNTS if f"| {name} |" in guide} == set(COUNTS)
    bounds = {frozenset(pair) for pair in re.findall(r"- \*\*(.+?) or (.+?)\*\*", guide)}
    assert {frozenset(pair) for pair in NEIGHBOURS} <= bounds
    assert all(name in COUNTS for pair in bounds for name in pair)


@pytest.mark.parametrize(
    ("slot", "page"),
    [("code", "fault-codes"), ("plan", "plans-and-prices"), ("roast", "deliveries")],
)
def test_what_tickets_name_is_explained(slot: str, page: str, documents: dict[str, str]) -> None:
    assert not [value for value in SLOTS[slot] if value not in documents[page]]


def test_every_model_has_a_weight(documents: dict[str, str]) -> None:
    models = {name for name in SLOTS["machine"] if re.search(r"[A-Z]\w+ \w+", name)}
    assert len(models) == 5
    assert all(re.search(rf"\| {model} \| \d+ kg", documents["moving-a-machine"]) for model in models)


def test_replies_promise_only_windows_that_exist(documents: dict[str, str]) -> None:
    page = documents["engineer-visits"]
    for visit in preference_grammar.TABLES["slots"]["visit"]:
        start, end = re.findall(r"\d+", visit)
        assert f"{start} to {end}" in page, visit


LOOK_ALIKES = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.\w+",
    "a phone number": r"(\+|\b)\d[\d ()/-]{6,}\d\b",
    "a web address": r"https?://|www\.",
    "a person": r"\b(Mr|Mrs|Ms|Dr|Sir|Madam)\b\.? ?[A-Z]?",
    "a bank account": r"\b[A-Z]{2}\d{2}[ \dA-Z]{10,}",
}


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_no_file_holds_what_looks_like_personal_data(kind: str) -> None:
    pattern = re.compile(LOOK_ALIKES[kind])
    for path in sorted(FOLDER.rglob("*.*")):
        found = pattern.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found and found.group()!r} looks like {kind}"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("an e-mail address", "write to ann@example.org"),
        ("a phone number", "call 020 7946 0018"),
        ("a phone number", "call +44 20 79460018"),
        ("a web address", "see www.example.org"),
        ("a person", "ask Mrs Miller"),
        ("a bank account", "to GB29 NWBK 6016 1331"),
    ],
)
def test_the_look_alikes_are_seen(kind: str, text: str) -> None:
    assert re.search(LOOK_ALIKES[kind], text)
