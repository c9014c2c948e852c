"""What was fitted, on what: a dozen numbers, their bands and the range of the rows behind them."""

from __future__ import annotations

from functools import cache

import msgspec

from ..prices import TABLES


class Constants(msgspec.Struct, frozen=True, kw_only=True):
    """Fitted to published throughput; tests/benchmarks/throughput_rows.py --write refits them."""

    matrix_share: float
    """Share of the card's peak that the weight products of full training reach."""
    frozen_share: float
    """The same for frozen weights with adapters, relative to full training."""
    newer_share: float
    """The same on Hopper, data-centre Blackwell and CDNA3, whose peaks grew faster than power and memory."""
    consumer_share: float
    """The same on consumer cards from Ada on, which run above their rated clock and cache more."""
    attention_share: float
    """Share of the peak that attention reaches."""
    activation_bytes: float
    """Read and written per token, layer, unit of width and pass, outside matrix products."""
    fused_share: float
    """What of those bytes is left with fused kernels."""
    layer_seconds: float
    """Fixed cost of a micro-step per layer: kernel launches and the framework's bookkeeping."""
    exposed_share: float
    """Bytes of sharding over the link's peak; below 1 where the ring moves less than counted."""
    unpack_factor: float
    """Times the bytes of unpacking 4-bit weights over memory bandwidth."""
    expert_factor: float
    """Times the activation bytes in a mixture of experts: routing and gathering."""
    dora_factor: float
    """Times the operations of LoRA: norms of the merged matrices."""
    update_bytes: float
    """Per parameter and micro-step of full training: gradient accumulation and optimizer."""


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Where measured speed over predicted speed lies, as logarithms: 80 % of cross-validated rows."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """All of `speed.json`."""

    as_of: str
    """Date of the fit."""
    rows: int
    """Rows it was fitted on."""
    groups: list[str]
    """Sources of the rows."""
    median_error: float
    """Median absolute percentage error with the row's source left out, as a share."""
    constants: Constants
    """Fitted numbers."""
    usual: Band
    """Long steps of a dense model on a card of the rows."""
    unusual: Band
    """Short steps, cards linked without NVLink, mixtures, cards outside the rows."""
    cards: list[str]
    """Cards of the rows."""
    params_b: tuple[float, float]
    """Smallest and largest model of the rows."""
    seq_len: tuple[int, int]
    """Shortest and longest row."""
    step_tokens: tuple[int, int]
    """Fewest and most tokens of a micro-step."""
    gpus: int
    """Most cards."""


@cache
def fitted() -> Fit:
    """The built-in fit."""
    return msgspec.json.decode((TABLES / "speed.json").read_bytes(), type=Fit)
