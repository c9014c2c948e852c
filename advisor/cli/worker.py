"""One worker of `compare --executor`: `python -m advisor.cli.worker`, told what to do a line at a time."""

from __future__ import annotations

import platform
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from advisor.engagement.errors import DONE, INTERRUPTED, TERMINATED, NotReady, TunecaseError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.forecast import ArmForecast
from advisor.engagement.records.plan import Plan

if TYPE_CHECKING:
    from advisor.cli.jobs import Work
    from harness.executors.worker import Wire


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker must know before its first job."""

    root: str
    """The engagement's folder."""
    plan: Plan
    """As it was agreed when the comparison began."""
    tracker: str
    """Who else is told of losses and settings; empty for nobody."""
    may_upload: bool
    """Whether they may go to another machine."""
    may_execute: bool = False
    """Whether SQL that models wrote may be executed, as the person at the command line said."""
    threads: int
    """Threads within operators: those of every other worker."""
    expected: list[ArmForecast]
    """What the forecast says of the arms."""


def main() -> int:
    """Work until nobody orders any more."""
    from advisor.cli.main import Terminated, on_sigterm

    signal.signal(signal.SIGTERM, on_sigterm)
    try:
        _serve()
    except Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def _serve() -> None:
    from harness.executors.lines import Failed, write
    from harness.executors.worker import Wire, work

    wire = Wire()
    greeting = msgspec.json.decode(wire.orders.readline(), type=Greeting)
    try:
        actions = _prepared(greeting, wire).actions()
    except TunecaseError as error:
        write(wire.out, Failed.of(error))
        return
    work(wire, actions)


def _prepared(greeting: Greeting, wire: Wire) -> Work:
    from advisor.cli.environment import silence
    from advisor.cli.trainings import Tracked

    engagement = Engagement(Path(greeting.root))
    if not engagement.settings_path.exists():
        raise NotReady(
            f"{greeting.root}: not there on {platform.node()}",
            fix="put the engagement on a file system that every node sees under the same path",
        )
    silence(greeting.plan.model)
    from advisor.cli.jobs import Work
    from trainers.language.threads import set_threads

    set_threads(greeting.threads)
    tracked = Tracked(greeting.tracker, greeting.may_upload)
    made = Work(
        engagement,
        greeting.plan,
        on_progress=wire.tell,
        tracked=tracked,
        may_execute=greeting.may_execute,
    )
    made.expected = {arm.name: arm for arm in greeting.expected}
    return made


if __name__ == "__main__":
    sys.exit(main())
