"""Intervals for one arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from advisor.engagement.records.runs import Estimate

NOTHING = Estimate(value=None, low=None, high=None, n=0)


def proportion(hits: Sequence[float]) -> Estimate:
    """Mean of 0/1 scores with the Wilson interval; no items, no number.

    Scores averaged over seeds lie between 0 and 1: their variance is below a coin's, so the interval is wide.
    """
    if not hits:
        return NOTHING
    low, high = proportion_confint(sum(hits), len(hits), method="wilson")
    return Estimate(value=sum(hits) / len(hits), low=float(low), high=float(high), n=len(hits))


def mean(scores: Sequence[float]) -> Estimate:
    """Mean of graded scores with Student's t interval, cut at 0 and 1."""
    if len(scores) < 2:
        return Estimate(value=scores[0], low=None, high=None, n=1) if scores else NOTHING
    centre, error = float(np.mean(scores)), float(stats.sem(scores))
    reach = float(stats.t.ppf(0.975, len(scores) - 1)) * error
    return Estimate(value=centre, low=max(0.0, centre - reach), high=min(1.0, centre + reach), n=len(scores))
