"""Unweighted mean of the F1 of each label: rare labels count as much as frequent ones."""

from harness.metrics._kind import Metric

METRIC = Metric(name="macro_f1", title="macro-F1", tasks=("classification",), score=None, binary=False)
