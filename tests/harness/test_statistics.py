"""The numbers agree with libraries, simulation, and the published table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from harness.statistics import clustered, crossed, intervals, paired_binary, power
from harness.statistics.multiplicity import holm


@given(fixed=st.integers(0, 60), broken=st.integers(0, 60), both=st.integers(1, 200))
def test_exact_mcnemar_equals_statsmodels(fixed: int, broken: int, both: int) -> None:
    counts = paired_binary.PairedCounts(fixed, broken, fixed + broken + both)
    expected = mcnemar([[both, broken], [fixed, 0]], exact=True).pvalue
    assert paired_binary.exact_mcnemar(counts) == pytest.approx(min(1.0, expected))


@given(fixed=st.integers(0, 50), broken=st.integers(0, 50), both=st.integers(0, 200))
def test_bonett_price_is_ordered_bounded_and_mirrored(fixed: int, broken: int, both: int) -> None:
    n = fixed + broken + both
    low, high = paired_binary.interval(paired_binary.PairedCounts(fixed, broken, n))
    back = paired_binary.interval(paired_binary.PairedCounts(broken, fixed, n))
    assert -1 <= low <= high <= 1
    assert back == pytest.approx((-high, -low))


def test_bonett_price_covers_where_few_items_differ() -> None:
    draw = np.random.default_rng(1)
    cells = draw.multinomial(100, (0.05, 0.02, 0.93), size=2000)
    spans = [paired_binary.interval(paired_binary.PairedCounts(int(f), int(b), 100)) for f, b, _ in cells]
    covered = sum(low <= 0.03 <= high for low, high in spans) / len(spans)
    assert 0.95 <= covered <= 0.99


def test_minimum_detectable_is_near_the_normal_approximation() -> None:
    for n, approximate in ((200, 0.089), (500, 0.056), (1000, 0.040)):
        found = power.minimum_detectable(n, 0.2)
        assert found is not None
        assert found == pytest.approx(approximate, abs=0.006)


def test_a_difference_beyond_the_discordance_is_not_detectable() -> None:
    assert power.minimum_detectable(10, 0.2) is None
    assert power.minimum_detectable(100, 0.05) is None
    assert power.minimum_detectable(0, 0.2) is None


def test_power_is_that_of_a_simulation() -> None:
    draw = np.random.default_rng(2)
    cells = draw.multinomial(200, (0.15, 0.05, 0.8), size=3000)
    rejected = [
        paired_binary.exact_mcnemar(paired_binary.PairedCounts(int(f), int(b), 200)) < 0.05
        for f, b, _ in cells
    ]
    assert power.mcnemar_power(200, 0.2, 0.1) == pytest.approx(np.mean(rejected), abs=0.03)


def test_the_needed_items_reach_the_power_and_fewer_do_not() -> None:
    needed = power.needed_n(0.2, 0.05)
    assert needed is not None
    assert power.mcnemar_power(needed, 0.2, 0.05) >= 0.8
    assert power.mcnemar_power(int(0.95 * needed), 0.2, 0.05) < 0.8
    assert power.needed_n(0.2, 0.0) is None


def test_holm_multiplies_the_smallest_most_and_keeps_order() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []


def test_no_items_give_no_number() -> None:
    assert intervals.proportion([]).value is None
    assert intervals.mean([]).value is None
    assert intervals.mean([0.5]).low is None


def test_all_right_is_not_certain() -> None:
    found = intervals.proportion([1.0] * 20)
    assert (found.value, found.n) == (1.0, 20)
    assert found.low is not None
    assert 0.8 < found.low < 0.9


def test_the_sign_flip_test_sees_a_shift_and_no_shift() -> None:
    draw = np.random.default_rng(4)
    alone = np.arange(100)
    found = clustered.mean_difference(list(draw.normal(0.1, 0.2, 100)), alone)
    assert 0 < found.low < found.high
    assert found.p < 0.01
    assert clustered.mean_difference([0.1, -0.1] * 20, np.arange(40)).p == 1.0


def test_clustered_intervals_are_those_of_least_squares_with_clusters() -> None:
    import statsmodels.api as sm

    draw = np.random.default_rng(5)
    clusters = clustered.coded([f"passage {number // 4}" for number in range(80)])
    gaps = np.repeat(draw.normal(0.1, 0.3, 20), 4) + draw.normal(0, 0.1, 80)
    fitted = sm.OLS(gaps, np.ones(80)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    error, count = clustered.standard_error(gaps, clusters)
    assert count == 20
    # statsmodels corrects by C / (C - 1) * (n - 1) / (n - 1) for a constant alone
    assert error == pytest.approx(float(fitted.bse[0]), rel=1e-9)
    found = clustered.mean_difference(gaps.tolist(), clusters)
    assert (found.low, found.high) == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-6)
    alone = clustered.mean_difference(gaps.tolist(), np.arange(80))
    assert found.high - found.low > 1.5 * (alone.high - alone.low)
    assert clustered.design_effect(gaps, clusters) > 2
    assert clustered.design_effect(gaps, np.arange(80)) == 1.0


def test_seeds_that_differ_widen_the_interval_and_equal_ones_do_not() -> None:
    draw = np.random.default_rng(6)
    items = draw.normal(0.1, 0.4, 300)
    equal = np.stack([items] * 3)
    alone = clustered.mean_difference(items.tolist(), np.arange(300))
    same = crossed.mean_difference(equal, np.arange(300))
    assert (same.low, same.high) == pytest.approx((alone.low, alone.high))
    apart = crossed.mean_difference(equal + np.array([[-0.1], [0.0], [0.1]]), np.arange(300))
    assert apart.value == pytest.approx(alone.value)
    assert apart.high - apart.low > 2 * (same.high - same.low)
    found = crossed.parts(equal + np.array([[-0.1], [0.0], [0.1]]), np.arange(300))
    assert found.seeds == pytest.approx(0.01 / 3, rel=1e-6)


def test_two_arms_of_one_method_are_seldom_told_apart_though_its_trainings_differ() -> None:
    draw, alone, held, better = np.random.default_rng(9), np.arange(300), 0, 0
    for _ in range(1000):
        # three trainings each, whose true scores lie two points around their method's
        moved = draw.normal(0.0, 0.02 * 2**0.5, size=3)
        up, luck = (0.1 + moved[:, None]) / 2, draw.random((3, 300))
        gaps = np.where(luck < up, 1.0, np.where(luck < 0.1, -1.0, 0.0))
        found = crossed.mean_difference(gaps, alone)
        held += found.low <= 0 <= found.high
        better += found.p < 0.05 and found.low > 0
    assert held >= 920
    assert better <= 50


def test_no_item_that_differs_is_no_proof_of_equality() -> None:
    for found in (
        crossed.mean_difference(np.zeros((3, 40)), np.arange(40)),
        clustered.mean_difference([0.0] * 40, np.arange(40)),
    ):
        low, high = paired_binary.interval(paired_binary.PairedCounts(0, 0, 40))
        # with one item to a cluster, what Bonett and Price say of it, but for Student's quantile
        assert (found.low, found.high) == pytest.approx((low, high), rel=0.06)
        assert (found.value, found.p) == (0.0, 1.0)
    whole = clustered.mean_difference([0.0] * 40, np.repeat(np.arange(10), 4))
    assert whole.high > 2 * found.high


def test_few_differing_clusters_keep_the_true_difference_within_the_interval() -> None:
    draw, held, simple = np.random.default_rng(8), 0, 0
    clusters = np.repeat(np.arange(13), 4)[:50]
    for _ in range(400):
        gaps = np.repeat((draw.random(13) < 0.05).astype(float), 4)[:50]
        low, high = clustered.interval(gaps, clusters)
        held += low <= 0.05 <= high
        error, _ = clustered.standard_error(gaps, clusters)
        simple += abs(gaps.mean() - 0.05) <= 2.18 * error
    assert held >= 0.95 * 400
    assert simple < 0.6 * 400


def test_holm_is_that_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    draw = np.random.default_rng(7)
    for count in (1, 2, 5, 9):
        p_values = [float(p) for p in draw.random(count) ** 3]
        assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))
    assert holm([]) == []
