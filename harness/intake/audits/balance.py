"""Classes that make a comparison empty, impossible or unfair; answers that are always the same."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from harness.intake.corpus import TEST, TRAIN, Corpus, Found, Seen, found

from ._kind import Audit

MOST_DISTINCT = 0.8
"""Classes per row above which the column is hardly a class."""
UNEVEN = 10
ENOUGH_TO_JUDGE = 50
"""Rows of the largest class from which its size says something about the others."""
FEW = 20
LEAST_SAME = 10
"""Rows from which equal answers say something."""
_DECIMAL = re.compile(r"[-+]?\d+[.,]\d+")


def look(corpus: Corpus) -> Seen:
    """Classes where there are some, otherwise equal answers."""
    if corpus.task == "classification":
        return Seen(_classes(corpus))
    return Seen(_same(corpus))


def _classes(corpus: Corpus) -> list[Found]:
    trained, judged = _sizes(corpus, TRAIN), _sizes(corpus, TEST)
    used = corpus.numbers()
    found_here = [*_unseen(corpus, trained, judged), *_variants(corpus)]
    names = [corpus.labels[code] for code in np.unique(corpus.label[used]).tolist() if code >= 0]
    if len(names) == 1 and len(used) > 1:
        message = f"every row has the label {names[0]!r}, one class only: a constant answer is always right"
        do = "look for the column that tells the cases apart"
        found_here.append(found(corpus.rows, "single_label", message, do=do, count=len(used)))
    if len(names) <= MOST_DISTINCT * len(used):
        return [*found_here, *_imbalance(corpus, trained)]
    decimals = sum(_DECIMAL.fullmatch(name.strip()) is not None for name in names)
    if decimals > MOST_DISTINCT * len(names):
        message = (
            f"{decimals:,} of {len(names):,} labels are decimal numbers: this is regression, not classes"
        )
        do = "cut the numbers into classes, such as low, middle and high, or choose another column"
        return [*found_here, found(corpus.rows, "regression", message, do=do, count=decimals)]
    message = f"{len(names):,} classes for {len(used):,} rows: is this column a class?"
    do = "choose the column of the class with --map, or set --task generation"
    return [*found_here, found(corpus.rows, "label_per_row", message, do=do, count=len(names))]


def _sizes(corpus: Corpus, split: int) -> NDArray[np.int64]:
    codes = corpus.label[corpus.numbers(split)]
    return np.bincount(codes[codes >= 0], minlength=len(corpus.labels))


def _unseen(corpus: Corpus, trained: NDArray[np.int64], judged: NDArray[np.int64]) -> list[Found]:
    unseen = np.flatnonzero((judged > 0) & (trained == 0))
    if not len(unseen):
        return []
    names = ", ".join(corpus.labels[code] for code in unseen[:5].tolist())
    held_out = corpus.numbers(TEST)
    message = f"{len(unseen):,} labels of the test split have no training row: {names}"
    return [
        found(
            corpus.rows,
            "unseen_label",
            message,
            numbers=held_out[np.isin(corpus.label[held_out], unseen)],
            do="add training rows of these classes, or mend their spelling",
        )
    ]


def _imbalance(corpus: Corpus, trained: NDArray[np.int64]) -> list[Found]:
    there = np.flatnonzero(trained)
    if len(there) < 2:
        return []
    least, most = there[trained[there].argmin()], there[trained[there].argmax()]
    small, large = int(trained[least]), int(trained[most])
    if small >= FEW or large < ENOUGH_TO_JUDGE or large <= UNEVEN * small:
        return []
    message = (
        f"the class {corpus.labels[most]!r} has {large:,} training rows and {corpus.labels[least]!r} "
        f"has {small:,}: {large / small:.0f} to 1"
    )
    do = f"add rows of the small classes, {FEW} at least, and judge by macro F1"
    return [found(corpus.rows, "imbalance", message, do=do, count=small)]


def _variants(corpus: Corpus) -> list[Found]:
    """Spellings that differ by case, spaces, hyphens and underscores only; every row but the usual one's."""
    alike: dict[str, list[int]] = defaultdict(list)
    for code, name in enumerate(corpus.labels):
        alike[re.sub(r"[\s_-]+", " ", name).strip().casefold()].append(code)
    groups = [codes for codes in alike.values() if len(codes) > 1]
    if not groups:
        return []
    used = corpus.numbers()
    sizes = np.bincount(np.maximum(corpus.label[used], 0), minlength=len(corpus.labels))
    rare = [code for codes in groups for code in sorted(codes, key=lambda code: -sizes[code])[1:]]
    shown = " and ".join(repr(corpus.labels[code]) for code in groups[0])
    numbers = used[np.isin(corpus.label[used], rare)]
    message = f"{len(numbers):,} rows have a label that is spelt in another way elsewhere: {shown}"
    do = "give each class one spelling; a model is marked wrong for the other one"
    return [found(corpus.rows, "label_variants", message, numbers=numbers, do=do)]


def _same(corpus: Corpus) -> list[Found]:
    """One answer in over half of the rows."""
    used = corpus.numbers()
    if corpus.task != "generation" or len(used) < LEAST_SAME:
        return []
    keys, counts = np.unique(corpus.outputs[used], return_counts=True)
    most = int(counts.max())
    if 2 * most <= len(used):
        return []
    numbers = used[corpus.outputs[used] == keys[counts.argmax()]]
    message = f"{most:,} of {len(used):,} rows have the same output: a constant answer is right as often"
    do = "see whether it is a placeholder; if it is right, judge the other rows by themselves"
    return [found(corpus.rows, "same_output", message, numbers=numbers, do=do)]


AUDIT = Audit("balance", look)
