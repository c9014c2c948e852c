"""TF-IDF with logistic regression: no language model, often hard to beat where there are labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.arms._kind import Answer, Arm, Prepared, Work, chunks

STRENGTHS = (1.0, 3.0, 10.0, 30.0)
BATCH = 32
# Single letters and marks count too: an input of punctuation alone must not leave the vocabulary empty.
WORDS = r"(?u)\w+|[^\w\s]"


def prepare(work: Work) -> Prepared:
    """Fit one model per regularisation strength, keep the best on validation (ties: the stronger penalty)."""
    if len({example.output for example in work.data.train}) == 1:
        return _constant(work)
    best, chosen = _choose(work)

    def answer(batch: Sequence[Example]) -> list[Answer]:
        return [Answer(str(label)) for label in best.predict(_texts(batch))]

    return Prepared(chunks(work.items, BATCH), answer, {"C": chosen})


def _choose(work: Work) -> tuple[Any, str]:
    train, validation = work.data.train, work.data.validation
    if not validation:
        return _fit(train, 1.0, work.seed), "1, for want of validation rows"
    targets = [example.output for example in validation]
    fitted = [(strength, _fit(train, strength, work.seed)) for strength in STRENGTHS]
    scored = [(float(model.score(_texts(validation), targets)), strength) for strength, model in fitted]
    score, strength = max(scored, key=lambda entry: (entry[0], -entry[1]))
    listed = ", ".join(f"{each:g}" for each in STRENGTHS)
    told = f"{strength:g} of {listed}: accuracy {score:.3f} on validation (n={len(validation)})"
    return dict(fitted)[strength], told


def _constant(work: Work) -> Prepared:
    only = work.data.train[0].output
    return Prepared(
        chunks(work.items, BATCH),
        lambda batch: [Answer(only) for _ in batch],
        {"model": f"always `{only}`, the only label of the training rows"},
    )


def _fit(train: Sequence[Example], strength: float, seed: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORDS)
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
