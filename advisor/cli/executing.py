"""Where the jobs of a comparison run: in this process, on the slots of this machine, or on a Ray cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from advisor.cli.jobs import Execute, Work, in_process
from advisor.cli.session import Session
from advisor.cli.uploads import host_of, refuse_upload
from advisor.cli.worker import Greeting
from advisor.engagement import codec
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement

if TYPE_CHECKING:
    from harness.executors.local import Job
    from harness.executors.scheduling import Task
    from harness.executors.slots import Slot, Worker


class Way(NamedTuple):
    """How jobs are run."""

    slots: Sequence[Slot] = ()
    """Workers of this machine; none for this process."""
    is_cluster: bool = False
    """Whether they go to Ray."""

    @property
    def workers(self) -> int:
        """Jobs at once that share this machine's threads."""
        return max(1, len(self.slots))

    def with_threads(self, threads: int) -> Execute:
        """The executor; every worker computes with so many threads."""
        if self.is_cluster:
            return lambda work, jobs: _on_cluster(work, jobs, threads)
        if self.slots:
            return lambda work, jobs: _on_slots(work, jobs, self.slots, threads)
        return in_process


def chosen(executor: str, slots: int | None) -> Way:
    """What the flags ask for; without them everything happens in this process."""
    if executor == "ray":
        if slots is not None:
            raise PlanError("--slots says nothing to ray", fix="leave --slots away: the cluster has its own")
        return Way(is_cluster=True)
    if not executor and slots is None:
        return Way()
    from harness.executors.devices import slots_here

    return Way(slots=slots_here(slots))


def refuse_cluster(engagement: Engagement, *, allowed: Collection[str]) -> None:
    """Raise NotReady where the answers keep data from the machine that `RAY_ADDRESS` names."""
    address = os.environ.get("RAY_ADDRESS", "")
    host = host_of(address if "://" in address else f"//{address}") if ":" in address else ""
    refuse_upload(engagement, host, "the Ray cluster", allowed=allowed)


@contextmanager
def stored(session: Session, engagement: Engagement, url: str, *, allowed: Collection[str]) -> Iterator[None]:
    """Bring what lies in a second place, and send there what becomes of the work inside; nothing without URL.

    Raises NotReady where the answers keep data from it.
    """
    if not url:
        yield
        return
    from harness.executors.store import Store

    refuse_upload(engagement, host_of(url), "--results", allowed=allowed)
    store = Store(url, engagement)
    came = store.fetch()
    session.say(f"{url}: {came} folders of models and runs came from there")
    with store.following():
        yield


def _on_slots(work: Work, jobs: Sequence[Job], slots: Sequence[Slot], threads: int) -> None:
    from harness.executors.slots import execute

    worker = _worker(work, threads)
    execute(jobs, _tasks(work, jobs), slots=slots, worker=worker, on_progress=work.on_progress)


def _on_cluster(work: Work, jobs: Sequence[Job], threads: int) -> None:
    from harness.executors.ray import Share, execute

    share = Share(threads, [name for name, arm in work.arms.items() if arm.needs_model])
    worker = _worker(work, threads)
    execute(jobs, _tasks(work, jobs), worker=worker, share=share, on_progress=work.on_progress)


def _tasks(work: Work, jobs: Sequence[Job]) -> list[Task]:
    from harness.executors.fleets import tasks_of

    return tasks_of(work.plan, jobs, list(work.expected.values()), lambda band: band.likely)


def _worker(work: Work, threads: int) -> Worker:
    from harness.executors.slots import Worker

    greeting = Greeting(
        root=str(work.engagement.root.resolve()),
        plan=work.plan,
        tracker=work.trainings.tracked.tracker,
        may_upload=work.trainings.tracked.may_upload,
        may_execute=work.may_execute,
        threads=threads,
        expected=list(work.expected.values()),
    )
    # -P: a folder named like a package where the user stands must not be imported
    return Worker([sys.executable, "-P", "-m", "advisor.cli.worker"], codec.encode(greeting) + b"\n")
