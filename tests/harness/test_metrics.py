"""What a metric counts as right."""

from __future__ import annotations

import click
import pytest

from advisor.cli.main import group
from advisor.engagement.catalogue import items, stems
from harness import metrics, wording
from harness.metrics._kind import Metric
from harness.metrics.chrf import chrf
from harness.metrics.exact_match import exact_match
from harness.metrics.token_f1 import token_f1
from reports import titles


def test_every_metric_says_which_tasks_it_suits() -> None:
    found = items(metrics, Metric)
    assert {name for name, metric in found.items() if "classification" in metric.tasks} == {
        *("accuracy", "macro_f1", "mcc")
    }
    assert all(sum(map(bool, (one.score, one.fit, one.pool))) == 1 for one in found.values())
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


def test_chrf_forgives_an_ending_and_counts_a_wrong_word() -> None:
    wanted = "die Dichtung des Ventils"
    assert chrf(wanted, wanted) == pytest.approx(1)
    ending, word = chrf("die Dichtung der Ventile", wanted), chrf("die Dichtung des Hahns", wanted)
    assert 0 < word < ending < 1
    assert chrf("", wanted) == chrf(wanted, "") == 0
    assert chrf(" ", "") == 1


@pytest.mark.parametrize("name", stems(metrics))
def test_every_metric_has_words_for_verdict_report_and_help(name: str) -> None:
    assert name in wording.LEVELS
    assert titles.METRICS[name] == items(metrics, Metric)[name].title
    compare = group.get_command(click.Context(group), "compare")
    assert compare is not None
    assert any(name in str(option.help) for option in compare.params if isinstance(option, click.Option))
