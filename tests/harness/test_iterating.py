"""A comparison that says something new is an iteration, with its change against the last one."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import msgspec
import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.iterations import iterations
from advisor.engagement.records.iterations import Iterated
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate
from harness.comparing import compare
from harness.intake.checking import check_files
from harness.intake.freezing import freeze
from harness.iterating import iterate, unpaired
from harness.judging import judge
from harness.running import arm_data
from harness.statistics.intervals import proportion
from tests.harness.conftest import tickets, write_rows
from tests.harness.test_comparing import PLAN, pretend

TODAY = dt.date(2026, 11, 24)
RUNS = {"floor": 0.3, "classical": 0.5, "zero_shot": 0.4, "few_shot": 0.6}


def made(engagement: Engagement, plan: Plan = PLAN, **right: float) -> Iterated | None:
    """Pretend that every arm ran, compare and keep it."""
    data = arm_data(engagement, plan)
    shares = RUNS | right
    folders = [pretend(engagement, plan, data, arm, right=shares[arm]) for arm in plan.arms]
    comparison = compare(engagement, plan, data, folders, provenance={}, hourly_usd=None)
    verdict = judge(comparison, None)
    return iterate(engagement, plan, data, comparison, verdict, today=TODAY)


def test_the_first_has_no_change_and_the_same_again_is_none(triage: Engagement) -> None:
    first = made(triage)
    assert first is not None
    assert (first.differs, first.change, first.incomparable) == ([], None, "")
    assert first.leading == "few_shot"
    assert made(triage) is None
    assert iterations(triage) == [first]


def test_the_same_items_are_pairs_and_the_plan_s_change_is_named(triage: Engagement) -> None:
    made(triage)
    plan = msgspec.structs.replace(PLAN, instruction="Name the one queue.")
    second = made(triage, plan, classical=0.9)
    assert second is not None and second.change is not None
    assert second.leading == "classical"
    n = len(arm_data(triage, PLAN).test)
    assert (second.change.paired, second.change.n, second.change.n_before) == (True, n, n)
    before, now = (next(a for a in line.arms if a.name == line.leading) for line in iterations(triage))
    assert before.score.value is not None and now.score.value is not None
    assert second.change.value == pytest.approx(now.score.value - before.score.value)
    assert "McNemar" in second.change.method


def test_other_rows_are_two_samples_and_are_named(triage: Engagement, tmp_path: Path) -> None:
    made(triage)
    freeze(triage, check_files(write_rows(tmp_path / "more.jsonl", tickets(200, seed=7))))
    second = made(triage, few_shot=0.8)
    assert second is not None and second.change is not None
    assert not second.change.paired
    assert second.change.n == second.n_test > second.change.n_before
    assert second.differs[0].startswith(f"Training rows: {second.n_train}, before ")
    assert second.differs[1].startswith(f"Held-out items: {second.n_test} others, before ")


def test_answers_that_are_gone_leave_two_samples(triage: Engagement) -> None:
    first = made(triage)
    assert first is not None
    for arm in first.arms:
        for name in arm.runs:
            triage.run(name).result_path.unlink()
    second = made(triage, msgspec.structs.replace(PLAN, arms=["floor", "zero_shot"]))
    assert second is not None and second.change is not None
    assert not second.change.paired


def test_another_metric_is_not_held_against_the_last(triage: Engagement) -> None:
    made(triage)
    second = made(triage, msgspec.structs.replace(PLAN, metric="macro_f1"))
    assert second is not None
    assert second.change is None
    assert "accuracy" in second.incomparable and "macro_f1" in second.incomparable


def test_arms_that_came_and_went_are_named(triage: Engagement) -> None:
    made(triage, msgspec.structs.replace(PLAN, arms=["floor", "zero_shot"]))
    second = made(triage, msgspec.structs.replace(PLAN, arms=["floor", "few_shot"]))
    assert second is not None
    assert [one.partition(":")[0] for one in second.differs] == ["New", "No longer run"]


def test_intervals_of_two_samples_hold_the_true_difference_often_enough() -> None:
    """1,000 pairs of samples of 80 and 120 with 70 and 80 right of 100; 95 % is promised."""
    draw, hits = random.Random(0), 0
    for _ in range(1000):
        before = proportion([float(draw.random() < 0.7) for _ in range(80)])
        now = proportion([float(draw.random() < 0.8) for _ in range(120)])
        found = unpaired(before, now, margin=0.02)
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.1 <= found.high
    assert 930 <= hits <= 980


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        ((0.5, 0.45, 0.55), (0.7, 0.65, 0.75), "better"),
        ((0.7, 0.65, 0.75), (0.5, 0.45, 0.55), "worse"),
        ((0.5, 0.49, 0.51), (0.5, 0.49, 0.51), "not worse"),
        ((0.5, 0.4, 0.6), (0.55, 0.45, 0.65), "not shown to differ"),
        ((0.5, None, None), (0.7, 0.6, 0.8), "not ranked"),
        ((None, None, None), (0.7, 0.6, 0.8), "not ranked"),
    ],
)
def test_words_follow_the_interval(
    before: tuple[float | None, ...], now: tuple[float | None, ...], word: str
) -> None:
    one, other = (Estimate(value=v, low=low, high=high, n=100) for v, low, high in (before, now))
    assert unpaired(one, other, margin=0.02).word == word
