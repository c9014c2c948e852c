"""TF-IDF with logistic regression: no language model, often hard to beat where there are labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.arms._kind import Answer, Arm, Prepared, Work, chunks

STRENGTHS = (1.0, 3.0, 10.0, 30.0)
BATCH = 32


def prepare(work: Work) -> Prepared:
    """Fit one model per regularisation strength, keep the best on validation (ties: the stronger penalty)."""
    train, validation = work.data.train, work.data.validation
    fitted = [(strength, _fit(train, strength, work.seed)) for strength in STRENGTHS]
    targets = [example.output for example in validation]
    scored = [
        (float(model.score(_texts(validation), targets)), -strength, model) for strength, model in fitted
    ]
    score, strength, best = max(scored, key=lambda entry: entry[:2])

    def answer(batch: Sequence[Example]) -> list[Answer]:
        return [Answer(str(label)) for label in best.predict(_texts(batch))]

    chosen = {"C": f"{-strength:g} of {', '.join(f'{s:g}' for s in STRENGTHS)}: {score:.3f} on validation"}
    return Prepared(chunks(work.items, BATCH), answer, chosen)


def _fit(train: Sequence[Example], strength: float, seed: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    regression = LogisticRegression(C=strength, max_iter=2000, random_state=seed)
    model = make_pipeline(make_union(words, letters), regression)
    return model.fit(_texts(train), [example.output for example in train])


def _texts(examples: Sequence[Example]) -> list[str]:
    return [example.input_text() for example in examples]


ARM = Arm(
    name="classical",
    title="TF-IDF with logistic regression",
    approach="none",
    method=None,
    needs_model=False,
    tasks=("classification",),
    version=1,
    prepare=prepare,
)
