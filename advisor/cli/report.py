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
    """
    from reports.rendering import write_report

    asked = Asked(**flags)
    path = write_report(session.engagement(), asked.output, today=dt.date.today(), wanted=_wanted(asked))
    if session.as_json:
        session.emit({"report": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(path)
    if show:
        click.launch(path.resolve().as_uri())


def _wanted(asked: Asked) -> Any:
    from reports.look import Look, accent, logo
    from reports.rendering import Wanted

    ending = asked.output.suffix.lower().lstrip(".") if asked.output else ""
    return Wanted(
        kind="summary" if asked.summary else "report",
        form=asked.form or (ending if ending in FORMS else "html"),
        with_examples=asked.with_examples,
        look=Look(logo(asked.logo) if asked.logo else "", accent(asked.accent) if asked.accent else None),
        locale=asked.locale or "",
    )
