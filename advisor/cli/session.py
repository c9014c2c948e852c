"""What every command shares: where the engagement is, who listens, and how loudly to speak."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Session:
    """One invocation: data goes to stdout, talk goes to stderr."""

    folder: Path | None
    """What -C or TUNECASE_ENGAGEMENT named."""
    as_json: bool
    """One JSON object on stdout, nothing else there."""
    verbosity: int
    """-1 errors only, 0 one line per step, 1 info, 2 debug."""

    def engagement(self) -> Engagement:
        """The engagement to work in; without one, exit 3 with the way out."""
        if self.folder is not None and not self.folder.is_dir():
            raise NotReady(f"{self.folder}: no such folder", fix="run `tunecase init DIR`")
        return Engagement.find(self.folder or Path.cwd())

    def optional_engagement(self) -> Engagement | None:
        """The engagement, or None where no folder was named and none is near."""
        if self.folder is not None:
            return self.engagement()
        try:
            return Engagement.find(Path.cwd())
        except NotReady:
            return None

    def say(self, line: str) -> None:
        """One line of talk on stderr, unless quiet."""
        if self.verbosity >= 0:
            click.echo(line, err=True)

    def detail(self, line: str) -> None:
        """Talk for -v."""
        if self.verbosity >= 1:
            click.echo(line, err=True)

    def emit(self, record: object) -> None:
        """The answer of a `--json` command."""
        click.echo(json.dumps(msgspec.to_builtins(record), indent=2, ensure_ascii=False))

    def console(self) -> Console:
        """Rich on stdout, for tables; honours NO_COLOR and pipes."""
        from rich.console import Console

        return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())

    @property
    def may_prompt(self) -> bool:
        """Whether a person is there to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI") and not self.as_json


def session_options(function: F) -> F:
    """Add -C, --json, -q, -v and hand the command its Session as first argument."""

    @click.option(
        "-C",
        "--engagement",
        "folder",
        type=click.Path(path_type=Path),
        envvar="TUNECASE_ENGAGEMENT",
        metavar="DIR",
        help="Work in this folder (default: nearest engagement.toml)",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout")
    @click.option("-q", "--quiet", is_flag=True, help="Errors only")
    @click.option("-v", "--verbose", count=True, help="More detail; twice for debug")
    @functools.wraps(function)
    def wrapped(
        *args: Any, folder: Path | None, as_json: bool, quiet: bool, verbose: int, **options: Any
    ) -> Any:
        session = Session(folder=folder, as_json=as_json, verbosity=-1 if quiet else verbose)
        return function(session, *args, **options)

    return wrapped  # type: ignore[return-value]
