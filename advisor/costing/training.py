"""First-order hours and memory of a training run: wide bands, said formulas, no false digits."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from advisor.engagement.records.advice import Range

from .prices import TABLES

Parameters = Literal["full", "lora", "qlora"]

FLOPS_PER_TOKEN = {"full": 6.0, "lora": 4.0, "qlora": 4.0}
"""Times parameters: forward 2, gradient of inputs 2, of weights 2 where they move (arXiv 2001.08361)."""

UTILISATION = Range(low=0.10, likely=0.30, high=0.45)
"""Share of the card's peak that training reaches; published runs lie at 22-51 %, short rows at 10-20 %."""

BYTES_PER_PARAMETER = {
    # bf16 weights, fp32 gradients and AdamW states under mixed precision (arXiv 1910.02054); 10 in pure bf16
    "full": Range(low=10.0, likely=16.0, high=20.0),
    "lora": Range(low=2.0, likely=2.1, high=2.3),
    # NF4 costs 0.516 to 0.5625 bytes; embeddings and head stay in 16 bits or more (arXiv 2305.14314)
    "qlora": Range(low=0.55, likely=0.75, high=1.0),
}

WORKSPACE_GIB = Range(low=1.0, likely=3.0, high=8.0)
"""Activations, logits and buffers of a few thousand tokens at a time, with checkpointing."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a graphics card can hold and do."""

    gpu: str
    """Name, as in the prices."""
    memory_gb: int
    """Memory as the vendor counts it."""
    peak_tflops: float
    """Dense 16-bit matrix peak, vendor's data sheet."""


class CardTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `gpus.json`."""

    gpus: list[Card]
    """Cards."""


@cache
def cards() -> dict[str, Card]:
    """Known cards by name."""
    table = msgspec.json.decode((TABLES / "gpus.json").read_bytes(), type=CardTable)
    return {card.gpu: card for card in table.gpus}


def training_hours(params_b: float, tokens: float, *, parameters: Parameters, gpu: str) -> Range:
    """Hours on one card: FLOPs per token x parameters x tokens / (peak x utilisation).

    6N FLOPs per token for full training, 4N where the base weights are frozen (arXiv 2001.08361); the band is
    that of the utilisation. Loading and evaluation come on top.
    """
    flops = FLOPS_PER_TOKEN[parameters] * params_b * 1e9 * tokens
    full_speed = flops / (cards()[gpu].peak_tflops * 1e12) / 3600
    return Range(
        low=full_speed / UTILISATION.high,
        likely=full_speed / UTILISATION.likely,
        high=full_speed / UTILISATION.low,
    )


def peak_memory_gib(params_b: float, *, parameters: Parameters) -> Range:
    """Peak allocated memory: bytes per parameter x parameters, plus a workspace for short rows.

    Bytes per parameter from arXiv 1910.02054 (full) and 2305.14314 (4-bit); length, batch and vocabulary move
    the workspace, so the band is wide.
    """
    weights = params_b * 1e9 / 2**30
    each = BYTES_PER_PARAMETER[parameters]
    return Range(
        low=each.low * weights + WORKSPACE_GIB.low,
        likely=each.likely * weights + WORKSPACE_GIB.likely,
        high=each.high * weights + WORKSPACE_GIB.high,
    )


def serving_seconds(params_b: float, *, tokens_in: float, tokens_out: float, gpu: str) -> Range:
    """Busy seconds of one card for one request: 2N FLOPs per token at 2-30 % of the peak, 10 % likely.

    2N is the forward pass (arXiv 2001.08361). Generating is bound by memory bandwidth, and batching decides
    the share, hence the band of fifteen.
    """
    full_speed = 2.0 * params_b * 1e9 * (tokens_in + tokens_out) / (cards()[gpu].peak_tflops * 1e12)
    return Range(low=full_speed / 0.30, likely=full_speed / 0.10, high=full_speed / 0.02)
