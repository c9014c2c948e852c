"""Worked examples: drawn, covering every label, or nearest to the item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from harness import choosing
from harness.arms._kind import Work
from harness.arms.few_shot import options
from harness.choosing import FIRST, Option, choose
from harness.prompted import JUDGED, language_of, prepare_with
from harness.running import arm_data
from harness.shots import Nearest, covering, drawn, none, same
from tests.harness.conftest import engagement_with, tickets
from tests.harness.test_running import plan_for


def rows(*pairs: tuple[str, str]) -> list[Example]:
    return [
        Example(id=f"r{n}", input=text, output=label, label=label) for n, (text, label) in enumerate(pairs)
    ]


def test_the_nearest_rows_come_last_and_the_item_is_never_among_them() -> None:
    train = rows(("red apple pie", "a"), ("green apple", "b"), ("fast car", "c"), ("red car", "d"))
    shots = Nearest(train).shots(2)
    asked = Example(id="x", input="a green apple", output="")
    assert [row.output for row in shots(asked)] == ["a", "b"]
    assert all(row.id != "r2" for row in shots(train[2]))


def test_rows_without_words_have_neighbours_too() -> None:
    assert len(Nearest(rows(("!!", "a"), ("??", "b"))).shots(1)(Example(id="x", input="hm", output=""))) == 1


def test_every_label_is_covered_by_a_row_of_moderate_length() -> None:
    train = rows(("long " * 80, "a"), ("short", "a"), ("long " * 80, "b"), ("other", "c"))
    chosen = covering(train, seed="0")
    assert sorted(row.output for row in chosen) == ["a", "b", "c"]
    assert next(row for row in chosen if row.output == "a").input == "short"
    assert covering(train, seed="0") == chosen


def test_rows_at_random_are_the_same_for_the_same_seed() -> None:
    train = rows(*((f"row {n}", "a") for n in range(30)))
    assert drawn(train, 4, seed="0") == drawn(train, 4, seed="0")
    assert drawn(train, 4, seed="0") != drawn(train, 4, seed="1")
    assert len(drawn(train, 99, seed="0")) == 30


def work_for(engagement: Engagement, model: Path) -> Work:
    plan = plan_for(model, "few_shot")
    data = arm_data(engagement, plan)
    return Work(
        data=data, instruction="Name the queue.", seed=0, model=str(model), adapter=None, quantised=False,
        max_new_tokens=8, on_progress=silent, plan=plan, engagement=engagement,
    )  # fmt: skip


def test_each_item_gets_its_own_examples(triage: Engagement, tiny_model: Path) -> None:
    work = work_for(triage, tiny_model)
    language = language_of(work)
    item = work.data.test[0]
    near = Nearest(work.data.train).shots(2)
    fixed = prepare_with(work, language, near(item), [item])
    own = prepare_with(work, language, near, [item])
    first, second = fixed.answer([item])[0], own.answer([item])[0]
    assert first.tokens_in == second.tokens_in
    assert first.logprobs == pytest.approx(second.logprobs, abs=1e-4)


def test_all_ways_are_tried_on_a_few_rows_and_the_best_two_on_more(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_for(engagement_with(tmp_path, tickets(1300)), tiny_model)
    worth = {"w0": 0.1, "w1": 0.9, "w2": 0.9, "w3": 0.2}
    asked: list[tuple[str, int]] = []

    def scored(work: Work, language: Any, option: Option, items: Sequence[Example]) -> float:
        asked.append((option.told, len(items)))
        return worth[option.told] - (0.5 if option.told == "w1" and len(items) > FIRST else 0.0)

    monkeypatch.setattr(choosing, "score", scored)
    listed = [Option(name, "Name the queue.", none, shared=True) for name in worth]
    found = choose(work, None, listed, stage="test")  # type: ignore[arg-type]
    assert [name for name, count in asked if count == FIRST] == list(worth)
    assert [name for name, count in asked if count == JUDGED] == ["w1", "w2"]
    assert found.option.told == "w2"
    assert "w1 0.900" in found.told
    assert "w1 0.400" in found.told


def test_more_labels_than_a_prompt_can_carry_are_not_covered(triage: Engagement, tiny_model: Path) -> None:
    work = work_for(triage, tiny_model)
    told = [one.told for one in options(work, "Name the queue.")]
    assert any(name.startswith("one of each label") for name in told)
    many = [f"label {n}" for n in range(150)]
    data = work.data.__class__(**{**vars(work.data), "labels": many})
    crowded = work.__class__(**{**vars(work), "data": data})
    assert not any(one.told.startswith("one of each label") for one in options(crowded, "x"))


def test_shared_examples_are_the_same_for_every_item() -> None:
    train = rows(("a", "b"))
    assert same(train)(train[0]) == train
