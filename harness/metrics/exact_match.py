"""Equal but for case and blanks. "12 %" does not match "12": say so in the targets."""

from harness.metrics._kind import Metric
from harness.metrics._targets import best


def exact_match(output: str, target: str) -> float:
    """1.0 or 0.0."""
    return float(_plain(output) == _plain(target))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


METRIC = Metric(
    name="exact_match",
    title="exact match",
    tasks=("generation",),
    score=best(exact_match),
    binary=True,
)
