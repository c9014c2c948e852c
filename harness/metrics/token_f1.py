"""Overlap of words: F1 over the bag of words, as in SQuAD, but articles count."""

import re
from collections import Counter

from harness.metrics._kind import Metric


def token_f1(output: str, target: str) -> float:
    """0.0 to 1.0; two empty texts agree."""
    given, wanted = _words(output), _words(target)
    if not given or not wanted:
        return float(given == wanted)
    common = sum((given & wanted).values())
    return 2 * common / (given.total() + wanted.total())


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


METRIC = Metric(
    name="token_f1",
    title="token F1",
    tasks=("generation",),
    score=lambda output, example: token_f1(output, example.output),
)
