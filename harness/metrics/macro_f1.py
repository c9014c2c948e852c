"""Unweighted mean of the F1 of each label: rare labels count as much as frequent ones.

Labels that occur neither among targets nor among outputs have no F1 and do not count. An answer that is no
label, or was cut, misses its target and is nobody's false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._kind import Basis, Metric, Pooled


def pool(basis: Basis) -> Pooled | None:
    """Hits of each label, then outputs and targets of each label together."""
    import numpy as np

    place = {label: number for number, label in enumerate(basis.labels)}
    width = len(place)

    def counts(outputs: Sequence[str | None], examples: Sequence[Example]) -> Any:
        table = np.zeros((len(outputs), 2 * width))
        for row, output, example in zip(table, outputs, examples, strict=True):
            for label in (output, example.output):
                if label in place:
                    row[width + place[label]] += 1
            if output == example.output and output in place:
                row[place[output]] += 1
        return table

    def value(sums: Any) -> Any:
        hits, both = sums[..., :width], sums[..., width:]
        f1 = np.divide(2 * hits, both, out=np.zeros_like(both), where=both > 0)
        return f1.sum(axis=-1) / np.maximum((both > 0).sum(axis=-1), 1)

    return Pooled(counts, value) if place else None


METRIC = Metric(name="macro_f1", title="macro-F1", tasks=("classification",), pool=pool)
