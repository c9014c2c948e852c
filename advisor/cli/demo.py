"""`tunecase demo`: the main job end to end on the bundled engagement, offline, on a CPU."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click

from advisor.cli import advise, afterwards, check, compare, init, plan
from advisor.cli.session import Session, session_options
from advisor.engagement.folder import MARKER, Engagement
from advisor.engagement.records.intake import Intake

EXAMPLE = "support-triage"
ARMS = ["floor", "classical", "zero_shot", "few_shot", "lora", "qlora"]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("tunecase-demo"),
    show_default=True,
    metavar="DIR",
    help="Where the engagement goes",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N rows of each split")
@session_options
def command(session: Session, out: Path, limit: int | None) -> None:
    """Run all of the above on a bundled engagement, offline, on a CPU.

    Run it again to resume. The last line is the report's path.

    \b
    Examples:
      tunecase demo
      tunecase demo --out out/demo
    """
    started = time.monotonic()
    engagement = Engagement(out) if (out / MARKER).is_file() else init.copy_example(EXAMPLE, out)
    inside = Session(out, session.as_json, session.verbosity)
    session.say(f"1/5 init     {out}, from the example {EXAMPLE}")
    advice = advise.save_advice(engagement, today=dt.date.today())
    session.say(f"2/5 advise   {advice.sentence}")
    _check(inside, engagement)
    agreed = plan.ensure_plan(inside, engagement, plan.Overrides(arms=ARMS, limit=limit, seeds=[0]))
    session.say(
        f"4/5 compare  {', '.join(agreed.arms)} on {agreed.model}, one process, seed {agreed.seeds[0]}"
    )
    ways = compare.Ways(exploratory=limit is not None)
    comparison, verdict, after = compare.run(inside, engagement, agreed, ways)
    if not session.as_json:
        compare.draw(inside, comparison, verdict)
        afterwards.show(inside, after)
    from reports.rendering import write_report

    path = write_report(engagement, today=dt.date.today())
    session.say(f"5/5 report   after {time.monotonic() - started:.0f} s")
    if session.as_json:
        session.emit({"report": str(path), "decision": verdict.decision, "winner": verdict.winner})
    else:
        click.echo(path)


def _check(session: Session, engagement: Engagement) -> Intake:
    intake = engagement.intake()
    if intake is None or not engagement.splits_path.exists():
        intake, _ = check.check(session, check.Given(engagement.root / "examples.jsonl"))
        if intake.errors:
            from advisor.engagement.errors import DataError

            raise DataError(intake.errors[0].message, fix=intake.errors[0].fix)
    counts = ", ".join(f"{name} {count}" for name, count in intake.splits.items())
    session.say(f"3/5 check    {intake.rows_kept} rows: {counts}")
    return intake
