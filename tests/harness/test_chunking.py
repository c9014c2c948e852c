"""Documents are cut where a reader would cut them, and nothing of them is lost."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.records.documents import Chunk, Document
from harness.intake.chunking import chunks

SIZES = st.integers(1, 40).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size // 2)))
PIECES = st.sampled_from(
    [
        "word ",
        "End. ",
        "Why? ",
        "\n",
        "\n\n",
        "# Head\n",
        "## Part\n",
        "- item\n",
        "```\n",
        "日本語。",
        "ภาษา",
        "x" * 900,
        " ",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


def document(text: str, title: str = "Handbook") -> Document:
    return Document(id="d", title=title, text=text, source="d.txt")


def sentences(count: int) -> str:
    return " ".join(f"Sentence number {n} has six words." for n in range(count))


def titles(found: list[Chunk]) -> list[str]:
    return [chunk.title for chunk in found]


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, sizes=SIZES)
def test_chunks_cover_every_letter_and_stand_in_the_text(text: str, sizes: tuple[int, int]) -> None:
    found = chunks(document(text), *sizes)
    covered = bytearray(len(text))
    for number, chunk in enumerate(found):
        end = chunk.start + len(chunk.text)
        assert text[chunk.start : end] == chunk.text
        assert (chunk.id, chunk.doc_id) == (f"d#{number}", "d")
        covered[chunk.start : end] = b"\1" * len(chunk.text)
    assert all(letter.isspace() for letter, seen in zip(text, covered, strict=True) if not seen)
    ends = [chunk.start + len(chunk.text) for chunk in found]
    assert ends == sorted(set(ends))


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.text("abcdefgh.", min_size=1, max_size=12), max_size=200), sizes=SIZES)
def test_no_word_is_cut_and_no_chunk_is_larger_than_asked(words: list[str], sizes: tuple[int, int]) -> None:
    found = chunks(document(" ".join(words)), *sizes)
    for before, after in itertools.pairwise(found):
        assert set(before.text.split()) <= set(words) and set(after.text.split()) <= set(words)
        shared = before.start + len(before.text) - after.start
        assert len(before.text[len(before.text) - max(shared, 0) :].split()) <= sizes[1]
    assert all(len(chunk.text.split()) <= sizes[0] for chunk in found)


def test_the_same_document_gives_the_same_chunks() -> None:
    text = "# A\n\n" + sentences(300) + "\n\n## B\n\n" + sentences(50)
    assert chunks(document(text)) == chunks(document(text))


def test_a_short_document_is_one_chunk() -> None:
    assert [(c.text, c.start) for c in chunks(document("Open daily.\n\nClosed on Sunday.\n"))] == [
        ("Open daily.\n\nClosed on Sunday.", 0)
    ]


def test_a_blank_document_has_no_chunks() -> None:
    assert chunks(document(" \n\n ")) == []


def test_headings_cut_first_and_their_path_is_kept() -> None:
    text = "Intro.\n\n# Bikes\nAll of them.\n\n## Cargo\nLarge ones.\n\n# Shop\nOpen daily.\n"
    found = chunks(document(text))
    assert titles(found) == ["Handbook", "Handbook > Bikes", "Handbook > Bikes > Cargo", "Handbook > Shop"]
    assert [chunk.text.split("\n")[0] for chunk in found] == ["Intro.", "# Bikes", "## Cargo", "# Shop"]


def test_a_heading_that_repeats_the_title_is_said_once() -> None:
    assert titles(chunks(document("# Handbook\nText.\n## Part\nMore.\n"))) == ["Handbook", "Handbook > Part"]


def test_a_heading_with_nothing_under_it_stays_with_what_follows() -> None:
    found = chunks(document("# One\n\n## Two\n\nText.\n\n## Three\n"))
    assert [(chunk.title, chunk.text) for chunk in found] == [
        ("Handbook > One > Two", "# One\n\n## Two\n\nText."),
        ("Handbook > One > Three", "## Three"),
    ]


def test_a_comment_in_code_is_no_heading() -> None:
    found = chunks(document("# Setup\n```\n# install\nmake\n```\nDone.\n"))
    assert titles(found) == ["Handbook > Setup"]


def test_closing_marks_of_a_heading_are_not_its_text() -> None:
    assert titles(chunks(document("## Part ##\nText\n## C#\nMore\n"))) == ["Handbook > Part", "Handbook > C#"]


def test_a_paragraph_end_is_preferred_to_a_sentence_end() -> None:
    text = sentences(20) + "\n\n" + sentences(30)
    first, second, *_ = chunks(document(text), 200, 0)
    assert first.text == sentences(20)
    assert second.text.startswith("Sentence number 0")


def test_a_sentence_end_is_preferred_to_a_word() -> None:
    found = chunks(document(sentences(100)), 100, 20)
    assert all(chunk.text.endswith("words.") and chunk.text.startswith("Sentence") for chunk in found)
    assert all(before.start + len(before.text) > after.start for before, after in itertools.pairwise(found))


def test_a_list_is_cut_between_its_items() -> None:
    text = "\n".join(f"- item {n} of the list" for n in range(100))
    assert all(chunk.text.startswith("- item") for chunk in chunks(document(text), 50, 10))


def test_a_script_without_blanks_is_cut_by_letters_and_best_at_its_full_stops() -> None:
    text = "これは日本語の文章です。" * 200
    found = chunks(document(text))
    assert max(len(chunk.text) for chunk in found) <= 500
    assert all(chunk.text.endswith("。") for chunk in found)


def test_a_mark_stays_with_its_letter() -> None:
    text = "\u0e01\u0e34" * 1000
    assert not any(chunk.text.startswith("\u0e34") for chunk in chunks(document(text)))


def test_a_long_string_without_blanks_is_cut_too() -> None:
    found = chunks(document("A picture: " + "QUJD" * 10_000))
    assert max(len(chunk.text) for chunk in found) < 8_000
    assert len(found) > 5


def test_overlap_never_crosses_a_heading() -> None:
    found = chunks(document(sentences(30) + "\n# Next\n" + sentences(30)))
    assert [chunk.text.startswith("# Next") for chunk in found if "Next" in chunk.title] == [True]


@pytest.mark.parametrize(("size", "overlap"), [(0, 1), (10, 6), (10, -1)])
def test_an_overlap_of_more_than_half_is_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="at most half"):
        chunks(document("text"), size, overlap)


def test_a_long_document_takes_time_in_proportion() -> None:
    draw = random.Random(0)
    text = " ".join("".join(draw.choices("abc. ", k=8)) for _ in range(60_000)) + "#" * 50_000 + "\n" * 50_000
    found = chunks(document(text + " " * 100_000 + "x"))
    assert 100 < len(found) < 5_000
