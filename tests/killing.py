"""Kills a demo in the middle, and reads from disk what must not depend on it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from advisor.engagement.folder import Engagement
from tests.conftest import DEMO_LIMIT, environment

TIMINGS = ("seconds", "p50_seconds", "p95_seconds", "peak_memory_gib", "train_seconds", "provenance")
MONEY_OF_TIME = ("cost_usd_per_1000", "train_cost_usd")


def predictions(engagement: Engagement) -> dict[str, list[dict[str, Any]]]:
    """Rows of every run, timings excluded, as they lie on disk."""
    found = {}
    for folder in sorted((engagement.root / "runs").iterdir()):
        if (folder / "predictions.jsonl").exists():
            rows = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
            found[folder.name] = [without(json.loads(row), TIMINGS) for row in rows]
    return found


def without(record: Any, names: tuple[str, ...]) -> Any:
    """The record with these fields left out, at any depth."""
    if isinstance(record, dict):
        return {key: without(value, names) for key, value in record.items() if key not in names}
    if isinstance(record, list):
        return [without(item, names) for item in record]
    return record


STEPS, PREDICTIONS = "models/*/steps.jsonl", "runs/*/predictions.jsonl"


def lines(root: Path, pattern: str) -> int:
    """Whole lines on disk in files of this pattern."""
    return sum(path.read_bytes().count(b"\n") for path in root.glob(pattern))


def kill(out: Path, *, at: int, of: str, delay: float) -> None:
    """Start the demo and kill -9 it a moment after so many lines of a kind are on disk."""
    command = [sys.executable, "-m", "advisor", "demo", "--out", str(out), "--limit", DEMO_LIMIT]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and lines(out, of) < at:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()


def judged(engagement: Engagement) -> list[Any]:
    """Comparison and verdict, timings and what they cost excluded."""
    files = (engagement.comparison_path, engagement.verdict_path)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return [without(record, (*TIMINGS, *MONEY_OF_TIME)) for record in records]
