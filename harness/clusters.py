"""What items were drawn with: items of one client or one passage are right or wrong together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from advisor.engagement.records.examples import Example

if TYPE_CHECKING:
    from harness.statistics.clustered import Codes


def cluster_of(example: Example) -> Hashable:
    """What an item was drawn with: the client's group, the passage that it is about, or itself."""
    group = example.meta.get("group")
    if group not in (None, ""):
        return ("group", str(group))
    if example.context:
        return ("context", example.context)
    return ("item", example.id)


def clusters_of(examples: Sequence[Example]) -> Codes:
    """Clusters of these items as numbers from 0."""
    import numpy as np

    from harness.statistics import clustered

    if not any(example.context or example.meta.get("group") not in (None, "") for example in examples):
        return np.arange(len(examples))
    return clustered.coded([cluster_of(example) for example in examples])
