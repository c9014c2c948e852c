"""Published throughput rows as set-ups, and the fit of the speed model's constants to them."""

from __future__ import annotations

import csv
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from advisor.costing.cards import card
from advisor.costing.rows import setup_from_row
from advisor.costing.setup import Setup
from advisor.costing.speed.constants import Band, Constants, Fit
from advisor.costing.speed.estimating import is_usual, predicted
from advisor.costing.speed.steps import step_tokens

TRUTH = Path(__file__).parents[3] / "shared" / "truth" / "throughput.csv"

PRIOR = Constants(
    matrix_share=0.75,
    frozen_share=0.85,
    newer_share=0.85,
    consumer_share=1.1,
    attention_share=0.5,
    activation_bytes=60.0,
    fused_share=0.5,
    layer_seconds=0.004,
    exposed_share=0.7,
    unpack_factor=1.5,
    expert_factor=1.2,
    dora_factor=1.1,
    update_bytes=40.0,
)
"""Guesses before any row is seen: large products reach 70-80 % of the peak, elementwise work of a layer moves
its width some thirty times in 16 bits, a layer launches some forty kernels per pass."""

DOUBT = Constants(
    matrix_share=0.15,
    frozen_share=0.15,
    newer_share=0.15,
    consumer_share=0.15,
    attention_share=0.3,
    activation_bytes=0.5,
    fused_share=0.3,
    layer_seconds=0.5,
    exposed_share=0.5,
    unpack_factor=0.7,
    expert_factor=0.3,
    dora_factor=0.1,
    update_bytes=0.7,
)
"""Standard deviation of each guess, as a logarithm."""

FORGIVEN = 0.3
"""Residual, as a logarithm, from which a row pulls no harder: some rows hide a slow network."""

TAIL = 0.135
"""On each side of the band, chosen so that 75-90 % of the rows of a source left out lie inside: residuals of
five sources spread wider than those of a fit that has seen the source, and a plain tenth covers 93 %."""


class Row(NamedTuple):
    """One published run."""

    id: str
    """In the table."""
    group: str
    """Source: rows of one source share settings."""
    setup: Setup
    """What ran."""
    measured: float
    """Tokens per second per card."""


@cache
def rows() -> list[Row]:
    """Rows with a measured speed, not suspect and without offload."""
    with TRUTH.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    return [_row(raw) for raw in table if _counts(raw)]


def _counts(raw: dict[str, str]) -> bool:
    return raw["suspect"] == "0" and bool(raw["tokens_per_sec_per_gpu"]) and raw["offload"] in ("", "none")


def _row(raw: dict[str, str]) -> Row:
    return Row(raw["id"], raw["group"], setup_from_row(raw), float(raw["tokens_per_sec_per_gpu"]))


def fit_constants(sample: list[Row]) -> Constants:
    """Least squares of logarithms, each source weighing the root of its rows, pulled to the prior."""
    names = Constants.__struct_fields__
    prior = np.log([getattr(PRIOR, name) for name in names])
    doubt = np.array([getattr(DOUBT, name) for name in names])
    sizes = Counter(row.group for row in sample)
    weights = np.array([4 / math.sqrt(sizes[row.group]) for row in sample])

    def residuals(logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        fit = around(_constants(logs), sample)
        missed = np.array([miss(row, fit) for row in sample])
        return np.concatenate([np.arcsinh(missed / FORGIVEN) * weights, (logs - prior) / doubt])

    return _constants(least_squares(residuals, prior).x)


def _constants(logs: npt.NDArray[np.float64]) -> Constants:
    values = [float(value) for value in np.exp(logs)]
    return Constants(**dict(zip(Constants.__struct_fields__, values, strict=True)))


def miss(row: Row, fit: Fit) -> float:
    """Logarithm of measured over predicted."""
    return math.log(row.measured / predicted(row.setup, card(row.setup.gpu), fit))


def around(constants: Constants, sample: list[Row]) -> Fit:
    """A fit with the range of the sample and no bands yet."""
    tokens = [round(step_tokens(row.setup)) for row in sample]
    lengths = [row.setup.seq_len for row in sample]
    params = [row.setup.shape.params_b for row in sample]
    nothing = Band(low=0.0, high=0.0)
    return Fit(
        as_of="",
        rows=len(sample),
        groups=sorted({row.group for row in sample}),
        median_error=0.0,
        constants=constants,
        usual=nothing,
        unusual=nothing,
        cards=sorted({card(row.setup.gpu).gpu for row in sample}),
        params_b=(min(params), max(params)),
        seq_len=(min(lengths), max(lengths)),
        step_tokens=(min(tokens), max(tokens)),
        gpus=max(row.setup.gpus for row in sample),
    )


def with_bands(fit: Fit, missed: list[tuple[Row, float]]) -> Fit:
    """The fit with bands from residuals of sources left out; the unusual one is nowhere the narrower."""
    usual = _band([value for row, value in missed if _usual(row, fit)])
    other = _band([value for row, value in missed if not _usual(row, fit)])
    wider = Band(low=min(usual.low, other.low), high=max(usual.high, other.high))
    return msgspec.structs.replace(fit, usual=usual, unusual=wider)


def _usual(row: Row, fit: Fit) -> bool:
    return is_usual(row.setup, card(row.setup.gpu), fit)


def _band(missed: list[float]) -> Band:
    low, high = np.quantile(missed, [TAIL, 1 - TAIL], method="inverted_cdf")
    return Band(low=float(low), high=float(high))
