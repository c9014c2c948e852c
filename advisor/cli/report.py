"""`tunecase report`: one HTML file from what the folder holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from advisor.cli.session import Session, session_options


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write  [default: report/report.html]",
)
@click.option("--with-examples", is_flag=True, help="Show client texts: wins and losses, at most five each")
@click.option("--open", "show", is_flag=True, help="Open it in the browser")
@session_options
def command(session: Session, output: Path | None, with_examples: bool, show: bool) -> None:
    """Write one HTML file for the client.

    After advise alone it is a scoping report, after compare the comparison report.

    \b
    Examples:
      tunecase report
      tunecase report -o acme.html --with-examples
    """
    from reports.rendering import write_report

    path = write_report(session.engagement(), output, today=dt.date.today(), with_examples=with_examples)
    if session.as_json:
        session.emit({"report": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(path)
    if show:
        click.launch(path.resolve().as_uri())
