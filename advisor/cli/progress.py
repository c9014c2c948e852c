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


class _Stage:
    """One stage under way; where its count falls, as for the next seed, it has begun anew."""

    def __init__(self, progress: Progress, now: float) -> None:
        self.began, self.first = now, progress.done
        self.done = progress.done
        self.tenth, self.said = -1, now

    def left(self, progress: Progress, now: float) -> float | None:
        """Seconds, at the pace since it was first seen here; None before the first step."""
        made = progress.done - self.first
        return (now - self.began) * (progress.total - progress.done) / made if made > 0 else None


def _lines() -> OnProgress:
    stages: dict[str, _Stage] = {}

    def report(progress: Progress) -> None:
        now = time.monotonic()
        stage = stages.get(progress.stage)
        if stage is None or progress.done < stage.done:
            stage = stages[progress.stage] = _Stage(progress, now)
        stage.done = progress.done
        tenth = 10 * progress.done // max(progress.total, 1)
        if tenth == stage.tenth and now - stage.said < LINE_EVERY_SECONDS:
            return
        stage.tenth, stage.said = tenth, now
        left = stage.left(progress, now)
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
            task = tasks[progress.stage]
            if progress.done < bar.tasks[task].completed:
                bar.reset(task)
            bar.update(task, completed=progress.done, total=progress.total, note=progress.note)

        yield report
