"""What a metric counts as right."""

from __future__ import annotations

import pytest

from advisor.engagement.catalogue import items
from harness import metrics
from harness.metrics._kind import Metric
from harness.metrics.exact_match import exact_match
from harness.metrics.token_f1 import token_f1


def test_every_metric_says_which_tasks_it_suits() -> None:
    found = items(metrics, Metric)
    assert set(found) == {"accuracy", "macro_f1", "exact_match", "token_f1"}
    assert all(set(metric.tasks) <= {"classification", "generation"} for metric in found.values())


@pytest.mark.parametrize(
    ("output", "target", "score"),
    [("Thirty  days", "thirty days", 1), ("30 days", "thirty days", 0), ("12 %", "12", 0)],
)
def test_exact_match_ignores_case_and_blanks_only(output: str, target: str, score: int) -> None:
    assert exact_match(output, target) == score


def test_token_f1_is_the_overlap_of_words() -> None:
    assert token_f1("the notice period is 30 days", "30 days") == pytest.approx(0.5)
    assert token_f1("", "30 days") == 0
    assert token_f1("", "") == 1
    assert token_f1("days days", "days") == pytest.approx(2 / 3)
