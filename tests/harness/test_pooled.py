"""Metrics over all items at once: against scikit-learn, and under the bootstrap."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, matthews_corrcoef

from advisor.engagement.catalogue import find
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings
from harness import metrics
from harness.marking import Marker, ready
from harness.metrics._kind import Basis, Metric, Pooled
from harness.statistics import clustered, pooled


def pool(name: str, labels: Sequence[str]) -> Pooled:
    marker = ready(
        find(metrics, Metric, name), Basis("classification", labels, [], [], MetricSettings(), None)
    )
    assert isinstance(marker, Marker) and marker.pooled is not None
    return marker.pooled


def examples(targets: Sequence[str]) -> list[Example]:
    return [Example(id=str(place), input="x", output=target) for place, target in enumerate(targets)]


def counted(
    name: str, targets: Sequence[str], runs: Sequence[Sequence[str | None]], labels: Sequence[str]
) -> tuple[clustered.Values, pooled.Formula]:
    found = pool(name, labels)
    rows = examples(targets)
    return np.stack([found.counts(outputs, rows) for outputs in runs]), found.value


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_macro_f1_and_matthews_equal_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    targets, outputs = [p[0] for p in pairs], [p[1] for p in pairs]
    found = pooled.value(*counted("macro_f1", targets, [outputs], "abcde"))
    assert found == pytest.approx(f1_score(targets, outputs, average="macro"))
    found = pooled.value(*counted("mcc", targets, [outputs], "abcde"))
    assert found == pytest.approx(matthews_corrcoef(targets, outputs), abs=1e-12)


def test_a_cut_answer_is_wrong_for_macro_f1_and_matthews() -> None:
    targets = ["a", "a", "b", "b"]
    cut: list[str | None] = ["a", None, "b", "b"]
    assert pooled.value(*counted("macro_f1", targets, [targets], "ab")) == 1
    assert pooled.value(*counted("macro_f1", targets, [cut], "ab")) == pytest.approx((2 / 3 + 1) / 2)
    expected = matthews_corrcoef(targets, ["a", "none", "b", "b"])
    assert pooled.value(*counted("mcc", targets, [cut], "ab")) == pytest.approx(expected)


def noisy(
    seed: int = 3, items: int = 200, labels: str = "012"
) -> tuple[list[str], list[str | None], list[str | None]]:
    draw = np.random.default_rng(seed)
    targets = [str(draw.choice(list(labels))) for _ in range(items)]
    worse = [t if draw.random() < 0.6 else labels[0] for t in targets]
    better = [t if draw.random() < 0.9 else labels[0] for t in targets]
    return targets, list(worse), list(better)


@pytest.mark.parametrize("name", ["macro_f1", "mcc"])
def test_intervals_hold_their_value_and_trainings_average(name: str) -> None:
    targets, worse, better = noisy()
    alone = np.arange(len(targets))
    both, formula = counted(name, targets, [worse, better], "012")
    low, high = pooled.interval(both[:1], formula, alone)
    one, other = (pooled.value(part, formula) for part in (both[:1], both[1:]))
    assert low is not None and high is not None and low < one < high
    found = pooled.difference(both[:1], both[1:], formula, alone)
    assert 0 < found.low < found.value < found.high and found.p < 0.01
    assert found.value == pytest.approx(other - one)
    assert pooled.value(both, formula) == pytest.approx((one + other) / 2)
    assert pooled.difference(both[:1], both[:1], formula, alone) == (0.0, 0.0, 0.0, 1.0)


def test_items_that_come_in_clusters_widen_the_interval() -> None:
    targets, worse, _ = noisy(items=60)
    copies = 5
    counts, formula = counted("macro_f1", targets * copies, [worse * copies], "012")
    clusters = np.tile(np.arange(len(targets)), copies)
    low, high = pooled.interval(counts, formula, clusters)
    once, _ = counted("macro_f1", targets, [worse], "012")
    assert (low, high) == pytest.approx(pooled.interval(once, formula, np.arange(len(targets))))
    assert pooled.interval(counts, formula, np.zeros(len(targets) * copies, dtype=np.int64)) == (None, None)


@pytest.mark.parametrize("name", ["macro_f1", "mcc"])
def test_the_bootstrap_and_the_linear_form_agree_on_the_error(name: str) -> None:
    targets, worse, better = noisy(items=400)
    counts, formula = counted(name, targets, [worse, better], "012")
    linear = pooled.influence(counts, formula)
    assert linear.mean(axis=1) == pytest.approx([pooled.value(one[None], formula) for one in counts])
    low, high = pooled.interval(counts[:1], formula, np.arange(400))
    assert low is not None and high is not None
    error = linear[0].std(ddof=1) / 400**0.5
    assert error == pytest.approx((high - low) / (2 * 1.96), rel=0.1)


def test_the_linear_form_of_a_mean_is_the_scores_themselves() -> None:
    scores = np.random.default_rng(1).random((2, 30, 1))
    counts = np.concatenate([scores, np.ones_like(scores)], axis=2)
    linear = pooled.influence(counts, lambda sums: sums[..., 0] / sums[..., 1])
    assert linear == pytest.approx(scores[..., 0])


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    population, formula = counted("macro_f1", *_population(), "012")
    truth = pooled.value(population, formula)
    draw, hits = np.random.default_rng(8), 0
    for _ in range(60):
        sample = population[:, draw.integers(0, population.shape[1], 120)]
        low, high = pooled.interval(sample, formula, np.arange(120))
        hits += low is not None and high is not None and low <= truth <= high
    assert hits >= 51


def _population() -> tuple[list[str], list[list[str | None]]]:
    targets, worse, _ = noisy(seed=5, items=4000)
    return targets, [worse]


def test_three_thousand_items_of_many_labels_are_resampled_in_about_a_second() -> None:
    labels = [f"label {number}" for number in range(77)]
    draw = np.random.default_rng(2)
    targets = [labels[number] for number in draw.integers(0, 77, 3000)]
    runs = [[t if draw.random() < share else labels[0] for t in targets] for share in (0.7, 0.8)]
    counts, formula = counted("macro_f1", targets, runs, labels)
    started = time.process_time()
    pooled.difference(counts[:1], counts[1:], formula, np.arange(3000))
    assert time.process_time() - started < 4
