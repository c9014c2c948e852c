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
    """Rows (texts, words and pairs of words and letter runs of 2 to 4); None where nothing repeats."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    longest = min(LONGEST, max(LEAST, TOGETHER // max(1, len(texts))))
    short = [text[:longest] for text in texts]
    words = TfidfVectorizer(
        min_df=2,
        sublinear_tf=True,
        ngram_range=(1, 2),
        max_features=MOST_FEATURES,
        token_pattern=r"(?u)\b\w+\b",
        dtype=np.float32,
    )
    letters = TfidfVectorizer(
        analyzer="char_wb",
        min_df=2,
        sublinear_tf=True,
        ngram_range=(2, 4),
        max_features=MOST_FEATURES,
        dtype=np.float32,
    )
    made = []
    for maker in (words, letters):
        try:
            made.append(maker.fit_transform(short))
        except ValueError:  # scikit-learn raises where nothing is left
            continue
    return hstack(made).tocsr() if made else None
