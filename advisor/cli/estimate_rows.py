"""`estimate --batch`: one estimate per row of a table, to score the estimator against measurements."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from advisor.engagement.errors import FileError, TunecaseError
from advisor.engagement.records.advice import Range

MEASURES = ("memory_gib", "peak_memory_gib", "device_memory_gib", "tokens_per_second_per_gpu")
COLUMNS = ["id", *(f"{name}_{end}" for name in MEASURES for end in ("low", "likely", "high"))]


def write_rows(path: Path, out: TextIO, *, warn: Callable[[str], None]) -> None:
    """Every row of the table keeps its id; one that cannot be estimated has empty cells and a warning."""
    rows = _read(path)
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows, start=2):
        cells: dict[str, str] = {}
        try:
            cells = _cells(row)
        except TunecaseError as problem:
            warn(f"{path} line {number}: {problem.problem}; {problem.fix}")
        writer.writerow({"id": row["id"], **cells})


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if "id" not in (reader.fieldnames or []):
                raise FileError(
                    f"{path}: no column `id`", fix="give every row an id; README.md lists the columns"
                )
            return [{name: (value or "").strip() for name, value in row.items() if name} for row in reader]
    except (OSError, UnicodeDecodeError) as wrong:
        raise FileError(f"{path}: {wrong}", fix="give a CSV file in UTF-8") from wrong


def _cells(row: dict[str, str]) -> dict[str, str]:
    from advisor.costing.memory.estimating import estimate as memory
    from advisor.costing.rows import setup_from_row
    from advisor.costing.speed.estimating import estimate as speed

    setup = setup_from_row(row)
    used = memory(setup)
    found = {
        "memory_gib": used.in_metric(row.get("mem_metric") or "unspecified"),
        "peak_memory_gib": used.allocated,
        "device_memory_gib": used.device,
    }
    if setup.gpu:
        found["tokens_per_second_per_gpu"] = speed(setup).tokens_per_second_per_gpu
    return {f"{name}_{end}": f"{value:.6g}" for name, band in found.items() for end, value in _ends(band)}


def _ends(band: Range) -> list[tuple[str, float]]:
    return [("low", band.low), ("likely", band.likely), ("high", band.high)]
