"""How far an answer reads like the wanted outputs rather than like the inputs: a classifier's probability.

The classifier is logistic regression on runs of two to four letters (TF-IDF). It learns to tell the wanted
outputs of training rows from the inputs of the same rows, which are about the same things, so that what is
left to tell them by is mostly how they are written. It is checked on validation rows and used only where it
tells 9 of 10 pairs there (AUC). It knows the house style only by contrast with the inputs, and sees no facts:
an answer to another question in the right tone scores high. Read it beside a measure of content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._forms import is_prose
from harness.metrics._kind import Basis, ItemScore, Metric

FEWEST, FEWEST_CHECKED = 30, 10
"""Training and validation rows without which nothing is learnt."""
MOST = 400
"""Training rows learnt from, evenly spaced."""
LONGEST = 600
"""Characters of a text that are looked at."""
TELLING = 0.9
"""Area under the curve on validation rows from which the classifier is used."""


def fit(basis: Basis) -> ItemScore | None:
    """Learn on training rows; None where there are too few, or where validation rows cannot be told."""
    train, held_out = _rows(basis.train), _rows(basis.validation)
    if len(train) < FEWEST or len(held_out) < FEWEST_CHECKED or not is_prose(basis):
        return None
    model = _learnt(train)
    from sklearn.metrics import roc_auc_score

    texts, kinds = _pairs(held_out)
    if roc_auc_score(kinds, model.predict_proba(texts)[:, 1]) < TELLING:
        return None

    def score(output: str, example: Example) -> float:
        if not output.strip():
            return 0.0
        return float(model.predict_proba([output[:LONGEST]])[0, 1])

    return score


def _rows(rows: Sequence[Example]) -> list[Example]:
    return [row for row in rows[:: max(1, len(rows) // MOST)] if row.output.strip() and _asked(row).strip()]


def _asked(row: Example) -> str:
    """The input, of a conversation its last turn."""
    return row.input if isinstance(row.input, str) else row.input[-1].content if row.input else ""


def _pairs(rows: Sequence[Example]) -> tuple[list[str], list[int]]:
    """Outputs, then inputs, with 1 and 0."""
    texts = [row.output[:LONGEST] for row in rows] + [_asked(row)[:LONGEST] for row in rows]
    return texts, [1] * len(rows) + [0] * len(rows)


def _learnt(rows: Sequence[Example]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, max_features=50_000)
    texts, kinds = _pairs(rows)
    return make_pipeline(vectors, LogisticRegression(C=10, max_iter=1000)).fit(texts, kinds)


METRIC = Metric(
    name="style",
    title="wanted style",
    tasks=("generation",),
    fit=fit,
    needs="30 training and 10 validation rows in running text whose outputs can be told from their inputs",
)
