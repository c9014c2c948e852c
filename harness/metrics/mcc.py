"""Matthews correlation of outputs and targets: 0 for a constant answer or chance, however skewed the labels.

From -1, always wrong in a system, to 1. For more than two labels it is Gorodkin's R_K (2004, Comput. Biol.
Chem. 28, 367), as in scikit-learn. Answers that are no label, or were cut, count as one more label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._kind import Basis, Metric, Pooled


def pool(basis: Basis) -> Pooled | None:
    """Items, hits, then targets of each label, then outputs of each label and of none."""
    import numpy as np

    place = {label: number for number, label in enumerate(basis.labels)}
    width = len(place) + 1

    def counts(outputs: Sequence[str | None], examples: Sequence[Example]) -> Any:
        table = np.zeros((len(outputs), 2 + 2 * width))
        for row, output, example in zip(table, outputs, examples, strict=True):
            row[0] = 1
            row[1] = output == example.output
            row[2 + place.get(example.output, width - 1)] = 1
            row[2 + width + (width - 1 if output is None else place.get(output, width - 1))] = 1
        return table

    def value(sums: Any) -> Any:
        items, hits = sums[..., 0], sums[..., 1]
        wanted, given = sums[..., 2 : 2 + width], sums[..., 2 + width :]
        shared = hits * items - (wanted * given).sum(axis=-1)
        spread = (items**2 - (wanted**2).sum(axis=-1)) * (items**2 - (given**2).sum(axis=-1))
        return np.divide(shared, np.sqrt(spread), out=np.zeros_like(shared), where=spread > 0)

    return Pooled(counts, value) if place else None


METRIC = Metric(name="mcc", title="Matthews correlation", tasks=("classification",), pool=pool)
