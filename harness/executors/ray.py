"""A Ray cluster: every arm and seed is one task with the resources that the cost model says.

A task starts a worker as the slots of one machine do, so that what it computes does not depend on Ray. A task
whose worker or node is lost runs again elsewhere and finds on disk what was done.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.errors import MissingPackage, RunFailed, causes
from advisor.engagement.progress import OnProgress, Progress
from harness.executors.grid import Chain, chains_of
from harness.executors.lines import Done, Failed
from harness.executors.local import Job
from harness.executors.scheduling import Task, longest_ways
from harness.executors.slots import GRACE_SECONDS, Heard, Running, Slot, Worker

RETRIES = 3
"""How often a task is begun again after its worker or node was lost."""
TOKEN = "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to what `ray get-auth-token` prints on the head node"
LOOK_SECONDS = 0.5
"""How long a cancelled task may take to notice."""


class Lost(Exception):
    """The worker of a task died; Ray begins the task again."""


class Resources(NamedTuple):
    """What a task asks Ray for."""

    num_cpus: float
    """Threads within operators."""
    num_gpus: float
    """Whole cards."""
    memory: int
    """Bytes of the node's own memory; 0 where that is not what runs out."""


class Share(NamedTuple):
    """What every task is given."""

    threads: int
    """Threads within operators."""
    on_card: Collection[str]
    """Arms that run on a card where the cluster has any."""


def execute(
    jobs: Sequence[Job], tasks: Sequence[Task], *, worker: Worker, share: Share, on_progress: OnProgress
) -> None:
    """Run every job on the cluster that Ray finds, or on this machine where it finds none.

    Raises the job's own error, or RunFailed where a worker was lost too often.
    """
    ray = _connected()
    try:
        _Grid(ray, jobs, tasks, worker, share).run(on_progress)
    finally:
        ray.shutdown()


def _connected() -> Any:
    """Ray at `RAY_ADDRESS`, the cluster of this machine, or one made now; nothing is reported home."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    _show_token()
    try:
        import ray
    except ModuleNotFoundError:
        raise MissingPackage(
            "`--executor ray` needs the package `ray`, which is not installed",
            fix="pip install 'tunecase[ray]' on every node",
        ) from None
    try:
        ray.init(logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ray.exceptions.AuthenticationError) as wrong:
        if _unknown_here(wrong, ray.exceptions.AuthenticationError):
            where = os.environ.get("RAY_ADDRESS", "this machine")
            raise RunFailed(f"the Ray cluster at {where} turns us away: {_lacks()}", fix=TOKEN) from None
        first = str(wrong).strip().partition("\n")[0]
        raise RunFailed(f"no Ray cluster: {first}", fix="see `ray status`, or unset RAY_ADDRESS") from None
    return ray


def _show_token() -> None:
    """Authenticate where a token is at hand and nothing says whether to.

    Ray does so by itself for a cluster that it finds or makes, and not for one that RAY_ADDRESS names, whose
    head node then turns us away (Ray 2.60). A cluster without authentication takes whoever comes.
    """
    if _token_at() is not None:
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _token_at() -> str | None:
    """Where Ray finds its token; None where there is none."""
    named = next((name for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH") if os.environ.get(name)), None)
    kept = Path.home() / ".ray" / "auth_token"
    return named or (str(kept) if kept.is_file() else None)


def _lacks() -> str:
    at = _token_at()
    if at is None:
        return "it asks for a token, and there is none here"
    if os.environ.get("RAY_AUTH_MODE") == "token":
        return f"the token in {at} is not its own"
    return f"it asks for a token, and RAY_AUTH_MODE is {os.environ.get('RAY_AUTH_MODE')}"


def _unknown_here(wrong: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether the cluster knows no token of ours; Ray tells it as a cause among others, or in words."""
    return any(isinstance(one, kind) or kind.__name__ in str(one) for one in causes(wrong))


