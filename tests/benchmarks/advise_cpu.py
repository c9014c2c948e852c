"""CPU time of one `advise --json` in a new process, Python's start and all flips included; 0.3 s at most."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

BUDGET_SECONDS = 0.3
REPEATS = 5
ANSWERS = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"


def run() -> dict[str, object]:
    """Median, lowest and highest CPU seconds, after one run that warms the disk."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [_cpu_seconds(folder) for _ in range(REPEATS + 1)][1:]
    return {
        "cpu_seconds_median": round(median(seconds), 3),
        "cpu_seconds_low": round(min(seconds), 3),
        "cpu_seconds_high": round(max(seconds), 3),
        "repeats": REPEATS,
        "within_budget": median(seconds) <= BUDGET_SECONDS,
    }


def _cpu_seconds(folder: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "advisor", "advise", "--answers", str(ANSWERS), "--json", "--no-input"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run()) + "\n")
