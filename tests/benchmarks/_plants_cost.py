"""What a whole check costs: seconds, processor seconds and memory of a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil  # type: ignore[import-untyped]

from advisor.cli.check import Given, examine

from ._plants_scale import Written

EVERY = 0.1
"""Seconds between two looks at the memory."""


def checked(path: Path, written: Written) -> dict[str, Any]:
    """All that `tunecase check` does with a file before it prints, and how many plants it found."""
    plants = path.with_suffix(".plants")
    plants.write_text(json.dumps(written.near), encoding="utf-8")
    start = perf_counter()
    asked = [sys.executable, "-m", "tests.benchmarks._plants_cost", str(path), str(plants)]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    memory = Memory(process.pid)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, peak = perf_counter() - start, memory.stop()
    if process.returncode:
        sys.exit(f"the check of {path.name} failed: {said or 'see above'}")
    return {
        "rows": written.rows,
        "file_mib": round(written.size / 2**20, 1),
        "wall_seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gib_all_processes": round(peak / 2**30, 2),
        "peak_gib_largest_process": round(used.ru_maxrss * 1024 / 2**30, 2),
        "exact_planted": written.exact,
        "near_planted": len(written.near),
        **json.loads(said),
    }


class Memory:
    """Largest sum of resident memory of a process and its descendants; shared pages count in each."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._done.wait(EVERY):
            total = 0
            try:
                for process in (self._root, *self._root.children(recursive=True)):
                    total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self._most = max(self._most, total)


def look(path: Path, near: list[tuple[int, int]]) -> dict[str, Any]:
    """The check itself; then its findings by count, and the near-copies in their original's cluster."""
    done = examine(Given(path), None, tell=lambda _: None)
    if done.corpus is None:
        sys.exit(f"{path} was rejected: {done.intake.errors}")
    cluster = done.corpus.cluster
    hits = sum(bool(cluster[copy] == cluster[original]) for original, copy in near)
    return {
        "near_found": hits,
        "near_recall": round(hits / len(near), 4),
        "findings": {one.finding.code: one.finding.count for one in done.found},
    }


if __name__ == "__main__":
    file, plants = Path(sys.argv[1]), Path(sys.argv[2])
    sys.stdout.write(json.dumps(look(file, json.loads(plants.read_text(encoding="utf-8")))) + "\n")
