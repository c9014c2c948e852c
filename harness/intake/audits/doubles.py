"""Rows that repeat, nearly repeat or contradict each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.intake.corpus import Corpus, Found, Seen, found
from harness.intake.splitting import key

from ._kind import Audit

Keys = NDArray[np.uint64]
ANSWERED = ("classification", "generation")


def look(corpus: Corpus) -> Seen:
    """Repeats and contradictions by keys, near-copies by cluster; pairs of answers by both answers."""
    outputs, rejected = corpus.outputs, np.zeros_like(corpus.outputs)
    if corpus.task == "preference":
        rejected = np.array(
            [key(str(row.meta.get("rejected", "")).strip()) for row in corpus.rows], np.uint64
        )
    repeated = _repeated(corpus.inputs, outputs, rejected)
    near = _near(corpus)
    reports = [*_duplicates(corpus, repeated), *_near_duplicates(corpus, near)]
    if corpus.task == "preference":
        reports += _contradictions(corpus, rejected)
    elif corpus.task in ANSWERED:
        reports += _conflicts(corpus)
    return Seen(reports, {"duplicates": len(repeated), "near_duplicates": len(near)})


def _repeated(*columns: Keys) -> NDArray[np.int64]:
    """Rows that equal an earlier one in all columns."""
    _, first = np.unique(np.column_stack(columns), axis=0, return_index=True)
    later = np.ones(len(columns[0]), dtype=bool)
    later[first] = False
    return np.flatnonzero(later)


def _near(corpus: Corpus) -> NDArray[np.int64]:
    """First rows of each distinct input in clusters that hold several."""
    _, first = np.unique(corpus.inputs, return_index=True)
    _, place, size = np.unique(corpus.cluster[first], return_inverse=True, return_counts=True)
    return np.sort(first[size[place] > 1])


def _duplicates(corpus: Corpus, rows: NDArray[np.int64]) -> list[Found]:
    if not len(rows):
        return []
    message = f"{len(rows):,} duplicate rows repeat an earlier row; a split keeps them together"
    return [found(corpus.rows, "duplicate", message, numbers=rows, do="leave them out unless they are meant")]


def _near_duplicates(corpus: Corpus, rows: NDArray[np.int64]) -> list[Found]:
    if not len(rows):
        return []
    message = f"{len(rows):,} rows are near-duplicates of each other; splits keep them together"
    return [
        found(corpus.rows, "near_duplicate", message, numbers=rows, do="read a few; one of each is enough")
    ]


def _conflicts(corpus: Corpus) -> list[Found]:
    _, place, size = np.unique(corpus.inputs, return_inverse=True, return_counts=True)
    pairs, counts = np.unique(np.column_stack([place, corpus.outputs]), axis=0, return_counts=True)
    inputs = pairs[:, 0].astype(np.int64)
    torn = np.bincount(inputs, minlength=len(size)) > 1
    if not torn.any():
        return []
    numbers = np.flatnonzero(torn[place])
    best = np.zeros(len(size), dtype=np.int64)
    np.maximum.at(best, inputs, counts)
    bound = best.sum() / len(place)
    message = (
        f"{torn.sum():,} inputs carry conflicting outputs ({len(numbers):,} rows), a conflict that no model "
        f"can get all right: at most {np.floor(1000 * bound) / 10:.1f} % of all rows"
    )
    return [found(corpus.rows, "conflict", message, numbers=numbers, do="decide which output is right")]


def _contradictions(corpus: Corpus, rejected: Keys) -> list[Found]:
    """Rows whose pair of answers another row of the same prompt has the other way round."""
    outputs, inputs = corpus.outputs.tolist(), corpus.inputs.tolist()
    pairs = list(zip(inputs, outputs, rejected.tolist(), strict=True))
    known = set(pairs)
    numbers = [n for n, (i, a, b) in enumerate(pairs) if a != b and (i, b, a) in known]
    if not numbers:
        return []
    prompts = len({inputs[number] for number in numbers})
    message = (
        f"{prompts:,} inputs carry pairs that contradict ({len(numbers):,} rows): the answer chosen "
        "in one is rejected in the other, and no model can get all right: at most "
        f"{100 * (1 - _lost(pairs, known) / len(pairs)):.1f} % of all rows"
    )
    return [found(corpus.rows, "conflict", message, numbers=numbers, do="decide which answer is better")]


def _lost(pairs: list[tuple[int, int, int]], known: set[tuple[int, int, int]]) -> int:
    """Rows that any ranking of the two answers must get wrong."""
    from collections import Counter

    count = Counter(pairs)
    return sum(min(count[i, a, b], count[i, b, a]) for i, a, b in known if a < b)


AUDIT = Audit("doubles", look)
