"""The learning curve of `compare`: one arm on nested parts of the training rows, and what it says of more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advisor.cli.session import Session
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Verdict
from advisor.engagement.records.curve import LearningCurve
from advisor.engagement.records.forecast import Forecast
from advisor.engagement.records.plan import Plan

if TYPE_CHECKING:
    from advisor.cli.jobs import Execute, Work

TARGET = "score_target"
"""The question whose answer is the score to reach, in percent."""


def learning_curve(work: Work, verdict: Verdict, execute: Execute) -> LearningCurve:
    """Train and run every point that is not done, then fit: for the winner, or the first trained arm."""
    from harness.curves import SEEDS, Runs, amounts, draw_curve
    from harness.executors.local import Job
    from harness.marking import basis_of, markers

    trained = [name for name, arm in work.arms.items() if arm.method]
    if not trained:
        raise PlanError(
            "a learning curve needs an arm that is trained", fix="add one, for example --arms zero_shot,lora"
        )
    arm = verdict.winner if verdict.winner in trained else trained[0]
    sizes = amounts(len(work.data.train))
    seeds = [*work.plan.seeds, *range(max(work.plan.seeds) + 1, max(work.plan.seeds) + SEEDS)]
    seeds = seeds[: max(SEEDS, len(work.plan.seeds))]
    # all rows: the trainings and runs of the comparison itself
    parts = {rows: None if rows == len(work.data.train) else rows for rows in sizes}
    jobs = {
        rows: [Job(kind, arm, seed, part) for seed in seeds for kind in ("train", "run")]
        for rows, part in parts.items()
    }
    execute(work, [job for listed in jobs.values() for job in listed])
    runs = [
        Runs(rows, [work.engagement.run_folder(work.run_spec(job)) for job in listed if job.kind == "run"])
        for rows, listed in jobs.items()
    ]
    return draw_curve(
        work.engagement,
        arm,
        runs,
        metric=work.plan.metric,
        target=target_of(work.engagement),
        data=work.data,
        ready=markers(basis_of(work.data, work.plan, work.engagement, may_execute=work.may_execute)),
    )


def target_of(engagement: Engagement) -> float | None:
    """The score to reach, 0 to 1, where the answers name one."""
    from advisor.questionnaire.reading import read_answers

    if not engagement.answers_path.exists():
        return None
    percent = read_answers(engagement.answers_path).number(TARGET)
    return None if percent is None else percent / 100


def curve_cost(plan: Plan, expected: Forecast) -> str:
    """What the points of the curve take besides the comparison, in a sentence."""
    from advisor.cli.forecast import band
    from advisor.engagement.records.advice import Range
    from harness.curves import PARTS, SEEDS

    arm = next((one for one in expected.arms if one.training_seconds is not None), None)
    if arm is None or arm.training_seconds is None or arm.predicting_seconds is None:
        return "learning curve: how long it takes is not known"
    seeds = max(SEEDS, len(plan.seeds))
    more = seeds - len(plan.seeds)
    trainings = seeds * sum(1 / part for part in PARTS if part > 1) + more
    runs = seeds * (len(PARTS) - 1) + more
    train, run = arm.training_seconds, arm.predicting_seconds
    total = Range(
        low=trainings * train.low + runs * run.low,
        likely=trainings * train.likely + runs * run.likely,
        high=trainings * train.high + runs * run.high,
    )
    return f"learning curve of {arm.name}: {band(total, unit=60, least=0.1)} minutes more"


def show_curve(session: Session, curve: LearningCurve) -> None:
    """The points and the answer on stdout."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, title=f"learning curve of {curve.arm}")
    for name in ("training rows", f"{curve.metric} %", "95 % interval", "n", "each training"):
        table.add_column(name, justify="right")
    for point in curve.points:
        score = point.score
        table.add_row(
            f"{point.rows:,}",
            _percent(score.value),
            f"{_percent(score.low)} to {_percent(score.high)}",
            str(score.n),
            " ".join(_percent(value) for value in point.by_seed),
        )
    session.console().print(table)
    click.echo(curve.answer)
    for note in curve.notes:
        session.say(f"note: {note}")


def _percent(value: float | None) -> str:
    return "no result" if value is None else f"{100 * value:.1f}"
