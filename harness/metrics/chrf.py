"""Overlap of runs of letters and of word pairs, which forgives endings: chrF++ for each item, 0 to 1.

As sacrebleu has it with word order 2, beta 2. The number of an arm is the mean over items, so that single
items can be shown and tested; `corpus_chrf` pools the counts of all items, as publications do.
"""

from functools import cache
from typing import Any

from harness.metrics._kind import Metric
from harness.metrics._targets import best
from harness.metrics._text import read


def chrf(output: str, target: str) -> float:
    """0.0 to 1.0; case counts, blanks do not; two empty texts agree."""
    if not output.strip() or not target.strip():
        return float(output.strip() == target.strip())
    return float(_scorer().sentence_score(read(output), [read(target)]).score) / 100


@cache
def _scorer() -> Any:
    # imported here: the other metrics need no package for text metrics
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(word_order=2)


METRIC = Metric(
    name="chrf",
    title="chrF++",
    tasks=("generation",),
    score=best(chrf),
)
