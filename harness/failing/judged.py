"""Which test rows of an arm are wrong, by the metrics of today, over all its trainings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.engagement.folder import RunFolder
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import Prediction
from harness.arms._kind import ArmData
from harness.marking import Markers, marked, per_item

HALF = 0.5
"""A row is wrong where its mean score lies below; of graded scores, below the arm's mean if that is lower."""


class Judged(NamedTuple):
    """The answered test rows of one arm."""

    metric: str
    """What decides."""
    below: float
    """A row is wrong where its mean score lies below."""
    rows: list[Example]
    """Answered and scored by every training, in the order of the split."""
    wrong: set[str]
    """Ids of the wrong ones."""
    said: dict[str, Prediction]
    """By id, the answer of the first training that got it wrong, else of the first."""
    missing: int
    """Rows on which a request failed."""


def judge_rows(runs: Sequence[RunFolder], data: ArmData, ready: Markers, metric: str) -> Judged | None:
    """Only rows of the present test split count; None where no metric says anything of a single row."""
    examples = {row.id: row for row in data.test}
    trainings = [
        {
            row.id: row
            for row in marked([one for one in run.predictions() if one.id in examples], examples, ready)
            if row.split == "test"
        }
        for run in runs
    ]
    name = per_item(ready, metric)
    if name is None or not trainings:
        return None
    answered = [
        row for row in data.test if all(row.id in one and one[row.id].error is None for one in trainings)
    ]
    scored = [row for row in answered if all(name in one[row.id].scores for one in trainings)]
    means = {row.id: sum(one[row.id].scores[name] for one in trainings) / len(trainings) for row in scored}
    whole = sum(means.values()) / len(means) if means else 0.0
    below = HALF if ready[name].metric.binary else min(HALF, whole)
    wrong = {id for id, mean in means.items() if mean < below}
    said = {}
    for row in scored:
        answers = [one[row.id] for one in trainings]
        said[row.id] = next((one for one in answers if one.scores[name] < below), answers[0])
    return Judged(name, below, scored, wrong, said, len(data.test) - len(answered))
