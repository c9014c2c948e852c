"""Labels that the other rows contradict with confidence: the first place to look when accuracy stalls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.intake.corpus import Corpus, Seen, found
from harness.intake.vectors import vectors

from ._kind import Audit

MOST_READ = 20_000
FEWEST_ROWS = 100
FEWEST_PER_CLASS = 5
MOST_CLASSES = 500
DIMENSIONS = 300
"""Directions kept of the TF-IDF space."""
RIDGE = 0.3
"""Penalty on the squared weights, on rows of about unit length; 0.3, 1 and 3 did about equally well."""
MARGIN = 0.25
"""How much more a row must belong to another class than to its own: high precision before high recall."""

NEARNESS = 0.6
"""Part of a class's usual score that a row needs to be called its member."""
ALIEN, ALIEN_OF_SHARE = 0.05, 0.5
"""Left-out score of the own class up to which a label is called contradicted: 0.05 and half of the class's
share of the rows, because scores of all classes add up to about 1 and a large class scores more by chance."""


class Suspicion(NamedTuple):
    """One entry per row that was read."""

    suspicious: NDArray[np.bool_]
    """Whether the label is contradicted."""
    better: NDArray[np.int64]
    """The class that fits best."""
    margin: NDArray[np.float64]
    """Score of the best class less that of the own one; both are near 0 to 1."""


def look(corpus: Corpus) -> Seen:
    """Classes of under five rows are not judged; neither is a file of under 100 rows."""
    if corpus.task != "classification" or not 2 <= len(corpus.labels) <= MOST_CLASSES:
        return Seen()
    used = corpus.numbers()
    numbers = corpus.sample(MOST_READ)
    codes = corpus.label[numbers]
    sizes = np.bincount(codes[codes >= 0], minlength=len(corpus.labels))
    numbers = numbers[(codes >= 0) & (sizes[codes] >= FEWEST_PER_CLASS)]
    codes = corpus.label[numbers]
    if len(numbers) < FEWEST_ROWS or len(np.unique(codes)) < 2:
        return Seen()
    doubted = suspicion([row.input_text() for row in corpus.rows.take(numbers.tolist())], codes)
    if doubted is None:
        return Seen()
    share = float(doubted.suspicious.mean())
    if not doubted.suspicious.any():
        return Seen(facts={"label_noise": share})
    worst = int(np.argmax(np.where(doubted.suspicious, doubted.margin, -np.inf)))
    sampled = f"a sample of {len(numbers):,} of " if len(numbers) < len(used) else ""
    message = (
        f"{int(doubted.suspicious.sum()):,} of {sampled}{len(used):,} rows have a label that the other rows "
        f"contradict: line {corpus.rows.line(int(numbers[worst]))} says "
        f"{corpus.labels[codes[worst]]!r} and reads like {corpus.labels[doubted.better[worst]]!r}"
    )
    do = "look at these first: some labels are wrong, some classes overlap; never delete test rows unseen"
    suspects = numbers[doubted.suspicious]
    return Seen([found(corpus.rows, "label_noise", message, numbers=suspects, do=do)], {"label_noise": share})


def suspicion(texts: Sequence[str], codes: NDArray[np.int32]) -> Suspicion | None:
    """The rule of confident learning on left-out scores; None where texts have nothing in common.

    A row is off the diagonal if another class scores at least what that class's own rows score on average
    (Northcutt, Jiang and Chuang 2021, JAIR 70, section 3). Here `NEARNESS` asks for a part of that, and
    `MARGIN` and `ALIEN` for more; they were chosen on flips of clinc150, banking77 and hwu64, and
    `ALIEN_OF_SHARE` on flips of four generated classes.
    """
    known, classes = np.unique(codes, return_inverse=True)
    scores = left_out_scores(texts, classes)
    if scores is None:
        return None
    rows = np.arange(len(classes))
    own = scores[rows, classes]
    sizes = np.bincount(classes)
    usual = np.bincount(classes, weights=own) / sizes
    rivals = scores.copy()
    rivals[rows, classes] = -np.inf
    best = rivals.argmax(axis=1)
    margin = rivals[rows, best] - own
    alien = ALIEN + ALIEN_OF_SHARE * sizes[classes] / len(classes)
    suspicious = (rivals[rows, best] >= NEARNESS * usual[best]) & (margin >= MARGIN) & (own <= alien)
    return Suspicion(suspicious, known[best].astype(np.int64), margin)


def left_out_scores(texts: Sequence[str], classes: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Scores (rows, classes) of ridge regression on class indicators, each row left out of its own fit.

    The left-out fit is exact: (fitted - h y) / (1 - h), with h the row's leverage
    (Hastie, Tibshirani and Friedman, Elements of Statistical Learning, equation 7.64).
    """
    from sklearn.utils.extmath import randomized_svd

    made = vectors(texts)
    if made is None:
        return None
    size = min(DIMENSIONS, min(made.shape) - 1)
    if size < 2:
        return None
    left, values, _ = randomized_svd(made, size, n_iter=2, random_state=0)
    spread = np.asarray(left * values, dtype=np.float64)
    spread /= np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1e-12)
    points = np.hstack([spread, np.ones((len(texts), 1))])
    wanted = np.eye(int(classes.max()) + 1)[classes]
    inner = np.linalg.inv(points.T @ points + RIDGE * np.eye(points.shape[1]))
    fitted = points @ (inner @ (points.T @ wanted))
    leverage = np.einsum("ij,ij->i", points @ inner, points)[:, None]
    return np.asarray((fitted - leverage * wanted) / np.maximum(1 - leverage, 1e-6), dtype=np.float64)


AUDIT = Audit("label_noise", look)
