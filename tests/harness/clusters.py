"""A Ray cluster of several nodes on this machine, each a process of its own, for tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.source import ROOT

STARTS_SECONDS = 60.0
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


class Node(NamedTuple):
    """One node: `ray start --block`."""

    process: subprocess.Popen[str]
    """Ends the node's other processes when it is told to."""

    def kill(self) -> None:
        """Take the node away as a power cut does: its raylet, and with it every worker."""
        for child in children(self.process.pid):
            if "raylet" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0].decode():
                os.kill(child, signal.SIGKILL)


class Cluster(NamedTuple):
    """Its address and nodes."""

    address: str
    """As `RAY_ADDRESS` takes it."""
    nodes: list[Node]
    """The head first."""


def children(process: int) -> list[int]:
    """Processes that a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8")
    return [int(word) for word in listed.split()]


@contextmanager
def cluster(*, nodes: int, cpus: int) -> Iterator[Cluster]:
    """So many nodes with so many CPUs each."""
    # sockets of Ray lie below, and their paths may not be long
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        head, address = _start(["--head", "--port=0", "--include-dashboard=0", f"--temp-dir={folder}"], cpus)
        started = [head]
        try:
            started += [_start([f"--address={address}"], cpus)[0] for _ in range(nodes - 1)]
            yield Cluster(address, started)
        finally:
            for node in reversed(started):
                node.process.terminate()
            for node in started:
                node.process.wait(STARTS_SECONDS)


def _start(options: list[str], cpus: int) -> tuple[Node, str]:
    """A node, and the address that others join it at."""
    program = str(Path(sys.executable).parent / "ray")
    command = [program, "start", "--block", f"--num-cpus={cpus}", *options]
    process = subprocess.Popen(
        command, env=os.environ | QUIET, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said, until = "", time.monotonic() + STARTS_SECONDS
    while "This command will now block" not in said:
        line = process.stdout.readline()
        said += line
        if not line or time.monotonic() > until:
            raise RuntimeError(f"ray does not start: {said}")
    found = re.search(r"--address='([\d.:]+)'", said)
    return Node(process), found.group(1) if found else ""
