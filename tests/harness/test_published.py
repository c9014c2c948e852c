"""Paired results that others printed, recomputed from their counts: equal to the printed digits."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics import automation, clustered, intervals, paired_binary
from harness.statistics.multiplicity import benjamini_hochberg, holm

FAGERLAND = "Fagerland, Lydersen, Laake 2017, Statistical Analysis of Contingency Tables, chapter"
MCNEMAR = [
    (2, 9, "0.06543", "R package exact2x2, vignette on the exact McNemar test"),
    (
        6,
        16,
        "0.052479",
        f"Cavo et al. 2012 in {FAGERLAND} 8",
    ),
    (
        12,
        2,
        "0.0129",
        "Armitage and Berry 1994, p. 127, in the manual of StatsDirect",
    ),
    (
        15,
        7,
        "0.1338",
        "Johnson and Johnson 1972, tonsillectomy, as exact2x2 prints it",
    ),
]
"""Items that only one and only the other got right, the printed two-sided exact p, and who prints it."""

BONETT_PRICE = [
    (26, 4, 48, ("0.2548067", "0.6251933"), "Bonett, statpsych, ci.prop.ps(.05, 12, 4, 26, 6)"),
    (6, 16, 161, ("-0.1195", "-0.0032"), f"Cavo et al. 2012 in {FAGERLAND} 8"),
]
PINGOUIN = [0.50, 0.003, 0.32, 0.054, 0.0003]
"""Raw p-values of the examples in the documentation of pingouin.multicomp."""
THROMBOLYSIS = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
    *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000),
]
"""Benjamini and Hochberg 1995, section 3; adjusted in scipy's documentation of false_discovery_control."""
SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)
"""Student 1908: hours of sleep gained by ten patients with each of two drugs (R's data set `sleep`)."""
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
"""Darwin 1876: crossed less self-fertilised height of 15 pairs of plants, in eighths of an inch."""


def printed(value: float, like: str) -> str:
    """The value with as many decimals as the printed one has."""
    return f"{value:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize(("fixed", "broken", "p", "source"), MCNEMAR)
def test_exact_mcnemar_is_the_printed_one(fixed: int, broken: int, p: str, source: str) -> None:
    counts = paired_binary.PairedCounts(fixed, broken, fixed + broken)
    assert printed(paired_binary.exact_mcnemar(counts), p) == p, source


@pytest.mark.parametrize(("fixed", "broken", "n", "ends", "source"), BONETT_PRICE)
def test_the_paired_interval_is_the_printed_one(
    fixed: int, broken: int, n: int, ends: tuple[str, str], source: str
) -> None:
    low, high = paired_binary.interval(paired_binary.PairedCounts(fixed, broken, n))
    assert (printed(low, ends[0]), printed(high, ends[1])) == ends, source


def test_corrections_are_those_in_the_documentation_of_pingouin() -> None:
    assert holm(PINGOUIN) == pytest.approx([0.64, 0.012, 0.64, 0.162, 0.0015], abs=1e-12)
    assert benjamini_hochberg(PINGOUIN) == pytest.approx([0.5, 0.0075, 0.4, 0.09, 0.0015], abs=1e-12)


def test_the_false_discovery_rate_is_that_of_its_first_example() -> None:
    adjusted = benjamini_hochberg(THROMBOLYSIS)
    listed = (
        "0.0015 0.003 0.0095 0.035625 0.0603 0.06385714 0.06385714 0.0645 0.0765 0.486 0.58118182 0.714875"
    )
    assert [printed(one, like) for one, like in zip(adjusted, listed.split(), strict=False)] == listed.split()
    # the paper rejects four hypotheses at 5 %
    assert sum(p <= 0.05 for p in adjusted) == 4


def test_the_paired_t_interval_is_that_of_students_sleep_data() -> None:
    gaps = np.subtract(*SLEEP)
    found = clustered.mean_difference(gaps.tolist(), np.arange(10))
    # R's manual, t.test(extra ~ group, paired = TRUE): 95 percent confidence interval, mean difference
    assert [printed(x, "0.0000000") for x in (found.low, found.high)] == ["-2.4598858", "-0.7001142"]
    assert printed(found.value, "0.00") == "-1.58"


def test_darwins_maize_gives_the_interval_of_r_and_the_arrangements_of_fisher() -> None:
    gaps = np.array(MAIZE) / 8
    found = clustered.mean_difference(gaps.tolist(), np.arange(15))
    # R's data sets HistData and agridat print this for Darwin's pairs
    assert [printed(x, "0.000000000") for x in (found.low, found.high)] == ["0.003899165", "5.229434169"]
    # Fisher 1935, section 21: 863 of the 32,768 arrangements reach the sum of 314 on one side
    assert found.p == 2 * 863 / 2**15


def test_intervals_of_one_share_are_the_printed_ones() -> None:
    # Ligarden 2010 in Fagerland, Lydersen, Laake 2017, chapter 2: Clopper-Pearson of 13 in 16
    assert [printed(x, "0.0000") for x in automation.interval(13, 16)] == ["0.5435", "0.9595"]
    # Newcombe 1998, Stat. Med. 17, 857, table I: Wilson's score interval of 81 in 263
    found = intervals.proportion([1.0] * 81 + [0.0] * 182)
    assert [printed(x or 0, "0.0000") for x in (found.low, found.high)] == ["0.2553", "0.3662"]
