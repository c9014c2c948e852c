"""First-order hours and memory of a training run: wide bands, said formulas, no false digits."""

from __future__ import annotations

from typing import Literal

from advisor.engagement.records.advice import Range

from .cards import cards as cards
from .memory.estimating import estimate as memory
from .setup import Setup
from .shapes import from_params
from .speed import hours

Parameters = Literal["full", "lora", "qlora"]

FLOPS_PER_TOKEN = {"full": 6.0, "lora": 4.0, "qlora": 4.0}
"""Times parameters: forward 2, gradient of inputs 2, of weights 2 where they move (arXiv 2001.08361)."""

UTILISATION = Range(low=0.10, likely=0.30, high=0.45)
"""Share of the card's peak that training reaches; published runs lie at 22-51 %, short rows at 10-20 %."""

MICRO_BATCH = 8
"""Rows of one pass where nobody has said: assumption."""

QUANTISED_BYTES = 0.75
"""A weight: NF4 costs 0.516 to 0.5625 bytes, embeddings and head 2 or more (arXiv 2305.14314)."""

WORKSPACE_GIB = Range(low=1.0, likely=3.0, high=8.0)
"""Activations, logits and buffers of a few thousand tokens at a time, with checkpointing."""


def training_hours(
    params_b: float, tokens: float, *, parameters: Parameters, gpu: str, row_tokens: float | None = None
) -> Range:
    """Hours on one card, loading and evaluation not counted.

    With the length of a row, from the speed model in micro-batches of `MICRO_BATCH` rows, recomputing
    activations. Without it FLOPs per token x parameters x tokens / (peak x utilisation): 6N FLOPs for full
    training, 4N where the base weights are frozen (arXiv 2001.08361); the band is that of the utilisation.
    """
    if row_tokens is not None:
        return hours(
            Setup(
                shape=from_params(params_b),
                technique=parameters,
                gpu=gpu,
                seq_len=max(1, round(row_tokens)),
                batch_size=MICRO_BATCH,
            ),
            tokens,
        )
    flops = FLOPS_PER_TOKEN[parameters] * params_b * 1e9 * tokens
    full_speed = flops / (cards()[gpu].peak_tflops * 1e12) / 3600
    return Range(
        low=full_speed / UTILISATION.high,
        likely=full_speed / UTILISATION.likely,
        high=full_speed / UTILISATION.low,
    )


def peak_memory_gib(
    params_b: float, *, parameters: Parameters, seq_len: int = 1024, batch_size: int = 1
) -> Range:
    """Peak allocated memory of one card in GiB, by the memory model for a model of usual sizes.

    Rows of `seq_len` tokens, `batch_size` at a time, with checkpointing; sizes are guessed from the number of
    parameters, so the band is wide.
    """
    shape = from_params(params_b)
    setup = Setup(shape=shape, technique=parameters, seq_len=seq_len, batch_size=batch_size)
    return memory(setup).allocated


def serving_seconds(params_b: float, *, tokens_in: float, tokens_out: float, gpu: str) -> Range:
    """Busy seconds of one card for one request: 2N FLOPs per token at 2-30 % of the peak, 10 % likely.

    2N is the forward pass (arXiv 2001.08361). Generating is bound by memory bandwidth, and batching decides
    the share, hence the band of fifteen.
    """
    full_speed = 2.0 * params_b * 1e9 * (tokens_in + tokens_out) / (cards()[gpu].peak_tflops * 1e12)
    return Range(low=full_speed / 0.30, likely=full_speed / 0.10, high=full_speed / 0.02)
