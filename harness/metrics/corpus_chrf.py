"""chrF++ with the counts of all items pooled, 0 to 1: the figure that publications give, divided by 100.

sacrebleu's signature: case:mixed, eff:yes, nc:6, nw:2, space:no.
"""

from __future__ import annotations

from typing import Any

from harness.metrics._forms import is_prose
from harness.metrics._kind import Basis, Metric, Pooled
from harness.metrics._ngrams import counts_by

BETA_SQUARED = 4.0


def pool(basis: Basis) -> Pooled | None:
    """For each of six lengths of letter runs and two of word runs: given, wanted, shared."""
    if not is_prose(basis):
        return None
    from sacrebleu.metrics.chrf import CHRF

    scorer = CHRF(word_order=2)
    return Pooled(lambda outputs, examples: counts_by(scorer, outputs, examples), value)


def value(sums: Any) -> Any:
    """F2 of precision and recall, each averaged over the lengths that both sides have."""
    import numpy as np

    given, wanted, shared = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    both = (given > 0) & (wanted > 0)
    orders = np.maximum(both.sum(axis=-1), 1)
    precision, recall = (
        np.divide(shared, side, out=np.zeros_like(shared), where=both).sum(axis=-1) / orders
        for side in (given, wanted)
    )
    weighted = BETA_SQUARED * precision + recall
    top = (1 + BETA_SQUARED) * precision * recall
    return np.divide(top, weighted, out=np.zeros_like(top), where=weighted > 0)


METRIC = Metric(
    name="corpus_chrf",
    title="corpus chrF++",
    tasks=("generation",),
    pool=pool,
    needs="outputs in running text of four words or more",
)
