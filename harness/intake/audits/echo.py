"""Inputs that carry their own answer: scores are perfect, and worthless."""

from __future__ import annotations

import re

import numpy as np

from harness.intake.corpus import Corpus, Seen, found

from ._kind import Audit

MOST_READ = 20_000
OWN = 0.9
"""Share of the inputs that hold their own label from which it was put there."""
OTHERS = 0.2
"""Share that holds another row's label up to which holding the own one says something."""

_WORDS = re.compile(r"[^\W_]+")


def look(corpus: Corpus) -> Seen:
    """Fires only where nearly every input holds its label: "set a timer" with the label `timer` is honest."""
    if corpus.task != "classification" or len(corpus.labels) < 2:
        return Seen()
    numbers = corpus.sample(MOST_READ)
    names = [_plain(label) for label in corpus.labels]
    classes = corpus.label[numbers]
    shuffled = np.random.default_rng(0).permutation(classes)
    written = [_marked(label) for label in corpus.labels]
    own: list[int] = []
    marked = 0
    compared = by_chance = 0
    for row, number, label, other in zip(corpus.rows.take(numbers), numbers, classes, shuffled, strict=True):
        text = _plain(row.input_text())
        if label >= 0 and _holds(text, names[label]):
            own.append(int(number))
            marked += written[label].search(row.input_text()) is not None
        if other >= 0 and other != label:
            compared += 1
            by_chance += _holds(text, names[other])
    if not compared or len(own) < OWN * len(numbers) or by_chance >= OTHERS * compared:
        return Seen()
    if marked < OWN * len(own):
        return Seen()
    message = (
        f"the input contains its own label in {len(own):,} of {len(numbers):,} rows read, another's label "
        f"in {by_chance:,} of {compared:,}: the answer stands in the question"
    )
    do = "take the label out of the inputs and check again; otherwise every score is worthless"
    return Seen([found(corpus.rows, "label_in_input", message, numbers=own, do=do, severity="serious")])


def _plain(text: str) -> str:
    """Words in lower case with one space around each, so that `lost_card` is found as "lost card"."""
    return f" {' '.join(_WORDS.findall(text.lower()))} "


def _marked(label: str) -> re.Pattern[str]:
    """The label behind a colon, a bracket or the like, as exports write it; not as a word of a sentence."""
    words = r"[\W_]+".join(map(re.escape, _WORDS.findall(label)))
    return re.compile(rf"[:=\[(<>\"'|#]\s*{words}(?![^\W_])" if words else r"(?!)", re.IGNORECASE)


def _holds(text: str, label: str) -> bool:
    return bool(label.strip()) and label in text


AUDIT = Audit("echo", look)
