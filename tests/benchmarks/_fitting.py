"""Maximum likelihood for the weights of the approaches, pulled toward the published ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator

from advisor.advice.weighing import LAPSE
from advisor.engagement.records.advice import APPROACHES
from tests.benchmarks import _cases
from tests.benchmarks._cases import Floats, Table


def probabilities(table: Table, factors: Floats, priors: Floats) -> Floats:
    """Cases x approaches, as `weighing.probabilities` computes them before its share of doubt."""
    logits = priors + table.known @ (table.weights * factors[table.question][:, None] + table.gates)
    logits -= table.shares @ _average(table, factors)[0]
    sure: Floats = softmax(table.flat[:, None] * logits, axis=1)
    return sure


def doubtful(sure: Floats) -> Floats:
    """With the share of doubt that `weighing` spreads over all approaches."""
    return (1 - LAPSE) * sure + LAPSE / len(APPROACHES)


def _average(table: Table, factors: Floats) -> tuple[Floats, Floats]:
    """What a question adds on average, questions x approaches, and its slope in the factor."""
    weights = table.weights * factors[table.question][:, None] + table.gates
    shares = np.log(table.usual)[:, None] + weights
    added, slope = np.zeros((len(table.names), 5)), np.zeros((len(table.names), 5))
    for index in range(len(table.names)):
        own = table.question == index
        added[index] = logsumexp(shares[own], axis=0)
        slope[index] = np.sum(softmax(shares[own], axis=0) * table.weights[own], axis=0)
    return added, slope


def accepted() -> Floats:
    """Cases x approaches: 1 where the source's choice, or one it does not call wrong."""
    labels = _cases.expected().values()
    return np.array([[float(label.accepts(name)) for name in APPROACHES] for label in labels])


class Weights(BaseEstimator):  # type: ignore[misc]
    """One factor per question and five priors; rows are case numbers, the interface is scikit-learn's."""

    def __init__(self, pull: float = 1.0, sharpness: float = 1.0) -> None:
        self.pull, self.sharpness = pull, sharpness

    def fit(self, rows: Any, _kinds: Any = None) -> Weights:
        """Likelihood of naming an accepted approach; factors are pulled toward 1 on a log scale.

        A pull makes advice too timid; `sharpness` multiplies factors and priors afterwards.
        """
        picked = np.asarray(rows)[:, 0]
        table, right = _cases.rows(picked), accepted()[picked]
        # what each question's known answers add at factor 1: questions x cases x approaches
        known = np.stack(
            [
                table.known[:, table.question == index] @ table.weights[table.question == index]
                for index in range(len(table.names))
            ]
        )

        def loss(x: Floats) -> tuple[float, Floats]:
            factors, priors = np.exp(x[:-5]), x[-5:]
            odds = probabilities(table, factors, priors)
            sure = np.sum(odds * right, axis=1, keepdims=True)
            hit = np.sum(doubtful(odds) * right, axis=1, keepdims=True)
            slope = table.flat[:, None] * (1 - LAPSE) * (odds * sure - odds * right) / hit
            by_factor = np.einsum("ca,qca->q", slope, known)
            by_factor -= np.einsum("ca,cq,qa->q", slope, table.shares, _average(table, factors)[1])
            away = np.concatenate([x[:-5], priors - table.priors])
            gradient = np.concatenate([factors * by_factor, slope.sum(axis=0)]) + 2 * self.pull * away
            return float(-np.sum(np.log(hit)) + self.pull * np.sum(away**2)), gradient

        start = np.concatenate([np.zeros(len(table.names)), table.priors])
        found = minimize(loss, start, jac=True, method="L-BFGS-B").x
        self.factors_, self.priors_ = self.sharpness * np.exp(found[:-5]), self.sharpness * found[-5:]
        return self

    def predict_proba(self, rows: Any) -> Floats:
        """Cases x approaches."""
        return doubtful(probabilities(_cases.rows(np.asarray(rows)[:, 0]), self.factors_, self.priors_))

    def score(self, rows: Any, _kinds: Any = None) -> float:
        """Mean log-likelihood of an accepted approach; higher is better."""
        right = accepted()[np.asarray(rows)[:, 0]]
        return float(np.mean(np.log(np.sum(self.predict_proba(rows) * right, axis=1))))
