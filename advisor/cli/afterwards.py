"""What follows a comparison: where its leading arms fail, what to add, and the change since the last data."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import click

from advisor.cli.session import Session
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.failures import Cause, Failures
from advisor.engagement.records.iterations import Iteration

if TYPE_CHECKING:
    from advisor.cli.jobs import Work

MOST = 4
"""Clusters and additions that are printed; the file has them all."""
IDS = 3
"""Row ids beside each."""


class Afterwards(NamedTuple):
    """Both records."""

    failures: Failures
    """As in `runs/failures.json`."""
    iteration: Iteration
    """The present one of `runs/iterations.json`."""


def look_back(work: Work, comparison: Comparison, verdict: Verdict, *, today: dt.date) -> Afterwards:
    """Analyse the failures and keep the iteration; both are written."""
    from harness.failing.analysing import analyse
    from harness.iterating import keep_iteration
    from harness.marking import basis_of, markers

    engagement, plan, data = work.engagement, work.plan, work.data
    ready = markers(basis_of(data, plan, engagement, may_execute=work.may_execute))
    return Afterwards(
        analyse(engagement, data, comparison, verdict, ready=ready),
        keep_iteration(engagement, plan, data, comparison, verdict, ready=ready, today=today),
    )


def show(session: Session, found: Afterwards) -> None:
    """Clusters, additions and the change, a line each; rows only by their ids."""
    if found.iteration.said:
        click.echo(found.iteration.said)
    for arm in found.failures.arms[:1]:
        if not arm.wrong:
            continue
        click.echo(f"\n{arm.arm} is wrong on {arm.wrong} of {arm.n} test rows ({arm.metric}):")
        # one group is all wrong rows: what is shown of them follows
        for cluster in arm.clusters[:MOST] if len(arm.clusters) > 1 else []:
            told = f"{cluster.words} ({_counted(cluster.causes[0])})" if cluster.causes else cluster.words
            click.echo(f"  {len(cluster.rows):>4}  {told}: {_ids(cluster.rows)}")
        hidden = len(arm.clusters) - MOST
        if hidden > 0:
            click.echo(f"        and {hidden} smaller groups")
        shown = [one for one in arm.causes if one.shown]
        for cause in shown[:MOST]:
            click.echo(f"  shown: {cause.words} ({_counted(cause)})")
        if not shown:
            click.echo(f"  no shared cause is shown, of {arm.tested} that were looked for")
    for addition in found.failures.additions[:MOST]:
        ids = f" ({_ids(addition.like)})" if addition.like else ""
        click.echo(f"add: {addition.words}{ids}" if addition.rows else f"mend: {addition.words}{ids}")
    for note in (*found.failures.notes, *(note for arm in found.failures.arms[:1] for note in arm.notes)):
        session.say(f"note: {note}")


def _counted(cause: Cause) -> str:
    """`8 of 9; 5 % of right rows; p = 0.0004`."""
    told = f"{cause.count} of {cause.n}"
    if cause.outside_n:
        told += f"; {100 * cause.outside_count / cause.outside_n:.0f} % of {cause.outside}"
    if cause.p_adjusted is not None:
        told += f"; p = {cause.p_adjusted:.2g}" if cause.p_adjusted >= 1e-4 else "; p < 0.0001"
    return told


def _ids(rows: list[str]) -> str:
    return ", ".join(rows[:IDS]) + (", ..." if len(rows) > IDS else "")
