"""Counts of runs of letters and words, by sacrebleu, for the metrics that pool them over all items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._targets import targets
from harness.metrics._text import read


def counts_by(metric: Any, outputs: Sequence[str | None], examples: Sequence[Example]) -> Any:
    """Items x counts of one of sacrebleu's metrics; a cut answer is an empty one, which matches nothing.

    Its own paired tests resample these counts; a test holds their sums to its public scores.
    """
    import numpy as np

    if not outputs:
        width = len(metric._extract_corpus_statistics([""], [[""]])[0])
        return np.zeros((0, width))
    counts = []
    for output, example in zip(outputs, examples, strict=True):
        wanted = [[read(target)] for target in targets(example)]
        counts += metric._extract_corpus_statistics([read(output or "")], wanted)
    return np.asarray(counts, dtype=np.float64)
