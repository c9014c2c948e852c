"""A model that leans towards one label is set level only where validation rows say that it helps."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.folder import Engagement
from harness.models.calibrating import FEWEST, choose
from tests.harness.test_running import quality, run


def leaning_rows(count: int, *, bias: float) -> tuple[list[list[float]], list[int]]:
    """Scores that know the label but for a bias towards label 0."""
    dice = random.Random(1)
    targets = [dice.randrange(3) for _ in range(count)]
    scores = [
        [
            dice.gauss(0, 0.3) + (1.0 if label == target else 0.0) + (bias if label == 0 else 0.0)
            for label in range(3)
        ]
        for target in targets
    ]
    return scores, targets


def test_a_leaning_is_taken_off_where_it_hides_what_the_model_knows() -> None:
    scores, targets = leaning_rows(90, bias=4.0)
    found = choose(scores, targets)
    assert found.told.startswith("mean over inputs taken off: accuracy on validation 0.")
    right = sum(found.best(row) == target for row, target in zip(scores, targets, strict=True))
    assert right > 80
    assert sum(max(range(3), key=row.__getitem__) == t for row, t in zip(scores, targets, strict=True)) < 45


def test_level_scores_stay_as_they_are() -> None:
    scores, targets = leaning_rows(90, bias=0.0)
    assert choose(scores, [max(range(3), key=row.__getitem__) for row in scores]).leaning == [0.0] * 3
    assert len(targets) == 90


def test_few_rows_change_nothing_and_say_so() -> None:
    scores, targets = leaning_rows(FEWEST - 1, bias=4.0)
    found = choose(scores, targets)
    assert found.leaning == [0.0] * 3
    assert found.told == f"none: fewer than {FEWEST} validation rows"
    assert choose([], []).leaning == []


@given(
    st.lists(
        st.tuples(st.lists(st.floats(-9, 0), min_size=2, max_size=2), st.integers(0, 1)), min_size=FEWEST
    )
)
def test_it_never_does_worse_on_the_rows_it_is_settled_on(rows: list[tuple[list[float], int]]) -> None:
    scores, targets = [row for row, _ in rows], [target for _, target in rows]
    found = choose(scores, targets)
    right = sum(found.best(row) == target for row, target in zip(scores, targets, strict=True))
    assert right >= sum((row[1] > row[0]) == target for row, target in zip(scores, targets, strict=True))


@pytest.mark.parametrize("arm", ["zero_shot", "few_shot"])
def test_an_arm_says_what_it_chose(arm: str, triage: Engagement, tiny_model: Path) -> None:
    assert "calibration" in quality(run(triage, arm, tiny_model)).choices
