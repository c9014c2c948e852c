"""Score the speed model on published throughput, every source left out in turn; refit its constants.

    python -m tests.benchmarks throughput_rows           # cross-validate, keep the result
    python -m tests.benchmarks.throughput_rows --write   # write the fit into advisor/costing/tables

Constants are refitted without the source that is scored, and the bands come from sources left out within
the rest, so that no row has helped to predict itself or its band.
"""

from __future__ import annotations

import datetime as dt
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from advisor.costing.cards import card
from advisor.costing.prices import TABLES
from advisor.costing.speed.constants import Constants, Fit
from advisor.costing.speed.estimating import estimate
from advisor.costing.speed.flops import useful_flops
from tests.benchmarks._throughput import TRUTH, Row, around, fit_constants, miss, rows, with_bands

BARS = {"median_error": 0.25, "band_coverage": (0.75, 0.90)}


class Scored(NamedTuple):
    """One row, predicted without its source."""

    row: Row
    """What was published."""
    error: float
    """Predicted over measured, minus one."""
    flat_error: float
    """The same for a constant 30 % of the peak."""
    inside: bool
    """Whether the measured speed lies in the band."""


@cache
def _constants(left_out: frozenset[str]) -> Constants:
    return fit_constants([row for row in rows() if row.group not in left_out])


def _groups() -> list[str]:
    return sorted({row.group for row in rows()})


def fit_without(group: str | None) -> Fit:
    """Constants and bands that have not seen a source; None sees all."""
    seen = [row for row in rows() if row.group != group]
    hidden = frozenset([group]) if group else frozenset()
    fit = around(_constants(hidden), seen)
    missed = [(row, miss(row, around(_constants(hidden | {row.group}), seen))) for row in seen]
    return with_bands(fit, missed)


def scored() -> list[Scored]:
    """Every row, predicted by the fit without its source."""
    fits = {group: fit_without(group) for group in _groups()}
    return [_score(row, fits[row.group]) for row in rows()]


def _score(row: Row, fit: Fit) -> Scored:
    band = estimate(row.setup, fit=fit).tokens_per_second_per_gpu
    flat = 0.30 * card(row.setup.gpu).peak_tflops * 1e12 / useful_flops(row.setup)
    inside = band.low <= row.measured <= band.high
    return Scored(row, band.likely / row.measured - 1, flat / row.measured - 1, inside)


def summary(found: list[Scored]) -> dict[str, object]:
    """Errors and coverage of some rows."""
    errors = np.abs([one.error for one in found])
    return {
        "rows": len(found),
        "median_error": round(float(np.median(errors)), 3),
        "mean_error": round(float(np.mean(errors)), 3),
        "bias": round(float(np.median([one.error for one in found])), 3),
        "band_coverage": round(float(np.mean([one.inside for one in found])), 3),
    }


def run() -> dict[str, object]:
    """Errors with each source left out, by technique, card and source, beside a constant utilisation."""
    if not TRUTH.exists():
        return {"skipped": "no published rows beside this checkout (../shared/truth/throughput.csv)"}
    found = scored()
    whole = fit_without(None)
    flat = np.abs([one.flat_error for one in found])
    return {
        **summary(found),
        "bars": BARS,
        "by_technique": _by(found, "technique"),
        "by_card": _by(found, "card"),
        "by_source": _by(found, "source"),
        "constant_30_percent_of_peak": {
            "median_error": round(float(np.median(flat)), 3),
            "mean_error": round(float(np.mean(flat)), 3),
        },
        "worst": {one.row.id: round(one.error, 2) for one in sorted(found, key=_size)[-5:]},
        "constants": msgspec.to_builtins(whole.constants),
        "bands": {"usual": msgspec.to_builtins(whole.usual), "unusual": msgspec.to_builtins(whole.unusual)},
    }


def _size(one: Scored) -> float:
    return abs(one.error)


def _by(found: list[Scored], what: str) -> dict[str, object]:
    def key(one: Scored) -> str:
        setup = one.row.setup
        return {"technique": setup.technique, "card": setup.gpu, "source": one.row.group}[what]

    return {
        name: summary([one for one in found if key(one) == name]) for name in sorted(set(map(key, found)))
    }


def write() -> Path:
    """The fit to all rows, rounded to four digits, where the speed model reads it."""
    error = summary(scored())["median_error"]
    fit = msgspec.structs.replace(
        fit_without(None), as_of=dt.datetime.now(dt.UTC).date().isoformat(), median_error=error
    )
    path = TABLES / "speed.json"
    plain = _rounded(msgspec.to_builtins(fit))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")
    return path


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        sys.stdout.write(f"{write()}\n")
    else:
        sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(run()), indent=2).decode()}\n")
