"""Equal and nearly equal inputs are found in any order, and none stays on both sides of a split."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.records.examples import Example
from harness.intake import store
from harness.intake.corpus import TEST, TRAIN, UNUSED
from harness.intake.near_copies import clusters, keys, leaking
from harness.intake.store import Rows

WORD = st.sampled_from(["the", "my", "card", "cards", "balance", "transfer", "not", "12", "13"])
TEXTS = st.lists(st.lists(WORD, max_size=7).map(" ".join), min_size=1, max_size=15)


def rows_of(texts: list[str]) -> Rows:
    rows = Rows()
    rows.begin(Path("rows.jsonl"))
    for number, text in enumerate(texts):
        rows.add(Example(id=str(number), input=text, output="x"), line=number + 1)
    rows.seal()
    return rows


def clustered(texts: list[str]) -> list[int]:
    rows = rows_of(texts)
    return [int(number) for number in clusters(rows, keys(rows)[0])]


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_cluster(texts: list[str], draw) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(texts)))
    draw.shuffle(order)
    straight, mixed = clustered(texts), clustered([texts[n] for n in order])
    for a in range(len(texts)):
        for b in range(len(texts)):
            assert (mixed[a] == mixed[b]) == (straight[order[a]] == straight[order[b]])


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_equal_inputs_share_a_cluster_named_by_its_lowest_row(texts: list[str]) -> None:
    found = clustered(texts + texts)
    assert found[: len(texts)] == found[len(texts) :]
    assert all(found.index(number) == number for number in found)


def test_numbers_and_negation_make_a_different_text() -> None:
    assert clustered(
        ["close my account 12 now", "close my account 13 now", "do not close my account 12 now"]
    ) == [
        0,
        1,
        2,
    ]


def test_other_processes_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"where is parcel {n % 40} of my order" for n in range(60)] + [
        "Where is the parcel 3 of my order?"
    ]
    here = clustered(texts)
    monkeypatch.setattr(store, "PARALLEL_FROM", 1)
    assert clustered(texts) == here
    assert here[-1] == 3


def test_a_near_copy_of_a_test_row_leaves_training() -> None:
    rows = rows_of(["Where is my parcel today?", "I want money back now", "please, where is my parcel today"])
    inputs = keys(rows)[0]
    split, found = leaking(
        rows, np.array([TRAIN, TRAIN, TEST], dtype=np.uint8), inputs, clusters(rows, inputs)
    )
    assert split.tolist() == [UNUSED, TRAIN, TEST]
    assert [(one.finding.code, one.finding.lines) for one in found] == [("near_leak", [1])]


def test_long_near_copies_are_found_and_long_texts_that_share_letters_only_are_not() -> None:
    draw = random.Random(0)
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    known = ["".join(draw.choices(syllables, k=draw.choice((1, 2, 3)))) for _ in range(3_000)]
    texts = [draw.choices(known, k=200) for _ in range(60)]
    copies = []
    for text in texts[:20]:
        copy = list(text)
        copy[draw.randrange(200)] = "otherwise"
        copy.insert(draw.randrange(200), "indeed")
        copies.append(copy)
    found = clustered([" ".join(text) for text in (*texts, *copies)])
    assert found[60:] == found[:20] == list(range(20))
    assert len(set(found)) == 60
