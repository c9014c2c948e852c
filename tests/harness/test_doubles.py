"""Repeats, near-copies and contradictions are told with their rows; scripts without spaces included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor.engagement.records.examples import Example, Task
from harness.intake.audits.doubles import look
from harness.intake.corpus import Corpus, Seen
from harness.intake.near_copies import clusters, keys
from harness.intake.signatures import near, slip, words
from harness.intake.store import Rows


def seen(*pairs: tuple[str, str], task: Task = "generation", rejected: tuple[str, ...] = ()) -> Seen:
    rows = Rows()
    rows.begin(Path("rows.jsonl"))
    for number, (given, wanted) in enumerate(pairs):
        meta = {"rejected": rejected[number]} if rejected else {}
        rows.add(Example(id=str(number), input=given, output=wanted, meta=meta), line=number + 1)
    rows.seal()
    inputs, outputs, _ = keys(rows)
    count = len(pairs)
    none = np.full(count, -1, dtype=np.int32)
    split = np.zeros(count, dtype=np.uint8)
    return look(Corpus(rows, task, split, inputs, outputs, clusters(rows, inputs), (), none, False))


def told(found: Seen) -> dict[str, list[int]]:
    return {one.finding.code: list(one.numbers) for one in found.found}


def test_a_repeated_row_is_told_by_the_later_one() -> None:
    found = seen(("where is my parcel", "a"), ("how do I pay", "b"), ("Where  is my parcel", "a"))
    assert told(found) == {"duplicate": [2]}
    assert found.facts == {"duplicates": 1, "near_duplicates": 0}


def test_near_copies_are_told_with_all_of_their_rows() -> None:
    found = seen(
        ("where is my parcel", "a"), ("how do I pay the bill", "b"), ("please where is my parcel", "a")
    )
    assert told(found) == {"near_duplicate": [0, 2]}
    assert found.facts == {"duplicates": 0, "near_duplicates": 2}


def test_one_input_with_two_outputs_is_a_conflict_and_bounds_what_is_possible() -> None:
    found = seen(("where is it", "a"), ("where is it", "b"), ("how do I pay", "c"), ("who are you", "d"))
    assert told(found) == {"conflict": [0, 1]}
    assert "at most 75.0 % of all rows" in found.found[0].finding.message


def test_rows_without_doubles_are_left_alone() -> None:
    assert told(seen(("where is it", "a"), ("how do I pay", "b"))) == {}


def test_pairs_the_other_way_round_contradict_and_equal_ones_repeat() -> None:
    turned = seen(
        ("name a fruit", "pear"),
        ("name a fruit", "plum"),
        ("name a tool", "saw"),
        task="preference",
        rejected=("plum", "pear", "axe"),
    )
    assert told(turned) == {"conflict": [0, 1]}
    equal = seen(("name a fruit", "pear"), ("name a fruit", "pear"), task="preference", rejected=("a", "a"))
    assert told(equal) == {"duplicate": [1]}
    other = seen(("name a fruit", "pear"), ("name a fruit", "pear"), task="preference", rejected=("a", "b"))
    assert told(other) == {}


def test_prompts_have_no_conflicts() -> None:
    assert told(seen(("where is it", "a"), ("where is it", "b"), task="prompts")) == {}


ALIKE = [
    ("请帮我取消明天的订单", "帮我取消明天的订单吗"),
    ("您好 我想查询账户余额。", "我想查询账户余额"),
    ("明日の予約を取り消してください", "明日の予約を取り消して"),
    ("荷物はどこですか", "荷物どこですか"),
    ("ยกเลิกคำสั่งซื้อของฉันครับ", "ยกเลิกคำสั่งซื้อของฉัน"),
    ("i dont recognise this payment", "I don't recognise this payment"),
    ("do you like cats or dogs", "do you like dogs or cats please"),
    ("please show me the acount balance of march", "please show me the account balance of march"),
]
ALIKE += [
    ("good morning, where is my new card", "where is my new card"),
    ("where is my new card, thank you very much", "could you please tell me where is my new card"),
]
DIFFERENT = [
    ("帮我订一张明天去北京的机票", "帮我订一张明天去南京的机票"),
    ("我要取消明天的订单", "我不要取消明天的订单"),
    ("从北京到上海的火车几点开", "从上海到北京的火车几点开"),
    ("三月三日のホテルを予約して", "三月五日のホテルを予約して"),
    ("予約を取り消したい", "予約を取り消したくない"),
    ("ยกเลิกคำสั่งซื้อของฉัน", "ไม่ยกเลิกคำสั่งซื้อของฉัน"),
    ("can i use baking powder instead of baking soda", "can i use baking soda instead of baking powder"),
    ("transfer ten euros from savings to checking", "transfer ten euros from checking to savings"),
    ("how many dollars are in a euro", "how many euros are in a dollar"),
    ("why is my account locked", "why is my account blocked"),
    ("look for a flight to chicago", "book for a flight to chicago"),
    ("I cant transfer money into my account", "I want to transfer money into my account"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_means_the_same_with_a_small_change_is_a_near_copy(one: str, other: str) -> None:
    assert near(words(one), words(other)) and near(words(other), words(one))
    assert told(seen((one, "a"), ("another text about something else", "b"), (other, "a"))) == {
        "near_duplicate": [0, 2]
    }


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_means_something_else_is_no_near_copy(one: str, other: str) -> None:
    assert not near(words(one), words(other)) and not near(words(other), words(one))
    assert told(seen((one, "a"), (other, "b"))) == {}


def test_characters_are_the_unit_of_scripts_without_spaces() -> None:
    assert words("订单 A12 在哪里") == ["订", "单", "a12", "在", "哪", "里"]
    assert words("天天 天") == ["天", "天", "天"]


def test_vowel_signs_stay_with_their_letters() -> None:
    assert words("पानी और चाय") == ["पानी", "और", "चाय"]


def test_a_slip_keeps_the_first_letter_and_never_touches_numbers() -> None:
    assert slip("account", "acount") and slip("transfer", "tranfser")
    assert not slip("look", "book") and not slip("where", "here") and not slip("flat12", "flat13")
