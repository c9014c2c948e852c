"""Texts as sparse TF-IDF rows: words, and runs of letters, which see through endings and typing errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LONGEST = 4_000
"""Characters of a text that are read: the rest of a long document adds time and little else."""
TOGETHER, LEAST = 16_000_000, 200
"""Characters of all texts that letter runs are counted in, and of each at least: 20,000 long texts take 2 GiB
otherwise."""
HASHED = 1 << 21
"""Columns that features are hashed into; of 300,000 features one in fourteen shares its column."""
MOST_FEATURES = 30_000
"""Columns of each kind, the most frequent ones."""


def word_vectors(texts: Sequence[str]) -> tuple[Any, list[str]]:
    """Rows (texts, words) of unit length, and the words; words of one row only are left out."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    maker = TfidfVectorizer(
        min_df=2, sublinear_tf=True, max_features=MOST_FEATURES, token_pattern=r"(?u)\b\w+\b"
    )
    try:
        made = maker.fit_transform([text[:LONGEST] for text in texts])
    except ValueError:  # scikit-learn raises where no word is left
        return None, []
    return made, maker.get_feature_names_out().tolist()


def vectors(texts: Sequence[str]) -> Any:
    """Rows (texts, words and pairs of words and letter runs of 2 to 4); None where nothing repeats.

    Features are hashed and the most frequent columns kept: a dictionary of all pairs of words of 20,000
    long texts takes 2 GiB.
    """
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    longest = min(LONGEST, max(LEAST, TOGETHER // max(1, len(texts))))
    short = [text[:longest] for text in texts]
    asked = {"n_features": HASHED, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **asked)
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), **asked)
    made = [_weighed(_frequent(maker.transform(short))) for maker in (words, letters)]
    made = [one for one in made if one.shape[1]]
    return hstack(made).tocsr() if made else None


def _frequent(counts: Any) -> Any:
    """The columns of two rows or more, the most frequent ones where they are many."""
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    order = np.argsort(-rows, kind="stable")[:MOST_FEATURES]
    return counts[:, np.sort(order[rows[order] >= 2])]


def _weighed(counts: Any) -> Any:
    """TF-IDF with the logarithm of the counts, rows of unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    if not counts.shape[1]:
        return counts
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts)
