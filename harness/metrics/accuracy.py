"""The label is the target, letter for letter."""

from harness.metrics._kind import Metric

METRIC = Metric(
    name="accuracy",
    title="accuracy",
    tasks=("classification",),
    score=lambda output, target: float(output == target),
    binary=True,
)
