"""A worker whose jobs wait and write: what executors are tested with where a model is of no matter.

The arm says what a job does: `wait` sleeps, `die` kills its process the first time, `always` every time,
`refuse` fails as a user's mistake, `bug` raises, `full` finds the disk full, `meet` waits for another that
meets. The greeting is the folder that jobs write to.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from pathlib import Path

from advisor.engagement.errors import PlanError
from advisor.engagement.machine import CARD_SHARE
from advisor.engagement.progress import Progress
from harness.executors.local import Job
from harness.executors.worker import Wire, work

COMMAND = [sys.executable, "-m", "tests.harness.sleeping"]


class Stopped(BaseException):
    """SIGTERM arrived."""


def _stop(number: int, frame: object) -> None:
    raise Stopped


def meet(folder: Path, job: Job) -> None:
    """Wait for a second job to begin, at most as long as the first may."""
    until = time.monotonic() + (job.rows or 0) / 1000
    while time.monotonic() < until:
        if len(list(folder.glob("meet-*"))) > 1:
            (folder / f"met-{job.seed}").touch()
            return
        time.sleep(0.02)


def main() -> None:
    """Greet, then work."""
    signal.signal(signal.SIGTERM, _stop)
    wire = Wire()
    folder = Path(wire.orders.readline().decode().strip())

    def do(job: Job) -> None:
        with (folder / f"{job.arm}-{job.seed}").open("a", encoding="utf-8") as out:
            out.write(f"{job.kind} {os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}\n")
        if share := os.environ.get(CARD_SHARE):
            (folder / f"share-{job.seed}").write_text(share, encoding="utf-8")
        began = len((folder / f"{job.arm}-{job.seed}").read_text(encoding="utf-8").splitlines())
        if job.arm == "always" or (job.arm == "die" and began == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if job.arm == "refuse":
            raise PlanError("no such thing", fix="ask for another")
        if job.arm == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if job.arm == "bug":
            raise ZeroDivisionError
        wire.tell(Progress(f"{job.arm}: waiting", 0, 1))
        if job.kind == "train":
            sys.stdout.write("not an answer\n")
        try:
            if job.arm == "meet":
                meet(folder, job)
            else:
                time.sleep((job.rows or 0) / 1000)
        except Stopped:
            (folder / f"saved-{job.seed}").touch()
            raise

    work(wire, {"run": do, "train": do})


if __name__ == "__main__":
    main()
