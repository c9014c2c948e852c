"""`tunecase explain`: what a technique, question, metric, word or exit code means."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from advisor.cli.session import Session, session_options
from advisor.explanations._kind import Block, Entry, Kind

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
HEADINGS: dict[Kind, str] = {
    "approach": "Approaches",
    "technique": "Techniques",
    "question": "Questions",
    "arm": "Arms",
    "metric": "Metrics",
    "term": "Terms",
    "errors": "Exit codes",
}


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names for the shell."""
    from advisor.explanations.finding import beginning_with

    return [CompletionItem(name, help=title) for name, title in beginning_with(incomplete).items()]


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME]", shell_complete=complete)
@session_options
def command(session: Session, words: tuple[str, ...]) -> None:
    """Explain a technique, question, metric or term.

    Without NAME it lists all names. Case, blanks, hyphens and underscores do not matter.

    \b
    Examples:
      tunecase explain
      tunecase explain lora
      tunecase explain knowledge_changes
      tunecase explain exit-codes
    """
    from advisor.explanations.finding import all_entries, find

    entries = find(" ".join(words)) if words else list(all_entries())
    if session.as_json:
        session.emit({"entries": entries})
    elif words:
        draw(session.console(), entries)
    else:
        draw_list(session.console(), entries)
        session.say("next: tunecase explain NAME")


def draw_list(console: Console, entries: Sequence[Entry]) -> None:
    """Names and titles by kind."""
    for kind, heading in HEADINGS.items():
        listed = [entry for entry in entries if entry.kind == kind]
        _say(console, heading, style="bold")
        width = max(len(entry.name) for entry in listed)
        for entry in listed:
            _say(console, entry.title, lead=f"  {entry.name:<{width}}  ")
        console.print()


def draw(console: Console, entries: Sequence[Entry]) -> None:
    """Entries of one name, one after the other."""
    for number, entry in enumerate(entries):
        if number:
            console.print()
        _entry(console, entry)


def _entry(console: Console, entry: Entry) -> None:
    kind = "exit code" if entry.kind == "errors" else entry.kind
    _say(console, entry.title, style="bold")
    _say(console, f"{kind}, {entry.name}")
    for text in (entry.what, *entry.paragraphs):
        console.print()
        _say(console, text)
    for block in entry.blocks:
        _block(console, block)
    if entry.figures:
        _heading(console, "Published")
    for figure in entry.figures:
        _say(console, figure.text, lead="  - ")
        _say(console, figure.source, lead="    ")
    if entry.see_also or entry.aliases:
        console.print()
    if entry.aliases:
        _say(console, ", ".join(entry.aliases), lead="also called  ")
    if entry.see_also:
        _say(console, ", ".join(entry.see_also), lead="see also     ")


def _block(console: Console, block: Block) -> None:
    _heading(console, block.heading)
    width = max(len(line.mark or "-") for line in block.lines)
    for line in block.lines:
        _say(console, line.text, lead=f"  {line.mark or '-':<{width}}  ")
        for note in line.notes:
            _say(console, note, lead=" " * (width + 4))


def _heading(console: Console, text: str) -> None:
    console.print()
    _say(console, text, style="bold")


def _say(console: Console, text: str, *, lead: str = "", style: str = "") -> None:
    """Text at the console's width, wrapped under its own beginning."""
    from rich.text import Text

    width = min(console.width, WIDEST)
    wrapped = textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapped:
        console.print(Text(line, style=style), soft_wrap=True)
