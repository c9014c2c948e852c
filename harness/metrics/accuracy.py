"""The label is the target, letter for letter."""

from harness.metrics._kind import Metric

METRIC = Metric(
    name="accuracy",
    title="accuracy",
    tasks=("classification",),
    score=lambda output, example: float(output == example.output),
    binary=True,
)
