"""One training by several processes: `accelerate launch --config_file FILE -m advisor.cli.crew --arm NAME`.

It leaves what `tunecase compare` finds as that arm's finished model.
"""

from __future__ import annotations

import contextlib
import os
import sys

import click

from advisor.cli.progress import reporter
from advisor.cli.session import Session, session_options
from advisor.engagement.errors import PlanError


@click.command()
@click.option("--arm", required=True, metavar="NAME", help="Arm to train")
@click.option("--seed", type=int, metavar="N", help="Seed  [default: the plan's first]")
@click.option("--allow-execution", is_flag=True, help="As in compare; here nothing is executed")
@session_options
def command(session: Session, arm: str, seed: int | None, allow_execution: bool) -> None:
    """Train one arm of the plan by all processes that were launched."""
    from advisor.cli.environment import silence

    engagement = session.engagement()
    plan = engagement.plan()
    silence(plan.model)
    if arm not in plan.arms:
        raise PlanError(f"`{arm}` is not among the arms", fix=f"one of {', '.join(plan.arms)}")
    if plan.search is not None:
        raise PlanError("settings are sought by one process only", fix="remove [search] from plan.toml")
    from advisor.cli.jobs import Work, prepare_machine
    from trainers.crews import train_spread

    is_first = os.environ.get("RANK", "0") == "0"
    heard = session if is_first else Session(session.folder, session.as_json, -1)
    # the others are of the same crew
    alone = engagement.lock() if is_first else contextlib.nullcontext()
    with alone, reporter(heard) as on_progress:
        work = Work(engagement, plan, on_progress=on_progress, may_execute=allow_execution)
        if work.arms[arm].method is None:
            raise PlanError(f"`{arm}` is not trained", fix="take an arm that is, such as lora or full")
        if is_first:
            prepare_machine(engagement)
        result = train_spread(work.trainings.job(work.arms[arm], plan.seeds[0] if seed is None else seed))
    if is_first:
        click.echo(f"{arm}: {result.steps} steps, validation loss {result.validation_loss:.3f}")


if __name__ == "__main__":
    from advisor.cli.main import run

    sys.exit(run(command, sys.argv[1:], name="crew"))
