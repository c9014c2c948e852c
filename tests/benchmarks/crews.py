"""Crews of two processes: stopped and resumed, a whole model in parts, sharding that is not on refused."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from pathlib import Path

from tests.harness.conftest import build_tiny_model
from tests.trainers.crewing import furthest, launched, prepared, pretended, started, steps, trained
from trainers.exports.accelerate import ddp, fsdp2


def run() -> dict[str, object]:
    """What the tests leave out because every crew imports all libraries twice."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        model = root / "model"
        model.mkdir()
        build_tiny_model(model)
        fresh = prepared(root, model)
        return {
            **_stopped(fresh, root),
            **_parted(fresh, root),
            "sharding_that_is_not_on_is_refused": _refused(_copy(fresh, root / "refused")),
        }


def _copy(fresh: Path, folder: Path) -> Path:
    return Path(shutil.copytree(fresh, folder / "client"))


def _stopped(fresh: Path, root: Path) -> dict[str, object]:
    """A crew ends by SIGTERM after its first checkpoint and goes on to what an undisturbed one learns."""
    whole, cut = _copy(fresh, root / "whole"), _copy(fresh, root / "cut")
    assert launched(whole, ddp(2)).returncode == 0
    begun = started(cut, ddp(2))
    while begun.poll() is None and not list(cut.glob("models/*/checkpoint/checkpoint-*/complete")):
        time.sleep(0.01)
    begun.send_signal(signal.SIGTERM)
    assert begun.wait(60) != 0
    before = len(steps(cut))
    assert launched(cut, ddp(2)).returncode == 0
    losses = [[step["loss"] for step in steps(one)] for one in (whole, cut)]
    return {
        "steps": len(losses[0]),
        "steps_before_the_stop": before,
        "resumed_equal": losses[0] == losses[1] and furthest(whole, cut) == 0.0,
    }


def _parted(fresh: Path, root: Path) -> dict[str, object]:
    """Each kind of fine-tuning by FSDP2 beside one process."""
    found: dict[str, object] = {}
    for arm in ("lora", "qlora", "full"):
        alone, crew = _copy(fresh, root / f"{arm}-alone"), _copy(fresh, root / f"{arm}-parted")
        done = pretended(crew, fsdp2(2), arm=arm)
        assert done.returncode == 0, done.stderr
        (result,) = crew.glob("models/*/result.json")
        assert "trained by 2 processes with FSDP2" in result.read_text(encoding="utf-8")
        trained(alone, arm)
        found[f"{arm}_by_fsdp2_largest_difference"] = furthest(alone, crew)
    return found


def _refused(root: Path) -> bool:
    """accelerate takes DDP on a CPU without a word; the training ends before its first step."""
    done = launched(root, fsdp2(2))
    said = "FSDP was asked for, and 100% of the weights lie whole in every process" in done.stderr
    return done.returncode != 0 and said and not list(root.glob("models/*/result.json"))
