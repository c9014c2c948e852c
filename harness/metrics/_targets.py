"""What counts as right for an item: its wanted output, and others that its row names in `meta.references`."""

from __future__ import annotations

from collections.abc import Callable

from advisor.engagement.records.examples import Example
from harness.metrics._kind import ItemScore

MOST = 20
"""References of a row that are read."""


def targets(example: Example) -> list[str]:
    """The wanted output first, without doubles; what is no text in the references is passed over."""
    named = example.meta.get("references")
    others = [one for one in named[:MOST] if isinstance(one, str)] if isinstance(named, list) else []
    return list(dict.fromkeys([example.output, *others]))


def best(score: Callable[[str, str], float]) -> ItemScore:
    """The score against the target that the output comes closest to."""
    return lambda output, example: max(score(output, target) for target in targets(example))
