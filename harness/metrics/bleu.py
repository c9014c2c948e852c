"""Shared runs of one to four words, pooled over all items, 0 to 1: BLEU of sacrebleu, divided by 100.

sacrebleu's signature: case:mixed, eff:no, tok:13a, smooth:exp; tok:char where the outputs' script puts no
blanks between words. Rows may name further targets in `meta.references`: figures from several targets are
higher, and not to be set beside those from one.
"""

from __future__ import annotations

from typing import Any

from harness.metrics._forms import is_prose
from harness.metrics._kind import Basis, Metric, Pooled
from harness.metrics._ngrams import counts_by
from harness.metrics._text import sample, without_blanks

ORDERS = 4


def pool(basis: Basis) -> Pooled | None:
    """Words given and wanted, then shared and given runs of each length."""
    if not is_prose(basis):
        return None
    from sacrebleu.metrics.bleu import BLEU

    scorer = BLEU(tokenize="char" if without_blanks(sample(basis)) else "13a", force=True)
    return Pooled(lambda outputs, examples: counts_by(scorer, outputs, examples), value)


def value(sums: Any) -> Any:
    """Geometric mean of the four precisions times the brevity penalty.

    A length without a match counts as half a match, the next such length as a quarter; without any match, or
    without any run of four words, it is 0.
    """
    import numpy as np

    words, wanted = sums[..., 0], sums[..., 1]
    shared, given = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    missed = np.cumsum(shared == 0, axis=-1)
    known = np.maximum(given, 1)
    precision = np.where(shared > 0, shared / known, 1 / (2.0**missed * known))
    brevity = np.exp(np.minimum(0.0, 1 - wanted / np.maximum(words, 1)))
    found = brevity * np.exp(np.log(precision).mean(axis=-1))
    return np.where((shared > 0).any(axis=-1) & (given > 0).all(axis=-1), found, 0.0)


METRIC = Metric(
    name="bleu",
    title="BLEU",
    tasks=("generation",),
    pool=pool,
    needs="outputs in running text of four words or more",
)
