"""`tunecase check`: say what a data file is, what is wrong with it, and freeze the splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import click

from advisor.cli.session import Session, session_options
from advisor.engagement.errors import NOT_READY, PlanError
from advisor.engagement.folder import Engagement

if TYPE_CHECKING:
    from advisor.engagement.records.examples import Task
    from advisor.engagement.records.intake import Intake
    from harness.intake.checking import Checked
    from harness.intake.corpus import Training

TASKS = ["classification", "generation", "preference", "retrieval", "prompts", "text"]
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


class Given(NamedTuple):
    """What `check` is asked to look at, and how."""

    file: Path
    """The rows."""
    test: Path | None = None
    """Held-out rows."""
    documents: Path | None = None
    """Documents for retrieval: a file or a folder."""
    preferences: Path | None = None
    """Preference pairs beside the rows."""
    columns: Mapping[str, str] = NO_COLUMNS
    """Column to field."""
    names: tuple[str, ...] = ()
    """Names of the columns of a file without a header line."""
    encoding: str = ""
    """Encoding of the files; empty where their marks tell."""
    task: Task | None = None
    """What the rows are for; None where the rows tell."""
    fix: bool = False
    """Leave out what cannot be read, and write a copy without it."""
    redact: bool = False
    """Mask personal data and secrets, and write a copy."""
    seed: int = 0
    """Seed of the split."""
    model: str = ""
    """Model whose tokenizer counts; empty for the plan's."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--test", type=click.Path(path_type=Path), metavar="FILE", help="Held-out rows, kept as they are"
)
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Documents for retrieval: a file of rows, or a folder of .txt, .md, .html, .pdf and .docx",
)
@click.option(
    "--preferences",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Preference pairs for dpo and rlhf, beside the rows",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="COL=FIELD",
    help="Read a column as id, input, output, label, context, gold_doc_ids, group, split, prompt, chosen or "
    "rejected",
)
@click.option("--columns", "names", metavar="A,B", help="Names of the columns of a CSV without a header line")
@click.option("--encoding", default="", metavar="NAME", help="Encoding of the files, such as cp1252")
@click.option("--task", type=click.Choice(TASKS), help="What the rows are for (default: told by the rows)")
@click.option("--fix", is_flag=True, help="Leave out rows that cannot be read, and write FILE.fixed.jsonl")
@click.option("--redact", is_flag=True, help="Mask personal data and secrets, and write FILE.redacted.jsonl")
@click.option(
    "--model", default="", metavar="MODEL", help="Count tokens as this model does (default: the plan's model)"
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Seed of the split")
@session_options
def command(
    session: Session,
    file: Path,
    test: Path | None,
    documents: Path | None,
    preferences: Path | None,
    pairs: tuple[str, ...],
    names: str | None,
    encoding: str,
    task: Task | None,
    fix: bool,
    redact: bool,
    model: str,
    seed: int,
) -> int:
    """Validate and profile a data file, and freeze the splits.

    FILE is JSONL, JSON, CSV, TSV, Parquet, Excel, any of these as .gz, a BEIR folder, or hf:NAME for a
    dataset of the hub.

    \b
    Examples:
      tunecase check examples.jsonl
      tunecase check tickets.csv --map body=input --map queue=label
      tunecase check questions.jsonl --documents handbook/
      tunecase check train.jsonl --test test.jsonl --json
    """
    given = Given(
        file,
        test=test,
        documents=documents,
        preferences=preferences,
        columns=column_map(pairs),
        names=tuple(name.strip() for name in names.split(",")) if names else (),
        encoding=encoding,
        task=task,
        fix=fix,
        redact=redact,
        seed=seed,
        model=model,
    )
    intake, engagement = check(session, given)
    if session.as_json:
        session.emit(intake)
    else:
        draw(session, intake, engagement)
    return NOT_READY if intake.status == "rejected" else 0


def column_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`--map col=field` options as a mapping."""
    from harness.intake.columns import MAPPABLE

    columns: dict[str, str] = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or field not in MAPPABLE:
            raise click.BadParameter(f"{pair!r} is not COL={'|'.join(MAPPABLE)}", param_hint="--map")
        if field in columns.values():
            raise click.BadParameter(f"two columns are mapped to {field!r}", param_hint="--map")
        columns[column] = field
    return columns


def check(session: Session, given: Given) -> tuple[Intake, Engagement | None]:
    """Check the files, and freeze them where an engagement is at hand and they are accepted."""
    from harness.intake import copying
    from harness.intake.freezing import freeze

    engagement = session.optional_engagement()
    if given.fix or given.redact:
        copying.refuse_existing(given.file, given.test, masked=given.redact)
    checked = examine(given, engagement, tell=session.say)
    if checked.intake.status == "rejected":
        return checked.intake, engagement
    if given.fix or given.redact:
        checked = copying.write_copies(checked, masked=given.redact)
    if engagement is not None:
        with engagement.lock():
            freeze(engagement, checked)
    return checked.intake, engagement


def examine(given: Given, engagement: Engagement | None, *, tell: Callable[[str], None]) -> Checked:
    """Everything but the writing; `tell` hears what is fetched."""
    from harness.intake.checking import check_files
    from harness.intake.rows import Asked
    from harness.intake.tables import Reading

    reading = Reading(encoding=given.encoding, columns=given.names, tell=tell)
    return check_files(
        given.file,
        test=given.test,
        documents=given.documents,
        preferences=given.preferences,
        asked=Asked(reading, given.columns, mend=given.fix, mask=given.redact),
        task=given.task,
        seed=given.seed,
        training=_training(given.model, engagement),
    )


def _training(model: str, engagement: Engagement | None) -> Training:
    """The plan's model and length; before there is a plan, the length that plans begin with."""
    from advisor.engagement.records.plan import TrainingSettings
    from harness.intake.corpus import Training
    from trainers.language.resolving import at_hand

    if engagement is None or not engagement.plan_path.exists():
        return Training(at_hand(model) if model else None, TrainingSettings().max_length)
    plan = engagement.plan()
    try:
        return Training(at_hand(model or plan.model), plan.training.max_length)
    except PlanError:
        if model:
            raise
        return Training(None, plan.training.max_length)


def draw(session: Session, intake: Intake, engagement: Engagement | None) -> None:
    """The result for people: problems on stderr, facts on stdout."""
    for refusal in intake.errors:
        click.echo(f"error: {refusal.message}\n\nhint: {refusal.fix}", err=True)
    if intake.status == "rejected":
        return
    from advisor.cli.profile_screen import draw as draw_profile

    draw_profile(session.console(), intake, quiet=session.verbosity < 0)
    if intake.copy:
        session.say(f"written: {intake.copy}")
    if engagement is None:
        session.say("no engagement here: nothing was frozen; `tunecase init DIR` makes one")
    elif intake.task == "documents":
        session.say(f"frozen in {engagement.documents_path}; next: tunecase check QUESTIONS --documents")
    else:
        session.say(f"frozen in {engagement.splits_path}; next: tunecase plan")
