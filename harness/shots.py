"""Worked examples for a prompt: drawn once for all items, or the nearest rows of each."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from advisor.engagement.records.examples import Example

LONGEST_WORDS = 60
"""Worked examples are of at most so many words where there is a choice: every request carries them."""
Shots = Callable[[Example], list[Example]]
"""An item to its worked examples, the one that matters most last."""


def none(item: Example) -> list[Example]:
    """No examples."""
    return []


def same(rows: Sequence[Example]) -> Shots:
    """The same examples for every item."""
    return lambda item: list(rows)


def covering(train: Sequence[Example], *, seed: str) -> list[Example]:
    """One example of every label in random order, of moderate length where there is one."""
    generator = random.Random(f"few_shot/{seed}")
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in _moderate(train):
        by_label[example.output].append(example)
    for example in train:
        if example.output not in by_label:
            by_label[example.output] = [example]
    chosen = [generator.choice(by_label[label]) for label in sorted(by_label)]
    generator.shuffle(chosen)
    return chosen


def drawn(train: Sequence[Example], count: int, *, seed: str) -> list[Example]:
    """So many rows at random, of moderate length where there is a choice."""
    rows = _moderate(train) or list(train)
    return random.Random(f"few_shot/{seed}").sample(rows, min(count, len(rows)))


def _moderate(train: Sequence[Example]) -> list[Example]:
    return [example for example in train if len(example.input_text().split()) <= LONGEST_WORDS]


class Nearest:
    """Training rows by the cosine of their TF-IDF vectors to an item's."""

    def __init__(self, train: Sequence[Example]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._rows = list(train)
        self._maker = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
        try:
            self._vectors = self._maker.fit_transform([row.input_text() for row in self._rows])
        except ValueError:  # scikit-learn raises where there is no word
            self._vectors = None
        self._known: dict[str, list[Example]] = {}

    def shots(self, count: int) -> Shots:
        """So many nearest rows, the nearest last; never the item itself."""
        return lambda item: self._best(item)[:count][::-1]

    def _best(self, item: Example, most: int = 32) -> list[Example]:
        import numpy as np

        if item.id not in self._known:
            if self._vectors is None:
                order = list(range(min(most + 1, len(self._rows))))
            else:
                likeness = (self._vectors @ self._maker.transform([item.input_text()]).T).toarray()[:, 0]
                order = np.argsort(-likeness, kind="stable")[: most + 1].tolist()
            found = [self._rows[number] for number in order if self._rows[number].id != item.id]
            self._known[item.id] = found[:most]
        return self._known[item.id]
