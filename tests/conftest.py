"""What all tests share: no network, one thread, and one finished demo for those that read it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from advisor.engagement.folder import Engagement

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ.pop("TUNECASE_ENGAGEMENT", None)

HERE = Path(__file__).parent
DEMO_LIMIT = "24"
"""Rows of each split in the demo that the tests run: every arm and every step, in half a minute."""


def environment(**more: str) -> dict[str, str]:
    """A child's environment: sockets refused, nothing that says offline, plain output."""
    hub = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    inherited = {name: value for name, value in os.environ.items() if name not in hub}
    path = os.pathsep.join([str(HERE / "no_network"), str(HERE.parent)])
    return inherited | {"PYTHONPATH": path, "NO_COLOR": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "100"} | more


def tunecase(
    *arguments: str | Path, folder: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with sockets refused."""
    return subprocess.run(
        [sys.executable, "-m", "advisor", *map(str, arguments)],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Demo:
    """A finished `tunecase demo`."""

    engagement: Engagement
    """Its folder."""
    stdout: str
    """What it printed."""
    stderr: str
    """What it said."""
    code: int
    """How it ended."""
    attempts: str
    """Network connections it tried, one a line."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo over few rows, run once for all tests; read it, never write to it."""
    root = tmp_path_factory.mktemp("finished")
    log = root / "attempts"
    done = tunecase(
        "demo", "--out", root / "demo", "--limit", DEMO_LIMIT, folder=root, NETWORK_ATTEMPTS=str(log)
    )
    attempts = log.read_text(encoding="utf-8") if log.exists() else ""
    return Demo(Engagement(root / "demo"), done.stdout, done.stderr, done.returncode, attempts)
