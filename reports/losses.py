"""Training and validation loss of each trained option, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.engagement import codec
from advisor.engagement.folder import Engagement, ModelFolder
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.runs import StepLoss, TrainingResult

from . import titles
from .numbers import count, loss
from .plots import Axis, Plot, Series, plot

MOST = 60
"""Points of a line; more steps are joined to their mean."""
MOST_CHARTS = 6


def loss_charts(engagement: Engagement, comparison: Comparison) -> list[Plot]:
    """The first seed of each trained option, from `steps.jsonl` and its evaluations."""
    return list(_charts(engagement, comparison))[:MOST_CHARTS]


def _charts(engagement: Engagement, comparison: Comparison) -> Iterator[Plot]:
    for number, arm in enumerate(comparison.arms):
        if not arm.models:
            continue
        folder = ModelFolder(engagement.models_path / arm.models[0])
        done = folder.result()
        if done is None or not folder.steps_path.exists():
            continue
        steps = joined([(one.step, one.loss) for one in codec.iter_lines(folder.steps_path, StepLoss)])
        if len(steps) > 1:
            seed = arm.seeds[0] if arm.seeds else None
            yield _chart(f"losses-{number}", titles.arm_title(comparison, arm.name, seed), steps, done)


def joined(steps: list[tuple[int, float]], most: int = MOST) -> list[tuple[float, float]]:
    """Neighbouring steps as their mean place and mean loss, so many points at most."""
    size = -(-len(steps) // most) or 1
    groups = [steps[start : start + size] for start in range(0, len(steps), size)]
    return [
        (sum(step for step, _ in group) / len(group), sum(value for _, value in group) / len(group))
        for group in groups
    ]


def _chart(id: str, title: str, steps: list[tuple[float, float]], done: TrainingResult) -> Plot:
    looks = [(float(one.step), one.loss) for one in done.evaluations]
    last = (float(done.steps), done.validation_loss)
    series = [
        Series("training", steps, marks=False),
        Series("validation", looks or [last], kind="winner", line="dashed"),
    ]
    return plot(
        series,
        id=id,
        title=f"{title}: loss by step, nats per trained token",
        description=_seen(done),
        x=Axis("optimizer steps", reach=(0.0, float(done.steps)), whole=True),
        y=Axis("loss", reach=(0.0, 0.0)),
        columns=["Step", "Validation loss"],
        rows=[[count(step), loss(value)] for step, value in looks or [last]],
    )


def _seen(done: TrainingResult) -> str:
    """Whether validation turned before the end."""
    told = f"Training loss goes from {loss(done.first_loss)} to {loss(done.last_loss)}"
    if not done.evaluations:
        return f"{told}; validation loss is {loss(done.validation_loss)} at the end."
    lowest = min(done.evaluations, key=lambda one: one.loss)
    kept = "" if done.best_step is None else f", and the weights of step {count(done.best_step)} were kept"
    if lowest is done.evaluations[-1]:
        return f"{told}; validation loss falls to the end, to {loss(lowest.loss)}{kept}."
    return f"{told}; validation loss is lowest at step {count(lowest.step)}, {loss(lowest.loss)}{kept}."
