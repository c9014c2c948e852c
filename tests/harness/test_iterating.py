"""Iterations of the data: kept once each, paired only on the same test rows, never with old rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from advisor.engagement import afterwards
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.iterations import Iteration, IterationArm
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.settings import Settings
from harness.comparing import compare
from harness.intake.checking import check_files
from harness.intake.freezing import freeze
from harness.iterating import keep_iteration, unpaired
from harness.judging import judge
from harness.marking import basis_of, markers
from harness.running import arm_data
from harness.statistics.intervals import proportion
from tests.harness.answered import answered
from tests.harness.conftest import tickets, write_rows

PLAN = Plan(arms=["zero_shot", "classical"], instruction="Name the queue.")
DAY = dt.date(2026, 11, 25)


def with_rows(root: Path, train: int, *, test_from: int, count: int = 40) -> Engagement:
    """So many tickets to learn from, and test tickets from this number on."""
    rows = tickets(test_from + count)
    engagement = Engagement(root / "client")
    if not engagement.settings_path.exists():
        Engagement.create(engagement.root, Settings(title="A client"))
    test = write_rows(root / "test.jsonl", rows[test_from:])
    freeze(engagement, check_files(write_rows(root / "rows.jsonl", rows[:train]), test=test))
    return engagement


def compared(engagement: Engagement, *, wrong: int, plan: Plan = PLAN, day: dt.date = DAY) -> Iteration:
    """A comparison in which the classical arm gets the first so many test rows wrong."""
    data = arm_data(engagement, plan)
    bad = {row.id for row in data.test[:wrong]}

    def answer(row: Example) -> str:
        return "no label" if row.id in bad else row.output

    folders = [
        answered(engagement, plan, data, "zero_shot", lambda row: "card"),
        answered(engagement, plan, data, "classical", answer),
    ]
    comparison = compare(engagement, plan, data, folders, provenance={"data": data.digest})
    ready = markers(basis_of(data, plan, engagement))
    return keep_iteration(engagement, plan, data, comparison, judge(comparison, None), ready=ready, today=day)


def test_the_same_rows_are_one_iteration_and_new_training_rows_are_paired(tmp_path: Path) -> None:
    made = with_rows(tmp_path, 80, test_from=200)
    first = compared(made, wrong=12)
    assert (first.number, first.said, first.changes, first.leading_change) == (1, "", [], None)
    assert first.rows["test"] == 40
    assert compared(made, wrong=12, day=dt.date(2026, 11, 26)).number == 1
    (kept,) = afterwards.iterations(made)
    assert kept.date == "2026-11-26"

    second = compared(with_rows(tmp_path, 160, test_from=200), wrong=4)
    assert [one.number for one in afterwards.iterations(made)] == [1, 2]
    assert second.splits != first.splits and second.test == first.test
    change = {one.after: one for one in second.changes}["classical"]
    assert change.paired and change.value == pytest.approx(8 / 40)
    assert change.low is not None and change.high is not None and change.low < 0.2 < change.high
    assert change == second.leading_change
    same = {one.after: one for one in second.changes}["zero_shot"]
    assert same.value == 0.0
    assert "on the same 40 test rows" in second.said
    assert "+20.0 points" in second.said


def test_other_test_rows_are_set_side_by_side_from_what_was_kept_alone(tmp_path: Path) -> None:
    made = with_rows(tmp_path, 80, test_from=200)
    first = compared(made, wrong=10)
    for path in made.root.glob("runs/*/predictions.jsonl"):
        path.unlink()
    second = compared(with_rows(tmp_path, 80, test_from=240), wrong=2)
    change = second.leading_change
    assert change is not None and not change.paired
    assert change.value == pytest.approx(8 / 40)
    assert (change.n_before, change.n_after) == (40, 40)
    assert change == unpaired(first.arms[1], second.arms[1], comparable=True)
    assert "other test rows (40 then, 40 now)" in second.said


def test_another_metric_on_other_rows_is_no_change(tmp_path: Path) -> None:
    made = with_rows(tmp_path, 80, test_from=200)
    compared(made, wrong=10)
    other = msgspec.structs.replace(PLAN, metric="macro_f1")
    second = compared(with_rows(tmp_path, 80, test_from=240), wrong=2, plan=other)
    assert second.leading_change is not None and second.leading_change.value is None
    assert "metric accuracy to macro_f1" in second.said and "cannot be said" in second.said
    third = compared(with_rows(tmp_path, 120, test_from=240), wrong=2)
    assert third.leading_change is not None
    assert third.leading_change.paired and third.leading_change.value == 0.0


def test_two_samples_give_newcombe_s_interval() -> None:
    """Newcombe 1998, Stat. Med. 17, 873, table II: 56/70 against 48/80 gives 0.0524 to 0.3339."""
    then = IterationArm(name="a", score=proportion(48 * [1.0] + 32 * [0.0]), runs=[])
    now = IterationArm(name="a", score=proportion(56 * [1.0] + 14 * [0.0]), runs=[])
    found = unpaired(then, now, comparable=True)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)
