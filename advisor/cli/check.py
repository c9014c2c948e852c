"""`tunecase check`: say what a data file is, what is wrong with it, and freeze the splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.session import Session, session_options
from advisor.engagement.errors import NOT_READY
from advisor.engagement.folder import Engagement

if TYPE_CHECKING:
    from advisor.engagement.records.intake import Intake


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--test", type=click.Path(path_type=Path), metavar="FILE", help="Held-out rows, kept as they are"
)
@click.option(
    "--map", "pairs", multiple=True, metavar="COL=FIELD", help="Read a column as id, input, output or label"
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Seed of the split")
@session_options
def command(session: Session, file: Path, test: Path | None, pairs: tuple[str, ...], seed: int) -> int:
    """Validate and profile a data file, and freeze the splits.

    \b
    Examples:
      tunecase check examples.jsonl
      tunecase check tickets.csv --map body=input --map queue=label
      tunecase check train.jsonl --test test.jsonl --json
    """
    intake, engagement = check(session, file, test=test, columns=column_map(pairs), seed=seed)
    if session.as_json:
        session.emit(intake)
    else:
        draw(session, intake, engagement)
    return NOT_READY if intake.status == "rejected" else 0


def column_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--map col=field` options as a mapping."""
    columns = {}
    for pair in pairs:
        column, equals, field = pair.partition("=")
        if not equals or field not in ("id", "input", "output", "label"):
            raise click.BadParameter(f"{pair!r} is not COL=id|input|output|label", param_hint="--map")
        columns[column] = field
    return columns


def check(
    session: Session, file: Path, *, test: Path | None, columns: dict[str, str], seed: int
) -> tuple[Intake, Engagement | None]:
    """Check the files, and freeze them where an engagement is at hand and they are accepted."""
    from harness.intake.checking import check_files, freeze

    engagement = session.optional_engagement()
    checked = check_files(file, test=test, column_map=columns, seed=seed)
    if engagement is not None and checked.intake.status != "rejected":
        with engagement.lock():
            freeze(engagement, checked)
    return checked.intake, engagement


def draw(session: Session, intake: Intake, engagement: Engagement | None) -> None:
    """The result for people: problems on stderr, facts on stdout."""
    for refusal in intake.errors:
        click.echo(f"error: {refusal.message}\n\nhint: {refusal.fix}", err=True)
    if intake.status == "rejected":
        return
    verdict = intake.status.replace("_", " ")
    click.echo(f"{verdict}: {intake.format}, {intake.task}, {intake.rows_kept} of {intake.rows_in} rows")
    click.echo("splits: " + ", ".join(f"{name} {count}" for name, count in intake.splits.items()))
    if intake.profile and intake.profile.labels:
        labels = intake.profile.labels
        click.echo(f"labels: {len(labels)}, from {max(labels.values())} to {min(labels.values())} rows")
    for warning in intake.warnings:
        where = f" (lines {', '.join(map(str, warning.lines))})" if warning.lines else ""
        click.echo(f"warning: {warning.message}{where}")
    for note in intake.profile.notes if intake.profile else []:
        click.echo(f"note: {note}")
    if engagement is None:
        session.say("no engagement here: nothing was written; `tunecase init DIR` makes one")
    else:
        session.say(f"frozen in {engagement.splits_path}; next: tunecase plan")
