"""Whether the test rows are like the training rows: a classifier tries to tell, classes are counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.examples import Example
from advisor.engagement.records.intake import Drift
from harness.intake.corpus import TEST, TRAIN, Corpus, Found, Seen, found
from harness.intake.splitting import joined, key
from harness.intake.vectors import word_vectors

from ._kind import Audit

MOST_READ = 3_000
FEWEST = 50
SHIFT, SURELY = 0.05, 0.001
FOLDS = 5
WORDS_SHOWN, FEWEST_WITH_WORD = 5, 5


def look(corpus: Corpus) -> Seen:
    """Only where the client named the test rows: a split drawn by chance has no drift to find."""
    if not corpus.given_test:
        return Seen()
    told = list(_priors(corpus))
    train, test = corpus.sample(MOST_READ, TRAIN), corpus.sample(MOST_READ, TEST)
    if min(len(train), len(test)) < FEWEST:
        return Seen(told)
    measured = _measured(corpus, np.concatenate([train, test]), np.repeat([0, 1], [len(train), len(test)]))
    if measured is None:
        return Seen(told)
    drift, words = measured
    if drift.matters:
        message = (
            f"a classifier tells test rows from training rows with AUC {drift.auc:.2f} "
            f"({drift.low:.2f}-{drift.high:.2f}), chance is 0.5, on {drift.rows:,} rows"
            + (f"; words that differ most: {', '.join(words)}" if words else "")
        )
        do = "see which topics, times or customers only one side has; say which side is like production"
        told.append(found(corpus.rows, "drift", message, do=do, count=len(test)))
    return Seen(told, {"drift": drift})


def _measured(
    corpus: Corpus, numbers: NDArray[np.int64], side: NDArray[np.int64]
) -> tuple[Drift, list[str]] | None:
    """Out of fold, what belongs together in one fold; and the words that tell the sides apart."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    rows = list(corpus.rows.take(numbers.tolist()))
    made, words = word_vectors([row.input_text() for row in rows])
    groups = _groups(rows, corpus.cluster[numbers])
    if corpus.task == "generation":
        # one output for several inputs is one origin: ViGGO has three wordings of each meaning
        groups = joined(groups, corpus.outputs[numbers])
    if made is None or min(len(np.unique(groups[side == one])) for one in (0, 1)) < FOLDS:
        return None
    scores = np.zeros(len(side))
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for learn, judge in parts.split(made, side, groups):
        model = LogisticRegression(class_weight="balanced", max_iter=200).fit(made[learn], side[learn])
        scores[judge] = model.decision_function(made[judge])
    auc, error = auc_with_error(scores[side == 1], scores[side == 0])
    low, high = max(0.0, auc - 1.96 * error), min(1.0, auc + 1.96 * error)
    return Drift(auc=auc, low=low, high=high, rows=len(side)), _telling(made, words, side)


def _groups(rows: Sequence[Example], cluster: NDArray[np.int64]) -> NDArray[np.int64]:
    """Near-copies, rows of one group and rows about one passage: in two folds they would betray the side."""
    named = [row.meta.get("group") or row.context for row in rows]
    group = np.array([key(str(one)) or 1 if one else 0 for one in named], dtype=np.uint64)
    _, first, place = np.unique(cluster, return_index=True, return_inverse=True)
    return joined(first[place].astype(np.int64), group)


def _telling(made: Any, words: list[str], side: NDArray[np.int64]) -> list[str]:
    """Words whose share of rows differs most between the sides, in five rows or more."""
    there = made > 0
    test, train = (np.asarray(there[side == one].mean(axis=0)).ravel() for one in (1, 0))
    rows = np.asarray(there.sum(axis=0)).ravel()
    order = np.argsort(-np.abs(test - train), kind="stable").tolist()
    fit = (place for place in order if words[place].isalpha() and rows[place] >= FEWEST_WITH_WORD)
    return [words[place] for place in islice(fit, WORDS_SHOWN)]


def auc_with_error(ones: NDArray[np.float64], zeros: NDArray[np.float64]) -> tuple[float, float]:
    """AUC and its standard error (DeLong 1988, by ranks as in Sun and Xu 2014)."""
    from scipy.stats import rankdata

    together = rankdata(np.concatenate([ones, zeros]))
    over = (together[: len(ones)] - rankdata(ones)) / len(zeros)
    under = 1 - (together[len(ones) :] - rankdata(zeros)) / len(ones)
    variance = over.var(ddof=1) / len(ones) + under.var(ddof=1) / len(zeros)
    return float(over.mean()), float(np.sqrt(variance))


def _priors(corpus: Corpus) -> list[Found]:
    """Classes whose share differs surely, by five points and more, and to twice or half."""
    from scipy.stats import chi2_contingency

    if corpus.task != "classification":
        return []
    size = len(corpus.labels)
    trained, judged = (
        np.bincount(corpus.label[corpus.numbers(one)], minlength=size) for one in (TRAIN, TEST)
    )
    if size < 2 or min(trained.sum(), judged.sum()) < FEWEST:
        return []
    there = trained + judged > 0
    if there.sum() < 2:
        return []
    tested = chi2_contingency(np.stack([trained, judged])[:, there])
    if tested.pvalue > SURELY:
        return []
    effect = math.sqrt(tested.statistic / (trained.sum() + judged.sum()))
    before, after = trained / trained.sum(), judged / judged.sum()
    apart = np.abs(after - before)
    far = (apart >= SHIFT) & (np.maximum(before, after) >= 2 * np.minimum(before, after))
    if not far.any():
        return []
    worst = int(np.where(far, apart, 0).argmax())
    message = (
        f"the class {corpus.labels[worst]!r} is {100 * before[worst]:.1f} % of the training rows and "
        f"{100 * after[worst]:.1f} % of the test rows "
        f"(Cramer's V over all classes {effect:.2f}; 0 is no difference, 1 the largest)"
    )
    do = "ask which share production has, and judge each class by itself"
    return [found(corpus.rows, "prior_shift", message, do=do, count=int(judged[worst]))]


AUDIT = Audit("drift", look)
