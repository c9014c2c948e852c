"""Prior, evidence and posterior of what fine-tuning adds, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from advisor.advice.uplift import FEWEST, WIDE, Belief, pair_table, posterior, prior, updated
from advisor.engagement.records.comparison import Difference


def gain(value: float | None, low: float | None, high: float | None) -> Difference:
    """LoRA less few-shot on 400 items."""
    return Difference(
        metric="accuracy",
        a="few_shot",
        b="lora",
        value=value,
        low=low,
        high=high,
        p=None,
        p_adjusted=None,
        n=400,
        discordant=None,
        fixed=None,
        broken=None,
        method="",
        minimum_detectable=None,
        word="better",
    )


def test_equal_precisions_meet_in_the_middle() -> None:
    after = posterior(Belief(0.0, 0.1), Belief(0.2, 0.1))
    assert after.mean == pytest.approx(0.1)
    assert after.deviation == pytest.approx(0.1 / math.sqrt(2))


def test_four_times_the_precision_weighs_four_times_as_much() -> None:
    assert posterior(Belief(0.0, 0.2), Belief(0.5, 0.1)).mean == pytest.approx(0.4)


def test_five_pairs_are_a_prior_and_fewer_a_wide_default_said_aloud() -> None:
    belief, pairs, said = prior("classification", 1000)
    gains = [0.37, 0.05, 0.0, 0.0, 0.069, 0.96, 0.52]
    assert pairs == 7 >= FEWEST
    assert belief.mean == pytest.approx(sum(gains) / 7)
    assert "all volumes count" in said
    belief, pairs, said = prior("translation", 1000)
    assert (tuple(belief), pairs) == (WIDE, 0)
    assert "wide default" in said


def test_every_pair_has_a_source_and_scores_that_are_shares() -> None:
    for pair in pair_table().pairs:
        assert pair.address and pair.title and pair.checked
        assert 0 <= pair.prompted <= 1 and 0 <= pair.tuned <= 1


def test_prior_evidence_and_posterior_are_told_with_interval_and_n() -> None:
    before, evidence, after = updated("translation", 800, gain(0.1, 0.05, 0.15), runs=["lora-1"])
    assert (before.value, before.n) == (0.0, 0)
    assert (evidence.low, evidence.high) == pytest.approx((0.05, 0.15))
    assert before.value < (after.value or 0) < 0.1
    assert (after.high or 0) - (after.low or 0) < 0.1
    assert after.runs == ["lora-1"]


def test_a_difference_without_an_interval_updates_nothing() -> None:
    assert updated("translation", 800, gain(0.1, None, None), runs=[]) == []
