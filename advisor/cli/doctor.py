"""`tunecase doctor`: what is wrong with machine, installation and engagement, and what mends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from advisor.cli.health import engagement as engagement_health
from advisor.cli.health import installation, machine
from advisor.cli.health.card import find_card
from advisor.cli.health.line import Group, Line, all_well
from advisor.cli.session import Session, session_options
from advisor.engagement.errors import DONE, NOT_READY

COLOURS = {"ok": "green", "note": "yellow", "fail": "red"}
SIGNS = {"ok": "+", "note": "!", "fail": "x"}


@click.command()
@click.option("--calibrate", is_flag=True, help="Measure the speed of this machine and keep it for plan")
@session_options
def command(session: Session, calibrate: bool) -> int:
    """Check this machine, this installation and this engagement.

    Exits 3 where something will not work. Reads only, and uses no network.

    \b
    Examples:
      tunecase doctor
      tunecase doctor --json
      tunecase doctor --calibrate
    """
    if calibrate:
        from advisor.cli.calibrate import calibrate as measure

        measure(session)
        return DONE
    groups = [_gathered(session, name, lines) for name, lines in _subjects(session)]
    well = all_well(groups)
    if session.as_json:
        session.emit({"groups": msgspec.to_builtins(groups), "ok": well})
    return DONE if well else NOT_READY


def _subjects(session: Session) -> Iterator[tuple[str, Iterator[Line]]]:
    """The groups in their order; lines are found as they are asked for."""
    here = session.optional_engagement()
    card, problem = find_card()
    yield "machine", machine.lines(here.root if here else Path.cwd(), card, problem)
    yield "installation", installation.lines(card, dt.date.today())
    if here is not None:
        yield "engagement", engagement_health.lines(here, card)


def _gathered(session: Session, name: str, lines: Iterator[Line]) -> Group:
    """One group, each line shown as it arrives."""
    kept: list[Line] = []
    for line in lines:
        if not session.as_json and (session.verbosity >= 0 or line.word == "fail"):
            _show("" if kept else name, line)
        kept.append(line)
    return Group(name=name, lines=kept)


def _show(name: str, line: Line) -> None:
    """A sign and a word, then the text, then the fix below it."""
    word = click.style(f"{SIGNS[line.word]} {line.word:<5}", fg=COLOURS[line.word])
    click.echo(f"{name:<13} {word} {line.text}")
    if line.fix:
        click.echo(f"{'':<21} fix: {line.fix}")
