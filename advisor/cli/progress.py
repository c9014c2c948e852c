"""Signs of life on stderr: a bar on a terminal, a line every tenth or every minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from advisor.cli.session import Session
from advisor.engagement.progress import OnProgress, Progress, silent

LINE_EVERY_SECONDS = 60.0


@contextmanager
def reporter(session: Session) -> Iterator[OnProgress]:
    """A callable that engines call with their Progress."""
    if session.verbosity < 0:
        yield silent
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _lines()


def _lines() -> OnProgress:
    last: dict[str, tuple[int, float]] = {}
    started: dict[str, float] = {}

    def report(progress: Progress) -> None:
        now = time.monotonic()
        started.setdefault(progress.stage, now)
        tenth = 10 * progress.done // max(progress.total, 1)
        before, at = last.get(progress.stage, (-1, now))
        if tenth == before and now - at < LINE_EVERY_SECONDS:
            return
        last[progress.stage] = (tenth, now)
        elapsed = now - started[progress.stage]
        left = elapsed * (progress.total - progress.done) / progress.done if progress.done else None
        ending = f", {left:.0f} s left" if left else ""
        note = f", {progress.note}" if progress.note else ""
        click.echo(f"{progress.stage} {progress.done}/{progress.total}{note}{ending}", err=True)

    return report


@contextmanager
def _bar() -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks = {}

        def report(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bar.add_task(progress.stage, total=progress.total, note="")
            bar.update(
                tasks[progress.stage], completed=progress.done, total=progress.total, note=progress.note
            )

        yield report
