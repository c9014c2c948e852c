"""Renews the commands' help in README.md: `python -m tests.readme`."""

from __future__ import annotations

import click

from advisor.cli.main import COMMANDS, CONTEXT, group
from tests.source import ROOT

BEGIN, END = "<!-- help: renewed by `python -m tests.readme` -->\n", "<!-- end of help -->"
WIDTH = 100


def shown_help(name: str) -> str:
    """One command's help as a terminal of 100 columns shows it."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    context = click.Context(
        command,
        info_name=f"tunecase {name}",
        max_content_width=WIDTH,
        terminal_width=WIDTH,
        help_option_names=CONTEXT["help_option_names"],
    )
    return command.get_help(context)


def with_help(text: str) -> str:
    """The README with the present help between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    entries = [f"### `tunecase {name}`\n\n```text\n{shown_help(name)}\n```\n" for name in COMMANDS]
    return before + BEGIN + "\n" + "\n".join(entries) + "\n" + END + after


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_help(path.read_text(encoding="utf-8")), encoding="utf-8")
