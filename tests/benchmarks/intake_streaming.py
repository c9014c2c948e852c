"""One gigabyte as a JSON array and as Parquet with one row group: read to canonical rows with flat memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from harness.intake.rows import Asked, read_content
from harness.intake.store import Rows

from ._plants_cost import Memory
from ._plants_scale import write

SIZE, WORDS = 10**9, (100, 600)
GIB = 2.0


def run() -> dict[str, object]:
    """Seconds and memory of each; all processes of the reading together."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        written = write(rows, size=SIZE, words=WORDS)
        found = {form.suffix[1:]: _read(form) for form in (_array(rows), _parquet(rows))}
    assert {one["rows"] for one in found.values()} == {written.rows}
    most = max(float(one["peak_gib_all_processes"]) for one in found.values())
    return {**found, "rows": written.rows, "within_memory": most <= GIB}


def _array(rows: Path) -> Path:
    path = rows.with_suffix(".json")
    with rows.open(encoding="utf-8") as file, path.open("w", encoding="utf-8") as out:
        out.write("[")
        out.writelines(_separated(file))
        out.write("]")
    return path


def _separated(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield (", " if number else "") + line.strip()


def _parquet(rows: Path) -> Path:
    import polars

    path = rows.with_suffix(".parquet")
    polars.read_ndjson(rows).write_parquet(path, row_group_size=10**9)
    return path


def _read(path: Path) -> dict[str, float]:
    start = perf_counter()
    asked = [sys.executable, "-m", "tests.benchmarks.intake_streaming", str(path)]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    memory = Memory(process.pid)
    said, _ = process.communicate()
    peak = memory.stop()
    if process.returncode:
        sys.exit(f"reading {path.name} failed")
    return {
        "rows": int(said),
        "file_mib": round(path.stat().st_size / 2**20, 1),
        "wall_seconds": round(perf_counter() - start, 1),
        "peak_gib_all_processes": round(peak / 2**30, 2),
    }


def _count(path: Path) -> int:
    rows = Rows()
    try:
        return read_content(rows, path, Asked()).rows_in
    finally:
        rows.close()


if __name__ == "__main__":
    answer = str(_count(Path(sys.argv[1]))) if sys.argv[1:] else json.dumps(run(), indent=2)
    sys.stdout.write(answer + "\n")