class _Grid:
    """Chains of jobs as Ray tasks."""

    def __init__(
        self, ray: Any, jobs: Sequence[Job], tasks: Sequence[Task], worker: Worker, share: Share
    ) -> None:
        self.ray, self.jobs, self.tasks, self.worker, self.share = ray, jobs, tasks, worker, share
        self.chains = chains_of(jobs, [task.after for task in tasks])
        self.whole = ray.cluster_resources()
        self.nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]

    def run(self, tell: OnProgress) -> None:
        """Submit every chain, the longest way first, and wait for all."""
        names = self._submitted()
        left = list(names)
        try:
            while left:
                done, left = self.ray.wait(left, num_returns=1)
                self._conclude(self.chains[names[done[0]]], done[0])
                tell(Progress("arms and seeds", len(names) - len(left), len(names)))
        finally:
            self._cancel(left)

    def _submitted(self) -> dict[Any, int]:
        """The chain of each reference."""
        lengths = [
            Task(sum(self.tasks[number].seconds for number in chain.jobs), after=chain.after)
            for chain in self.chains
        ]
        ways = longest_ways(lengths)
        references: dict[int, Any] = {}
        for number in sorted(range(len(self.chains)), key=lambda one: (-ways[one], one)):
            self._submit(number, references)
        return {reference: number for number, reference in references.items()}

    def _submit(self, number: int, references: dict[int, Any]) -> None:
        if number in references:
            return
        chain = self.chains[number]
        for before in chain.after:
            self._submit(before, references)
        asked = self.resources(chain)
        remote = self.ray.remote(run_chain).options(
            name=_said(self.jobs[chain.jobs[0]]),
            num_cpus=asked.num_cpus,
            num_gpus=asked.num_gpus,
            memory=asked.memory or None,
            max_retries=RETRIES,
            retry_exceptions=[Lost],
        )
        listed = [tuple(self.jobs[one]) for one in chain.jobs]
        earlier = [references[one] for one in chain.after]
        references[number] = remote.remote(
            list(self.worker.command[1:]), self.worker.greeting, listed, *earlier
        )

    def resources(self, chain: Chain) -> Resources:
        """One card where the cluster has cards and the arm a model, else memory, as far as a node has it."""
        on_card = self.jobs[chain.jobs[0]].arm in self.share.on_card and self.whole.get("GPU", 0) >= 1
        need = max(self.tasks[number].memory_gib for number in chain.jobs) * 2**30
        return Resources(
            num_cpus=min(float(self.share.threads), _largest(self.nodes, "CPU")),
            num_gpus=1.0 if on_card else 0.0,
            memory=0 if on_card else int(min(need, _largest(self.nodes, "memory"))),
        )

    def _conclude(self, chain: Chain, reference: Any) -> None:
        said = _said(self.jobs[chain.jobs[0]])
        try:
            failed = self.ray.get(reference)
        except self.ray.exceptions.RayError as wrong:
            first = str(wrong).strip().splitlines()[0] if str(wrong).strip() else type(wrong).__name__
            raise RunFailed(
                f"{said}: lost on the cluster {RETRIES + 1} times, at last: {first}",
                fix="see `ray status` and what the workers said above; run again to resume",
            ) from None
        if failed is not None:
            raise Failed(*failed).as_error()

    def _cancel(self, references: Sequence[Any]) -> None:
        """Ask all at once; each saves what it has."""
        for reference in references:
            with contextlib.suppress(self.ray.exceptions.RayError):
                self.ray.cancel(reference)
        if references:
            self.ray.wait(list(references), num_returns=len(references), timeout=GRACE_SECONDS)


def run_chain(
    command: Sequence[str], greeting: bytes, listed: Sequence[tuple[Any, ...]], *earlier: object
) -> tuple[str, str, str] | None:
    """On a node: jobs in one worker process. Returns an error as its class, problem and fix.

    Raises Lost where the worker died. `earlier` are chains that must be done before.
    """
    if any(one is not None for one in earlier):
        # the driver tells of the failure that is waited for
        return None
    events: queue.Queue[Heard] = queue.Queue()
    running = Running(0, Slot(), Worker([sys.executable, *command], greeting), events)
    try:
        for words in listed:
            running.order(Job(*words))
            answer = _answer(events)
            if isinstance(answer, Failed):
                return answer.error, answer.problem, answer.fix
        return None
    finally:
        _end(running)


def _answer(events: queue.Queue[Heard]) -> Done | Failed:
    """What comes of the job at hand; looks up now and then, so that Ray can cancel."""
    while True:
        try:
            heard = events.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            continue
        if heard.answer is None:
            raise Lost(f"its worker ended by {heard.worker.process.wait()}")
        if isinstance(heard.answer, Done | Failed):
            return heard.answer


def _end(running: Running) -> None:
    running.dismiss()
    until = time.monotonic() + GRACE_SECONDS
    while running.process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def _largest(nodes: Sequence[Mapping[str, float]], what: str) -> float:
    return max((float(node.get(what, 0.0)) for node in nodes), default=0.0)


def _said(job: Job) -> str:
    return f"{job.arm}, seed {job.seed}"
