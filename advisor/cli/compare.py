"""`tunecase compare`: run every arm of the plan, compare, judge; run it again and it resumes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from advisor.cli.afterwards import Afterwards, look_back
from advisor.cli.afterwards import show as show_afterwards
from advisor.cli.check import Given, column_map, examine
from advisor.cli.compare_options import Asked, compare_options
from advisor.cli.environment import quiet_libraries
from advisor.cli.learning import curve_cost, learning_curve, show_curve
from advisor.cli.plan import Overrides, check_names, check_plan, ensure_plan, show, split_names
from advisor.cli.progress import reporter
from advisor.cli.session import Session, session_options
from advisor.engagement.errors import DataError, GateClosed, NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, SearchSettings
from advisor.engagement.records.settings import Settings

if TYPE_CHECKING:
    from advisor.engagement.records.comparison import Comparison, Verdict


@click.command()
@session_options
@compare_options
def command(session: Session, asked: Asked) -> None:
    """Train and evaluate every arm of the plan, then give the verdict.

    Run it again to resume: finished predictions are never repeated.

    \b
    Examples:
      tunecase compare
      tunecase compare --data tickets.csv --out out/tickets --arms floor,classical,few_shot,lora
      tunecase compare --model Qwen/Qwen3-0.6B --seeds 3
    """
    check_names(split_names(asked.arms) or (), metric=asked.metric, minimum_effect=asked.minimum_effect)
    engagement = open_engagement(session, _given(asked), asked.out)
    plan = ensure_plan(session, engagement, _overrides(engagement, asked))
    if asked.dry_run:
        from advisor.cli.forecast import forecast

        expected = forecast(engagement, plan)
        show(session, engagement, plan, expected)
        if asked.learning_curve:
            session.say(curve_cost(plan, expected))
        return
    ways = Ways(
        exploratory=asked.exploratory,
        tracker=asked.tracker or "",
        learning_curve=asked.learning_curve,
        allow_upload=asked.allow_upload,
        executor=asked.executor or "",
        slots=asked.slots,
        results=asked.results or "",
        allow_execution=asked.allow_execution,
    )
    comparison, verdict, after = run(session, engagement, plan, ways)
    curve = engagement.curve() if asked.learning_curve else None
    if session.as_json:
        found = {
            "comparison": comparison,
            "verdict": verdict,
            "learning_curve": curve,
            "failures": after.failures,
            "iteration": after.iteration,
        }
        session.emit({name: msgspec.to_builtins(record) for name, record in found.items() if record})
    else:
        draw(session, comparison, verdict)
        say_slices(session, comparison, verdict)
        _say_automation(session, engagement, verdict)
        show_afterwards(session, after)
        if curve is not None:
            show_curve(session, curve)
    if asked.gate and verdict.decision != "confirmed":
        raise GateClosed(f"the verdict is {verdict.decision}: {verdict.sentence}", fix=verdict.next_step)


def _given(asked: Asked) -> Given | None:
    """The file to check first, with what belongs to it."""
    if asked.data is not None:
        columns = column_map(asked.pairs)
        model = asked.model or ""
        return Given(asked.data, test=asked.test, documents=asked.documents, columns=columns, model=model)
    if asked.test or asked.documents or asked.pairs:
        raise click.UsageError("--test, --documents and --map need --data")
    return None


def _overrides(engagement: Engagement, asked: Asked) -> Overrides:
    """What the flags say instead of the plan."""
    return Overrides(
        arms=split_names(asked.arms),
        model=asked.model,
        limit=asked.limit,
        metric=asked.metric,
        minimum_effect=asked.minimum_effect,
        seeds=_seeds(engagement, asked.seeds, asked.seed),
        search=_search(engagement, asked.search),
        begin_with=asked.begin_with,
        keep_4bit=asked.keep_4bit or None,
    )


def open_engagement(session: Session, given: Given | None, out: Path | None) -> Engagement:
    """The engagement at hand, or one made from --data and --out; rejected data makes nothing."""
    if given is None:
        if out is not None:
            return Session(out, session.as_json, session.verbosity).engagement()
        return session.engagement()
    if out is None:
        raise click.UsageError("--data needs --out DIR, the engagement to make")
    from harness.intake.freezing import freeze

    checked = examine(given, None, tell=session.say)
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


class Ways(NamedTuple):
    """How a comparison is run; no part of what is agreed."""

    exploratory: bool = False
    """Run although the test split is too small for a decision."""
    tracker: str = ""
    """Who else is told of losses and settings; empty for nobody."""
    learning_curve: bool = False
    """Train one arm on parts of the rows too."""
    allow_upload: tuple[str, ...] = ()
    """Hosts that client data may go to, whatever the answers say."""
    executor: str = ""
    """local or ray; empty for this process, or workers where slots are named."""
    slots: int | None = None
    """Jobs at once on this machine."""
    results: str = ""
    """Second place of trainings and runs; empty for none."""
    allow_execution: bool = False
    """Whether SQL that models wrote may be executed."""


def run(
    session: Session, engagement: Engagement, plan: Plan, ways: Ways
) -> tuple[Comparison, Verdict, Afterwards]:
    """Everything between a plan and a verdict, and what follows from it."""
    check_plan(plan)
    quiet_libraries(plan.model)
    from advisor.cli.executing import chosen, refuse_cluster, stored
    from advisor.cli.jobs import Work, compare, prepare_machine
    from advisor.cli.trainings import permitted

    tracked = permitted(engagement, plan, tracker=ways.tracker, allowed=ways.allow_upload)
    way = chosen(ways.executor, ways.slots)
    if way.is_cluster:
        refuse_cluster(engagement, allowed=ways.allow_upload)
    kept = stored(session, engagement, ways.results, allowed=ways.allow_upload)
    with engagement.lock(), kept, reporter(session) as on_progress:
        work = Work(
            engagement,
            plan,
            on_progress=on_progress,
            tracked=tracked,
            may_execute=ways.allow_execution,
        )
        _refuse_small_test(len(work.data.test), exploratory=ways.exploratory)
        machine = prepare_machine(engagement, workers=way.workers)
        session.detail(f"{machine.device}, {machine.threads} of {machine.cores} threads")
        execute = way.with_threads(machine.threads)
        comparison, verdict = compare(work, machine=machine, execute=execute)
        if ways.learning_curve:
            learning_curve(work, verdict, execute)
        return comparison, verdict, look_back(work, comparison, verdict, today=dt.date.today())


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
    for line in _cautions(comparison):
        session.say(line)
    click.echo(f"\n{verdict.decision}: {verdict.sentence}")
    click.echo(verdict.because)
    session.say(f"next: {verdict.next_step}")


SHOWN = 3
"""Slices on the screen; all of them are in the file."""


def say_slices(session: Session, comparison: Comparison, verdict: Verdict) -> None:
    """Where the winner, or every arm without one, differs from the baseline on parts of the rows."""
    slices = comparison.slices
    if slices is None:
        return
    theirs = [one for one in slices.differences if verdict.winner in (one.b, comparison.baseline, None)]
    found = sorted((one for one in theirs if one.word != "not shown to differ"), key=lambda one: one.value)
    if not found:
        session.say(f"slices ({slices.metric}): none of {len(theirs)} shown to differ; {slices.note}")
        return
    session.say(f"slices ({slices.metric}): {len(found)} of {len(theirs)} differ; {slices.note}")
    for one in found[:SHOWN]:
        session.say(
            f"  {one.kind} {one.name}: {one.b} {100 * one.value:+.1f} points against {one.a} "
            f"({100 * one.low:+.1f} to {100 * one.high:+.1f}, n={one.n}), adjusted p {one.p_adjusted:.2g}"
        )


def _cautions(comparison: Comparison) -> list[str]:
    """Outputs that were cut off, that hold thinking, or that hang on rounding, where an arm has any."""
    told = (
        ("truncated", "cut at the limit and scored as wrong"),
        ("thought", "with thinking in front, which is not scored"),
        ("near_ties", "may change with batch size"),
    )
    lines = []
    for name, words in told:
        counted = [(arm, getattr(arm, name)) for arm in comparison.arms if getattr(arm, name)]
        if counted:
            listed = ", ".join(f"{arm.name} {count} of {arm.answered}" for arm, count in counted)
            lines.append(f"outputs {words}: {listed}")
    return lines + (comparison.judge.told if comparison.judge else [])


def _say_automation(session: Session, engagement: Engagement, verdict: Verdict) -> None:
    """What share of the inputs the winner may answer alone, at the highest precision that holds."""
    record = engagement.automation() if verdict.winner else None
    won = next((one for one in record.arms if one.arm == verdict.winner), None) if record else None
    held = [one for one in won.points if one.holds] if won else []
    if held:
        best = max(held, key=lambda one: one.required)
        session.say(
            f"{verdict.winner} alone: {_points(best.share)} % of inputs ({_points(best.share_low)} to "
            f"{_points(best.share_high)}, n={best.n}) at {_points(best.required)} % right or more"
        )


def _points(value: float | None) -> str:
    return "no result" if value is None else f"{100 * value:.1f}"


def _seeds(engagement: Engagement, count: int | None, first: int | None) -> list[int] | None:
    if count is None and first is None:
        return None
    planned = engagement.plan().seeds if engagement.plan_path.exists() else [0]
    start = first if first is not None else planned[0]
    return list(range(start, start + (count or len(planned))))


def _search(engagement: Engagement, trials: int | None) -> SearchSettings | None:
    """The plan's search with so many trials; None says nothing."""
    if trials is None:
        return None
    planned = engagement.plan().search if engagement.plan_path.exists() else None
    return msgspec.structs.replace(planned or SearchSettings(), trials=trials)


def _refuse_small_test(n: int, *, exploratory: bool) -> None:
    from harness.statistics.power import minimum_detectable

    if n == 0:
        raise NotReady("the test split is empty", fix="check a file with held-out rows")
    if not exploratory and minimum_detectable(n, 0.2) is None:
        raise PlanError(
            f"{n} held-out rows cannot support a decision: no difference is detectable at 20 % discordance",
            fix="add held-out rows, or pass --exploratory",
        )
