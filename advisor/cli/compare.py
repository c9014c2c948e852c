"""`tunecase compare`: run every arm of the plan, compare, judge; run it again and it resumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from advisor.cli.check import Given, column_map, examine
from advisor.cli.environment import quiet_libraries
from advisor.cli.plan import Overrides, check_names, check_plan, ensure_plan, show, split_names
from advisor.cli.progress import reporter
from advisor.cli.session import Session, session_options
from advisor.engagement.errors import DataError, GateClosed, NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.settings import Settings

if TYPE_CHECKING:
    from advisor.engagement.records.comparison import Comparison, Verdict


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="FILE", help="Check this file first, with --out"
)
@click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Held-out rows for --data")
@click.option(
    "--documents", type=click.Path(path_type=Path), metavar="PATH", help="Documents for --data, as in check"
)
@click.option("--map", "pairs", multiple=True, metavar="COL=FIELD", help="Columns of --data, as in check")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Engagement for --data, made if absent"
)
@click.option("--arms", metavar="A,B,C", help="Arms to run  [default: the plan's]")
@click.option("--model", metavar="ID_OR_PATH", help="Hub id, local folder, or starter  [default: the plan's]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N rows of each split")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Number of seeds for trained arms")
@click.option("--seed", type=int, metavar="N", help="First seed  [default: the plan's]")
@click.option(
    "--metric", metavar="NAME", help="Primary metric: accuracy, chrf, exact_match, macro_f1, token_f1"
)
@click.option("--minimum-effect", type=float, metavar="X", help="Smallest difference worth paying for")
@click.option("--exploratory", is_flag=True, help="Run although the test split is too small for a decision")
@click.option("--dry-run", is_flag=True, help="Show rows, tokens, memory, time and money; run nothing")
@click.option("--check", "gate", is_flag=True, help="Exit 4 unless the verdict is confirmed")
@session_options
def command(
    session: Session,
    data: Path | None,
    test: Path | None,
    documents: Path | None,
    pairs: tuple[str, ...],
    out: Path | None,
    arms: str | None,
    model: str | None,
    limit: int | None,
    seeds: int | None,
    seed: int | None,
    metric: str | None,
    minimum_effect: float | None,
    exploratory: bool,
    dry_run: bool,
    gate: bool,
) -> None:
    """Train and evaluate every arm of the plan, then give the verdict.

    Run it again to resume: finished predictions are never repeated.

    \b
    Examples:
      tunecase compare
      tunecase compare --data tickets.csv --out out/tickets --arms floor,classical,few_shot,lora
      tunecase compare --model Qwen/Qwen3-0.6B --seeds 3
    """
    check_names(split_names(arms) or (), metric=metric, minimum_effect=minimum_effect)
    given = None if data is None else Given(data, test=test, documents=documents, columns=column_map(pairs))
    if given is None and (test or documents or pairs):
        raise click.UsageError("--test, --documents and --map need --data")
    engagement = open_engagement(session, given, out)
    overrides = Overrides(
        arms=split_names(arms),
        model=model,
        limit=limit,
        metric=metric,
        minimum_effect=minimum_effect,
        seeds=_seeds(engagement, seeds, seed),
    )
    plan = ensure_plan(session, engagement, overrides)
    if dry_run:
        from advisor.cli.forecast import forecast

        show(session, engagement, plan, forecast(engagement, plan))
        return
    comparison, verdict = run(session, engagement, plan, exploratory=exploratory)
    if session.as_json:
        session.emit({"comparison": msgspec.to_builtins(comparison), "verdict": msgspec.to_builtins(verdict)})
    else:
        draw(session, comparison, verdict)
    if gate and verdict.decision != "confirmed":
        raise GateClosed(f"the verdict is {verdict.decision}: {verdict.sentence}", fix=verdict.next_step)


def open_engagement(session: Session, given: Given | None, out: Path | None) -> Engagement:
    """The engagement at hand, or one made from --data and --out; rejected data makes nothing."""
    if given is None:
        if out is not None:
            return Session(out, session.as_json, session.verbosity).engagement()
        return session.engagement()
    if out is None:
        raise click.UsageError("--data needs --out DIR, the engagement to make")
    from harness.intake.freezing import freeze

    checked = examine(given)
    if checked.splits is None or checked.intake.status == "rejected":
        first = checked.intake.errors[0]
        raise DataError(first.message, fix=first.fix)
    engagement = Engagement(out)
    if not engagement.settings_path.exists():
        engagement = Engagement.create(out, Settings(title=out.name))
    with engagement.lock():
        if not engagement.splits_path.exists() or engagement.splits().digest != checked.splits.digest:
            freeze(engagement, checked)
    return engagement


def run(
    session: Session, engagement: Engagement, plan: Plan, *, exploratory: bool
) -> tuple[Comparison, Verdict]:
    """Everything between a plan and a verdict."""
    check_plan(plan)
    quiet_libraries(plan.model)
    from advisor.cli.jobs import Work, compare, prepare_machine

    with engagement.lock(), reporter(session) as on_progress:
        work = Work(engagement, plan, on_progress=on_progress)
        _refuse_small_test(len(work.data.test), exploratory=exploratory)
        machine = prepare_machine(engagement)
        session.detail(f"{machine.device}, {machine.threads} of {machine.cores} threads")
        return compare(work, machine=machine)


def draw(session: Session, comparison: Comparison, verdict: Verdict) -> None:
    """The table and the verdict on stdout."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm")
    for name in (f"{comparison.metric} %", "95 % interval", "n", "difference", "p50 ms", "train s", "word"):
        table.add_column(name, justify="right" if name != "word" else "left")
    differences = {d.b: d for d in comparison.differences if d.a == comparison.baseline}
    for arm in comparison.arms:
        score, difference = arm.metrics[comparison.metric], differences.get(arm.name)
        table.add_row(
            arm.name,
            _points(score.value),
            f"{_points(score.low)} to {_points(score.high)}",
            str(score.n),
            "" if difference is None or difference.value is None else f"{100 * difference.value:+.1f}",
            "" if arm.p50_seconds is None else f"{1000 * arm.p50_seconds:.1f}",
            "" if arm.train_seconds is None else f"{arm.train_seconds:.0f}",
            arm.word,
        )
    session.console().print(table)
    click.echo(f"\n{verdict.decision}: {verdict.sentence}")
    click.echo(verdict.because)
    session.say(f"next: {verdict.next_step}")


def _points(value: float | None) -> str:
    return "no result" if value is None else f"{100 * value:.1f}"


def _seeds(engagement: Engagement, count: int | None, first: int | None) -> list[int] | None:
    if count is None and first is None:
        return None
    planned = engagement.plan().seeds if engagement.plan_path.exists() else [0]
    start = first if first is not None else planned[0]
    return list(range(start, start + (count or len(planned))))


def _refuse_small_test(n: int, *, exploratory: bool) -> None:
    from harness.statistics.power import minimum_detectable

    if n == 0:
        raise NotReady("the test split is empty", fix="check a file with held-out rows")
    if not exploratory and minimum_detectable(n, 0.2) is None:
        raise PlanError(
            f"{n} held-out rows cannot support a decision: no difference is detectable at 20 % discordance",
            fix="add held-out rows, or pass --exploratory",
        )
