"""Worker processes, one for each slot: a GPU of this machine or a lane of one, or a lane of its CPU."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from advisor.engagement.errors import RunFailed
from advisor.engagement.machine import CARD_SHARE
from advisor.engagement.progress import OnProgress, Progress
from harness.executors.lines import Answer, Failed, Moved, Order, answers, write
from harness.executors.local import Job
from harness.executors.scheduling import Queue, Task

TRIES = 2
"""A job whose worker died is begun again once."""
GRACE_SECONDS = 120.0
"""How long a worker may take to save and end, once it is asked to."""


class Slot(NamedTuple):
    """Where one worker runs."""

    memory_gib: float = 0.0
    """What its card or CPU has; 0 where that is not known."""
    card: str | None = None
    """What `CUDA_VISIBLE_DEVICES` says there; None leaves it as it is."""


def memories(slots: Sequence[Slot]) -> list[int]:
    """For each slot the number of the first one that has the same card, or the same CPU."""
    names = [slot.card for slot in slots]
    return [names.index(name) for name in names]


def shared(slots: Sequence[Slot]) -> set[int]:
    """Slots whose card other slots have too."""
    names = [slot.card for slot in slots]
    return {number for number, name in enumerate(names) if name is not None and names.count(name) > 1}


class Worker(NamedTuple):
    """How a worker is started."""

    command: Sequence[str]
    """A process that does jobs, see `worker.py`."""
    greeting: bytes = b""
    """What it is told before the first job, a line."""


class Running:
    """One worker process."""

    def __init__(
        self,
        number: int,
        slot: Slot,
        worker: Worker,
        events: queue.Queue[Heard],
        *,
        share_gib: float | None = None,
    ) -> None:
        """`share_gib` is what it may take of a card that others use too."""
        card = {} if slot.card is None else {"CUDA_VISIBLE_DEVICES": slot.card}
        card |= {} if share_gib is None else {CARD_SHARE: f"{share_gib:.2f}"}
        self.process = subprocess.Popen(
            list(worker.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | card,
            # Ctrl-C reaches the parent alone, which asks each worker once
            start_new_session=True,
        )
        self._number, self._events = number, events
        self._send(worker.greeting)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for answer in answers(self.process.stdout):  # type: ignore[arg-type]
            self._events.put(Heard(self._number, self, answer))
        self._events.put(Heard(self._number, self, None))

    def _send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        # a worker that is dead already says so by the end of its answers
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def order(self, job: Job) -> None:
        """Begin a job."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            write(self.process.stdin, Order(*job))  # type: ignore[arg-type]

    def dismiss(self) -> None:
        """No more orders: an idle worker ends, a busy one saves and ends."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


class Heard(NamedTuple):
    """What was heard."""

    slot: int
    """From where."""
    worker: Running
    """From whom."""
    answer: Answer | None
    """None: it ended."""


def execute(
    jobs: Sequence[Job],
    tasks: Sequence[Task],
    *,
    slots: Sequence[Slot],
    worker: Worker,
    on_progress: OnProgress,
) -> None:
    """Run every job; the first failure stops the others, which save what they have.

    Raises the job's own error, or RunFailed where its worker died twice.
    """
    _Execution(jobs, tasks, slots, worker, on_progress).run()


def _sharing(tasks: Sequence[Task], slots: Sequence[Slot]) -> list[Task]:
    """The tasks; what is not known to fit beside others asks for a whole card."""
    largest = max(slot.memory_gib for slot in slots)
    return [task if task.memory_gib else task._replace(memory_gib=largest) for task in tasks]


class _Execution:
    """The queue, the workers, and who does what."""

    def __init__(
        self,
        jobs: Sequence[Job],
        tasks: Sequence[Task],
        slots: Sequence[Slot],
        worker: Worker,
        on_progress: OnProgress,
    ) -> None:
        self.jobs, self.slots, self.worker, self.tell = jobs, slots, worker, on_progress
        self.shared = shared(slots)
        self.queue = Queue(
            _sharing(tasks, slots) if self.shared else tasks,
            [slot.memory_gib for slot in slots],
            memories(slots),
        )
        self.events: queue.Queue[Heard] = queue.Queue()
        self.workers: dict[int, Running] = {}
        self.doing: dict[int, int] = {}
        self.leaving: set[int] = set()
        self.tries = [0] * len(jobs)

    def run(self) -> None:
        """Until every job is done."""
        try:
            while self.queue.left:
                self._give()
                self._hear(self.events.get())
        finally:
            self._dismiss()

    def _give(self) -> None:
        free = set(range(len(self.slots))) - set(self.doing)
        while (taken := self.queue.take(free)) is not None:
            number, slot = taken
            free.discard(slot)
            self.doing[slot] = number
            self.tries[number] += 1
            if slot not in self.workers:
                share = self.queue.needs[number] if slot in self.shared else None
                self.workers[slot] = Running(
                    slot, self.slots[slot], self.worker, self.events, share_gib=share
                )
            self.workers[slot].order(self.jobs[number])

    def _hear(self, event: Heard) -> None:
        if self.workers.get(event.slot) is not event.worker:
            return
        if event.answer is None:
            del self.workers[event.slot]
            if event.slot in self.leaving:
                self.leaving.discard(event.slot)
                self._finish(event.slot)
            elif event.slot in self.doing:
                self._lost(self.doing.pop(event.slot), event.worker.process.wait())
        elif isinstance(event.answer, Failed):
            raise event.answer.as_error()
        elif isinstance(event.answer, Moved):
            seed = self.jobs[self.doing[event.slot]].seed
            said = event.answer
            self.tell(Progress(f"{said.stage}, seed {seed}", said.done, said.total, said.note))
        elif event.slot in self.shared:
            # torch keeps what it once held of a card until its process ends, and the next job counts on it
            self.leaving.add(event.slot)
            event.worker.dismiss()
        else:
            self._finish(event.slot)

    def _finish(self, slot: int) -> None:
        self.queue.finish(self.doing.pop(slot))
        self.tell(Progress("jobs", len(self.jobs) - self.queue.left, len(self.jobs)))

    def _lost(self, number: int, code: int) -> None:
        job = self.jobs[number]
        if self.tries[number] < TRIES:
            self.queue.put_back(number)
            return
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        raise RunFailed(
            f"{job.kind} {job.arm}, seed {job.seed}: its worker died {TRIES} times, at last by {how}",
            fix="read what it said above; where memory ran out, use fewer --slots; run again to resume",
        )

    def _dismiss(self) -> None:
        """Ask all at once, wait for all; whoever does not end in time is killed, as on a second Ctrl-C."""
        for worker in self.workers.values():
            worker.dismiss()
        until = time.monotonic() + GRACE_SECONDS
        try:
            for worker in self.workers.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.process.wait(max(0.0, until - time.monotonic()))
        finally:
            for worker in self.workers.values():
                if worker.process.poll() is None:
                    worker.process.kill()
                worker.process.wait()
