"""`tunecase report`: what the folder holds as one file for the client, in the form they want."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import click

from advisor.cli.session import Session, session_options

FORMS = ("html", "md", "docx", "pdf", "csv", "json")


class Asked(NamedTuple):
    """The flags that say what is written."""

    output: Path | None
    """File to write; None: in the engagement."""
    form: str | None
    """One of FORMS; None: as the file's ending says, else HTML."""
    summary: bool
    """One page."""
    progress: bool
    """Over the iterations."""
    indexed: Path | None
    """Folder of engagements to list instead."""
    with_examples: bool
    """Texts of the client."""
    logo: Path | None
    """Picture of the client."""
    accent: str | None
    """Colour of the client."""
    locale: str | None
    """Whose marks numbers have; None: the engagement's."""


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write  [default: report/report.html]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="Word and PDF need an extra, csv holds every number  [default: FILE's ending, else html]",
)
@click.option("--summary", is_flag=True, help="One page: decision, main numbers, what comes next")
@click.option("--progress", is_flag=True, help="Over the iterations: every compare, with its change")
@click.option(
    "--index",
    "indexed",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="One page over all engagements in DIR  [default: DIR/index.html]",
)
@click.option("--with-examples", is_flag=True, help="Show client texts: wins and losses, at most five each")
@click.option(
    "--logo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Put this PNG or SVG at the top, up to 200 kB",
)
@click.option("--accent", metavar="'#RRGGBB'", help="Colour of links and of the winner, dark enough to read")
@click.option(
    "--locale",
    metavar="NAME",
    help="Marks of numbers and money: de, en, fr, or a region as de_CH  [default: engagement.toml's]",
)
@click.option("--open", "show", is_flag=True, help="Open it")
@session_options
def command(session: Session, show: bool, **flags: Any) -> None:
    """Write one file for the client.

    After advise alone it is a scoping report, after compare the comparison report.

    \b
    Examples:
      tunecase report
      tunecase report -o acme.docx --locale de
      tunecase report --summary --format pdf --logo acme.svg --accent '#0b5a8c'
      tunecase report --index engagements/
    """
    asked = Asked(**flags)
    if sum((asked.summary, asked.progress, asked.indexed is not None)) > 1:
        raise click.UsageError("--summary, --progress and --index are three reports: name one of them")
    path = _indexed(session, asked) if asked.indexed is not None else _reported(session, asked)
    if show:
        click.launch(path.resolve().as_uri())


def _reported(session: Session, asked: Asked) -> Path:
    from reports.rendering import write_report

    path = write_report(session.engagement(), asked.output, today=dt.date.today(), wanted=_wanted(asked))
    if session.as_json:
        session.emit({"report": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(path)
    return path


def _indexed(session: Session, asked: Asked) -> Path:
    from reports.rendering import write_index

    assert asked.indexed is not None
    if asked.with_examples:
        raise click.UsageError("--with-examples belongs to the report of one engagement")
    today = dt.date.today()
    path, entries, broken = write_index(asked.indexed, asked.output, today=today, wanted=_wanted(asked))
    for one in broken:
        session.say(f"warning: {one.place} is not read: {one.problem}")
    if session.as_json:
        session.emit(
            {
                "report": str(path),
                "bytes": path.stat().st_size,
                "engagements": [one.place for one in entries],
                "broken": [one._asdict() for one in broken],
            }
        )
    else:
        click.echo(path)
    return path


def _wanted(asked: Asked) -> Any:
    from reports.look import Look, accent, logo
    from reports.rendering import Wanted

    ending = asked.output.suffix.lower().lstrip(".") if asked.output else ""
    return Wanted(
        kind="summary" if asked.summary else "progress" if asked.progress else "report",
        form=asked.form or (ending if ending in FORMS else "html"),
        with_examples=asked.with_examples,
        look=Look(logo(asked.logo) if asked.logo else "", accent(asked.accent) if asked.accent else None),
        locale=asked.locale or "",
    )
