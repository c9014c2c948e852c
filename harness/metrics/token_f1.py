"""Overlap of words: F1 over the bag of words, as in SQuAD, but articles count."""

from collections import Counter

from harness.metrics._kind import Metric
from harness.metrics._targets import best
from harness.metrics._text import words


def token_f1(output: str, target: str) -> float:
    """0.0 to 1.0; two texts without words agree."""
    given, wanted = Counter(words(output)), Counter(words(target))
    if not given or not wanted:
        return float(given == wanted)
    common = sum((given & wanted).values())
    return 2 * common / (given.total() + wanted.total())


METRIC = Metric(
    name="token_f1",
    title="token F1",
    tasks=("generation",),
    score=best(token_f1),
)
