"""A comparison on two slots, stopped and then killed, resumes in one process to undisturbed numbers."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from pathlib import Path

from tests.cli.comparing import alike, compared, planned, started
from tests.harness.conftest import build_tiny_model
from tests.killing import STEPS, lines

BETWEEN = 8
"""Optimizer steps on disk between two signals."""
SIGNALS = ((signal.SIGTERM, 143), (signal.SIGKILL, -9))
"""And how the command ends."""


def run() -> dict[str, object]:
    """SIGTERM first, then kill -9; the rest in one process, and all of it once undisturbed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "model").mkdir()
        fresh = planned(root, build_tiny_model(root / "model"), arms=("floor", "lora", "full"))
        cut = Path(shutil.copytree(fresh, root / "cut"))
        at = [_stop(cut, number, code) for number, code in SIGNALS]
        assert not (cut / "runs" / "verdict.json").exists()
        whole = compared(Path(shutil.copytree(fresh, root / "whole")))
        return {"steps_at_the_signals": at, "equal": alike(whole, compared(cut))}


def _stop(root: Path, number: signal.Signals, code: int) -> int:
    """Steps on disk when it had ended."""
    before = lines(root, STEPS)
    with started(root) as going:
        while going.poll() is None and lines(root, STEPS) < before + BETWEEN:
            time.sleep(0.01)
        going.send_signal(number)
        said = going.communicate(timeout=120)[1]
    assert going.returncode == code, said
    return lines(root, STEPS)
