"""Score the memory model on published measurements, leaving one whole source out at a time.

    python -m tests.benchmarks memory_rows           # score, keep the result
    python -m tests.benchmarks.memory_rows --fit     # constants fitted on all sources, for measured.py

Fitted are the ends of the bands (`Fitted`) and nothing else: each fold finds them again without the source it
is scored on. What is not fitted (bytes per logit, buckets, copies) is published or read from the frameworks'
code and stands beside its source in advisor/costing/memory. The habits of a framework (frameworks.py) were
chosen with that framework's rows in view, so the scores flatter; `framework_hidden` leaves out every name
of a framework and stands for a source that has never been seen. `by_size_alone` knows only the billions.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import msgspec

from advisor.costing.memory import estimate, fits
from advisor.costing.memory.measured import FITTED, Fitted
from advisor.costing.rows import setup_from_row
from advisor.costing.setup import Setup
from advisor.costing.shapes import from_params
from advisor.engagement.records.advice import Range

SHARED = Path(__file__).parents[3] / "shared"
PEERS = {
    "seed rule (80 / 20 / 10 GB per 7B)": 0.52,
    "LLaMA-Factory table": 0.62,
    "Hugging Face Llama 3.1 blog": 0.57,
    "unsloth table": 0.51,
    "gpu_poor": 2.35,
    "accelerate estimate-memory (full only)": 1.71,
    "EleutherAI calculator (full only)": 2.83,
    "DeepSpeed ZeRO-3 states (full only)": 1.11,
}
"""Mean absolute percentage error of other estimators on 359 published rows, their formulas re-implemented."""
BARS = {
    "mape_rows": 0.15,
    "mape_sources": 0.15,
    "median": 0.08,
    "coverage": (0.75, 0.90),
    "oom_refused": 0.90,
    "measured_refused": 0.05,
}


class Scored(NamedTuple):
    """One measured row."""

    id: str
    """Of the row."""
    group: str
    """Source it belongs to."""
    technique: str
    """As the table has it."""
    metric: str
    """What the figure counts."""
    measured: float
    """GiB."""
    likely: float
    """Estimate in the same measure; no fitted constant is in it."""
    setup: Setup
    """The row as a setup."""


def measured_rows() -> list[Scored]:
    """Rows that are not suspect."""
    return [_scored(row) for row in _read("memory.csv") if row["suspect"] == "0"]


def _scored(row: dict[str, str]) -> Scored:
    setup = setup_from_row(row)
    return Scored(
        id=row["id"],
        group=row["group"],
        technique=row["technique"],
        metric=row["mem_metric"],
        measured=float(row["peak_mem_gib"]),
        likely=estimate(setup).in_metric(row["mem_metric"]).likely,
        setup=setup,
    )


def _read(name: str) -> list[dict[str, str]]:
    with (SHARED / "truth" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def fit(rows: list[Scored]) -> Fitted:
    """Tenth and ninetieth percentile of measured over likely; every source weighs the same."""
    exact = [(row.measured / row.likely, row) for row in rows if not row.setup.length_is_cap]
    cap = [(row.measured / row.likely, row) for row in rows if row.setup.length_is_cap]
    return Fitted(
        low=quantile(exact, 0.10),
        high=quantile(exact, 0.90),
        cap_low=quantile(cap, 0.10),
        cap_high=quantile(cap, 0.90),
    )


def quantile(values: list[tuple[float, Scored]], share: float) -> float:
    """Weighted: every source counts as one."""
    sizes: dict[str, int] = defaultdict(int)
    for _, row in values:
        sizes[row.group] += 1
    total, reached = float(len(sizes)), 0.0
    for value, row in sorted(values, key=lambda pair: pair[0]):
        reached += 1.0 / sizes[row.group]
        if reached >= share * total - 1e-9:
            return value
    raise ValueError("no rows")


def cross_validated(rows: list[Scored]) -> dict[str, Range]:
    """Of every row the estimate in its own metric, with constants fitted on the other sources."""
    found = {}
    for group in sorted({row.group for row in rows}):
        fitted = fit([row for row in rows if row.group != group])
        for row in rows:
            if row.group == group:
                found[row.id] = estimate(row.setup, fitted=fitted).in_metric(row.metric)
    return found


def summary(rows: list[Scored], bands: dict[str, Range]) -> dict[str, object]:
    """Errors per row and per source, coverage, and the same by technique."""
    wrong = {row.id: abs(bands[row.id].likely / row.measured - 1) for row in rows}
    inside = [bands[row.id].low <= row.measured <= bands[row.id].high for row in rows]
    by_group = {group: [wrong[row.id] for row in some] for group, some in _by(rows, "group").items()}
    return {
        "rows": len(rows),
        "sources": len(by_group),
        "mape_rows": round(mean(wrong.values()), 3),
        "mape_sources": round(mean(mean(some) for some in by_group.values()), 3),
        "median": round(median(wrong.values()), 3),
        "bias": round(mean(bands[row.id].likely / row.measured - 1 for row in rows), 3),
        "coverage": round(mean(inside), 3),
    }


def without_framework(row: Scored) -> Scored:
    """The same run as if its framework were not known; a fast kernel of the loss stays known."""
    kept = "foak" if "foak" in row.setup.framework else ""
    return _again(row, msgspec.structs.replace(row.setup, framework=kept))


def by_size(row: Scored) -> Scored:
    """The same run as if the model were known by its billions of parameters alone."""
    shape = row.setup.shape
    return _again(row, msgspec.structs.replace(row.setup, shape=from_params(shape.params_b)))


def _again(row: Scored, setup: Setup) -> Scored:
    return row._replace(setup=setup, likely=estimate(setup).in_metric(row.metric).likely)


def seconds() -> float:
    """For one estimate of every row, read from text."""
    rows, started = _read("memory.csv"), time.perf_counter()
    for row in rows:
        estimate(setup_from_row(row))
    return time.perf_counter() - started


def _by(rows: list[Scored], field: str) -> dict[str, list[Scored]]:
    found: dict[str, list[Scored]] = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return dict(sorted(found.items()))


def refused(setups: list[Setup]) -> tuple[int, int, int]:
    """How many do not fit, how many do not fit safely, how many there are; only those on a named card."""
    named = [setup for setup in setups if setup.gpu]
    answers = [fits(estimate(setup), setup.gpu) for setup in named]
    return sum(not likely for likely, _ in answers), sum(not safe for _, safe in answers), len(named)


def fitting(rows: list[Scored]) -> dict[str, object]:
    """Runs that failed for memory and runs that did not."""
    oom, oom_safely, failed = refused([setup_from_row(row) for row in _read("oom_truth.csv")])
    wrongly, wrongly_safely, ran = refused([row.setup for row in rows])
    return {
        "oom_refused": round(oom / failed, 3),
        "oom_not_safe": round(oom_safely / failed, 3),
        "oom_rows": failed,
        "measured_refused": round(wrongly / ran, 3),
        "measured_not_safe": round(wrongly_safely / ran, 3),
        "measured_rows": ran,
    }


def within(name: str, value: object) -> bool:
    """Whether a bar is reached."""
    bar = BARS[name]
    if not isinstance(value, float):
        return False
    if isinstance(bar, tuple):
        return bar[0] <= value <= bar[1]
    return value >= bar if name == "oom_refused" else value <= bar


def run() -> dict[str, object]:
    """Ours with one source left out at a time, by technique and by source, whether it fits, and the peers."""
    if not (SHARED / "truth" / "memory.csv").exists():
        return {"skipped": "the table of published measurements is not beside this checkout"}
    rows = measured_rows()
    bands = cross_validated(rows)
    ours, fitted = summary(rows, bands), fitting(rows)
    return {
        "protocol": "one source left out at a time; the ends of the band fitted again in every fold",
        "cross_validated": ours,
        "fits": fitted,
        "bars": BARS,
        "within_bars": {name: within(name, {**ours, **fitted}[name]) for name in BARS},
        "framework_hidden": summary(rows, cross_validated([without_framework(row) for row in rows])),
        "by_size_alone": summary(rows, cross_validated([by_size(row) for row in rows])),
        "seconds_for_all_rows": round(seconds(), 3),
        "by_technique": {name: summary(some, bands) for name, some in _by(rows, "technique").items()},
        "by_source": {name: summary(some, bands) for name, some in _by(rows, "group").items()},
        "by_metric": {name: summary(some, bands) for name, some in _by(rows, "metric").items()},
        "constants": {name: getattr(FITTED, name) for name in FITTED.__struct_fields__},
        "peers_mape_rows": PEERS,
    }


if __name__ == "__main__":
    result = fit(measured_rows()) if "--fit" in sys.argv else run()
    shown = (
        {n: getattr(result, n) for n in result.__struct_fields__} if isinstance(result, Fitted) else result
    )
    sys.stdout.write(json.dumps(shown, indent=1) + "\n")
