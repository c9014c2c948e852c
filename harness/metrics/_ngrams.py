"""Counts of runs of letters and words, by sacrebleu, for the metrics that pool them over all items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._text import read


def counts_by(metric: Any, outputs: Sequence[str | None], examples: Sequence[Example]) -> Any:
    """Items x counts of one of sacrebleu's metrics; a cut answer is an empty one, which matches nothing.

    Its own paired tests resample these counts; a test holds their sums to its public scores.
    """
    import numpy as np

    if not outputs:
        width = len(metric._extract_corpus_statistics([""], [[""]])[0])
        return np.zeros((0, width))
    given = [read(output or "") for output in outputs]
    wanted = [read(example.output) for example in examples]
    return np.asarray(metric._extract_corpus_statistics(given, [wanted]), dtype=np.float64)
