"""A Ray cluster of several nodes on this machine, each a process of its own, for tests.

It is independent of what else this machine holds: a token of its own (a file `~/.ray/auth_token` turns
authentication on in a head node and not in those that join it), addresses on loopback, ports that the system
picks, and a folder of its own. Where a node does not join, the whole cluster is begun again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.source import ROOT

STARTS_SECONDS = 90.0
TRIES = 3
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    # a worker costs a second of CPU, and most of those begun in advance would idle
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
}


class DoesNotStart(Exception):
    """The node of this number said this and no more."""

    def __init__(self, number: int, said: str) -> None:
        self.number = number
        super().__init__(said)


class Node(NamedTuple):
    """One node: `ray start --block`."""

    process: subprocess.Popen[str]
    """Its other processes are its children."""

    def kill(self) -> None:
        """Take the node away as a power cut does: its raylet, and with it every worker."""
        for child in children(self.process.pid):
            if "raylet" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0].decode():
                os.kill(child, signal.SIGKILL)

    def end(self) -> None:
        """Leave nothing of it, at once: a node that is asked drains first, and needs the head for that."""
        for process in [*descendants(self.process.pid), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()


class Cluster(NamedTuple):
    """How to reach it, and its nodes."""

    environment: dict[str, str]
    """What a driver needs: the address as `RAY_ADDRESS`, the token."""
    nodes: list[Node]
    """The head first."""

    @property
    def address(self) -> str:
        """Host and port."""
        return self.environment["RAY_ADDRESS"]


def children(process: int) -> list[int]:
    """Processes that a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8")
    return [int(word) for word in listed.split()]


def descendants(process: int) -> list[int]:
    """Its children and theirs, the youngest first; none of a process that is gone."""
    try:
        found = children(process)
    except FileNotFoundError:
        return []
    return [*(one for child in found for one in descendants(child)), *found]


def skip_without_ray() -> None:
    """Skip the test module where Ray is not installed or this system has no second loopback address.

    Ray itself stays unimported: it reads how to authenticate once, when it is imported.
    """
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed", allow_module_level=True)
    if sys.platform != "linux":
        pytest.skip("two nodes on one machine need Linux's 127.0.0.2", allow_module_level=True)


@contextmanager
def cluster(*, nodes: int, cpus: int) -> Iterator[Cluster]:
    """So many nodes with so many CPUs each; skips where Ray cannot run even one of them here."""
    with contextlib.ExitStack() as stack:
        for left in reversed(range(TRIES)):
            attempt = contextlib.ExitStack()
            try:
                found = _cluster(attempt, nodes, cpus)
            except DoesNotStart as wrong:
                attempt.close()
                if not left and not wrong.number:
                    pytest.skip(f"Ray does not run here: {wrong}")
                if not left:
                    raise
            else:
                stack.push(attempt.pop_all())
                break
        yield found


def _cluster(stack: contextlib.ExitStack, nodes: int, cpus: int) -> Cluster:
    # sockets of Ray lie below, and their paths may not be long
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    head = ["--head", "--port=0", "--include-dashboard=0", f"--temp-dir={folder}"]
    address, started = "", []
    for number in range(nodes):
        # Ray turns 127.0.0.1 into the address of the network, which not every machine lets through
        options = [f"--node-ip-address=127.0.0.{number + 2}", f"--num-cpus={cpus}"]
        node = Node(_begun([*options, *([f"--address={address}"] if number else head)], token))
        stack.callback(node.end)
        started.append(node)
        said = _heard(node, number)
        address = address or _address(said)
    return Cluster({**QUIET, **token, "RAY_ADDRESS": address}, started)


def _address(said: str) -> str:
    found = re.search(r"--address='([\d.:]+)'", said)
    assert found is not None, said
    return found.group(1)


def _begun(options: list[str], token: dict[str, str]) -> subprocess.Popen[str]:
    program = str(Path(sys.executable).parent / "ray")
    return subprocess.Popen(
        # each worker takes a port that is free, where two nodes would go through the same list
        [program, "start", "--block", "--min-worker-port=0", "--max-worker-port=0", *options],
        env={name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        | QUIET
        | token,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _heard(node: Node, number: int) -> str:
    """What the node says until it runs."""
    assert node.process.stdout is not None
    watch = threading.Timer(STARTS_SECONDS, node.end)
    watch.start()
    said = ""
    try:
        for line in node.process.stdout:
            said += line
            if "This command will now block" in line:
                return said
    finally:
        watch.cancel()
    last = " | ".join(said.strip().splitlines()[-5:])
    raise DoesNotStart(number, last or f"no word in {STARTS_SECONDS:.0f} s")
