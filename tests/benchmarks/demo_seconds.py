"""Wall time of the whole demo after set-up; the budget is 120 s on two cores."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET_SECONDS = 120


def run() -> dict[str, object]:
    """One fresh demo in a new process, with its CPU time and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "advisor", "demo", "--out", str(out)], check=True)
        seconds = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        report_bytes = (out / "report" / "report.html").stat().st_size
    # ru_maxrss is kilobytes on Linux and bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_memory_gib": round(after.ru_maxrss * unit / 2**30, 2),
        "report_bytes": report_bytes,
        "within_budget": seconds <= BUDGET_SECONDS,
    }
