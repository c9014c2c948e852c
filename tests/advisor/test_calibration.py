"""The fit of the weights: sums as in the advice, signs and ratios as published, bars that can be missed."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from advisor.advice.weighing import all_approaches, facts, flattening, probabilities
from advisor.engagement.records.advice import APPROACHES
from tests.benchmarks import _cases, _fitting, _writing, advice_cases

PUBLISHED = _cases.published()


@pytest.mark.parametrize("approach", APPROACHES)
def test_fitted_weights_keep_the_published_signs_and_ratios_within_a_question(approach: str) -> None:
    ours = [(one.question, list(one.answers), one.weight) for one in all_approaches()[approach].criteria]
    theirs = PUBLISHED[approach]["criteria"]
    assert [row[:2] for row in ours] == [tuple(row[:2]) for row in theirs]
    pairs = sorted(zip(ours, theirs, strict=True), key=lambda pair: pair[0][0])
    for _, group in groupby(pairs, key=lambda pair: pair[0][0]):
        rows = [(fitted[2], published[2]) for fitted, published in group]
        assert all(fitted * published > 0 for fitted, published in rows)
        low = max((abs(fitted) - 0.006) / abs(published) for fitted, published in rows)
        high = min((abs(fitted) + 0.006) / abs(published) for fitted, published in rows)
        assert low <= high


def test_one_question_has_one_factor_in_all_approaches() -> None:
    factors: dict[str, list[float]] = {}
    for approach in APPROACHES:
        for one, published in zip(
            all_approaches()[approach].criteria, PUBLISHED[approach]["criteria"], strict=True
        ):
            if abs(published[2]) >= 0.5:
                factors.setdefault(one.question, []).append(one.weight / published[2])
    for question, found in factors.items():
        assert max(found) - min(found) < 0.03, question


def test_the_arrays_add_up_to_what_the_advice_says() -> None:
    table = _cases.table()
    weights = np.zeros_like(table.weights)
    for column, approach in enumerate(APPROACHES):
        for one in all_approaches()[approach].criteria:
            for answer in one.answers:
                weights[_cases.READINGS.index((one.question, answer)), column] += one.weight
    priors = np.array([all_approaches()[name].prior for name in APPROACHES])
    fitted = table._replace(weights=weights)
    odds = _fitting.doubtful(_fitting.probabilities(fitted, np.ones(len(table.names)), priors))
    for row, given in zip(odds, _cases.answers().values(), strict=True):
        said = probabilities(facts(given), flattening(given))
        assert row == pytest.approx([said[name] for name in APPROACHES], abs=1e-9)


def test_the_fit_beats_chance_and_follows_its_pull() -> None:
    rows, kinds = advice_cases.everything()
    loose = _fitting.Weights(pull=1.0).fit(rows, kinds)
    tight = _fitting.Weights(pull=1000.0).fit(rows, kinds)
    assert loose.score(rows) > tight.score(rows) > np.log(1 / 5)
    assert np.allclose(tight.factors_, 1.0, atol=0.05)


def test_the_calibration_error_is_the_gap_between_said_and_seen() -> None:
    tops = np.array([0.9, 0.9, 0.5, 0.5])
    assert advice_cases.calibration_error(tops, np.array([1, 1, 1, 0])) == pytest.approx(0.05)
    assert advice_cases.calibration_error(tops, np.array([0, 0, 1, 0])) == pytest.approx(0.45)


def test_a_bar_can_be_missed() -> None:
    assert advice_cases.within("approach", 0.86) and not advice_cases.within("approach", 0.84)
    assert advice_cases.within("calibration_error", 0.09)
    assert not advice_cases.within("calibration_error", 0.11)


def test_the_fixed_rule_is_worse_than_ours_on_the_same_answers() -> None:
    labels = _cases.expected().values()
    fixed = [
        label.accepts(advice_cases.glossary(given))
        for given, label in zip(_cases.answers().values(), labels, strict=True)
    ]
    assert 0.5 < np.mean(fixed) < 0.8


def test_writing_refuses_when_rules_and_published_weights_differ() -> None:
    text = 'APPROACH = Approach(prior=1.0, criteria=(Criterion("a", ("b",), 0.5, "c", s.D),))\n'
    written = _writing.with_numbers(text, "2.00", ["0.75"], [["a", ["b"], 0.5]])
    assert "prior=2.00" in written and '("b",), 0.75,' in written
    with pytest.raises(SystemExit):
        _writing.with_numbers(text, "2.00", ["0.75"], [["a", ["x"], 0.5]])
