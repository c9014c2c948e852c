"""The worker's side: one job after the other as they are ordered, and an end that is safe once nobody orders.

When whoever started it is gone, even killed, its input ends: the job at hand is then stopped as by SIGTERM.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import BinaryIO

import msgspec

from advisor.engagement.errors import TunecaseError, full_disk
from advisor.engagement.progress import Progress
from harness.executors.lines import Done, Failed, Moved, Order, write
from harness.executors.local import Job

Actions = Mapping[str, Callable[[Job], None]]


class Wire:
    """Both directions of the connection; what libraries print goes to stderr."""

    def __init__(self) -> None:
        self.orders: BinaryIO = os.fdopen(os.dup(0), "rb")
        self.out: BinaryIO = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def tell(self, progress: Progress) -> None:
        """Pass a sign of life on."""
        write(self.out, Moved(*progress))


class _Listener:
    """Reads orders while a job runs, so that the end of the input is noticed then too."""

    def __init__(self, orders: BinaryIO) -> None:
        self.waiting: queue.Queue[Job | None] = queue.Queue()
        self.busy = threading.Event()
        self.ended = threading.Event()
        threading.Thread(target=self._read, args=(orders,), daemon=True).start()

    def _read(self, orders: BinaryIO) -> None:
        for line in orders:
            order = msgspec.json.decode(line, type=Order)
            self.waiting.put(Job(order.kind, order.arm, order.seed, order.rows))
        self.ended.set()
        self.waiting.put(None)
        if self.busy.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


def work(wire: Wire, actions: Actions) -> None:
    """Do what is ordered until the input ends; an error that another try may mend ends the process."""
    listener = _Listener(wire.orders)
    while (job := listener.waiting.get()) is not None:
        listener.busy.set()
        if listener.ended.is_set():
            return
        try:
            actions[job.kind](job)
        except TunecaseError as error:
            write(wire.out, Failed.of(error))
        except Exception as wrong:
            full = full_disk(wrong)
            if full is None:
                raise
            write(wire.out, Failed.of(full))
        else:
            write(wire.out, Done())
        listener.busy.clear()
