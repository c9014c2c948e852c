"""Seconds of one micro-step on one card; operations, bytes, launches, traffic each say their formula."""

from __future__ import annotations

import math

from ..cards import Card
from ..setup import Setup
from .constants import Constants
from .flops import attention_flops, is_full, is_quantised, matrix_flops, multiplied_params, passes

FUSED = ("unsloth", "liger", "foak", "torchtune", "foundry", "fused", "compile")
"""Words in a framework's name that mean fused kernels or a compiled model."""

NEWER = ("hopper", "blackwell", "cdna3")
CONSUMER = ("RTX4090", "RTX5090")

BETWEEN_MACHINES = 25.0
"""GB/s per card between machines of eight: 1.6 Tbit/s each, a usual training cluster; assumption."""

TO_THE_MACHINE = 12.0
"""GB/s between card and machine that offloading reaches: half of PCIe 4 x16; assumption."""

SHORT_ROWS = 0.35
"""Share of the cap that an average row fills where rows are padded and may stay below it: assumption."""

BYTES_PER_UNPACKED = 2.5
"""Half a byte read and two written per 4-bit weight and pass (arXiv 2305.14314)."""

NOT_HIDDEN = 0.3
"""Share of the traffic between cards that does not hide behind computation: assumption."""

DECODING_SHARE = 0.1
"""Share of the peak that generating rollouts reaches with many rows at a time: assumption."""


def rows_per_step(setup: Setup) -> int:
    """Rows of one micro-step; a preference pair is two."""
    return setup.batch_size * (2 if setup.technique.startswith(("dpo", "reward")) else 1)


def row_tokens(setup: Setup, filled: float | None = None) -> float:
    """Tokens with content of an average row; `filled` is the share of `seq_len` where it is known."""
    if filled is None:
        filled = SHORT_ROWS if setup.length_is_cap else 1.0
    return setup.seq_len * filled


def step_tokens(setup: Setup, filled: float | None = None) -> float:
    """Tokens with content of one micro-step on one card."""
    return rows_per_step(setup) * row_tokens(setup, filled)


def step_seconds(setup: Setup, card: Card, c: Constants, *, filled: float | None = None) -> float:
    """Seconds of a micro-step: computing or launching, whichever is longer, plus update and traffic."""
    tokens = step_tokens(setup, filled)
    busy = (
        tokens * (_matrix(setup, card, c) + _attention(setup, card, c, row_tokens(setup, filled)))
        + tokens * _activations(setup, card, c)
        + _unpacking(setup, card, c)
    )
    launching = c.layer_seconds * setup.shape.layers
    # a smooth maximum: the processor queues kernels while the card works on earlier ones
    step = (
        math.sqrt(math.hypot(busy**2, launching**2))
        + _update(setup, card, c)
        + _rollout(setup, card, c, tokens)
    )
    step += _offloaded(setup, tokens)
    traffic = _traffic(setup, card, c)
    return step + NOT_HIDDEN * traffic + (1 - NOT_HIDDEN) * max(0.0, traffic - step)


def fused(setup: Setup) -> bool:
    """Whether elementwise work is fused: by the loss, or by a framework known for it."""
    return setup.loss == "fused" or any(word in setup.framework.lower() for word in FUSED)


def _peak(card: Card, c: Constants) -> float:
    """Operations per second before any share of the kernels: data sheet x what its kind of card holds."""
    kind = c.newer_share if card.generation in NEWER else c.consumer_share if card.gpu in CONSUMER else 1.0
    return card.peak_tflops * 1e12 * card.sustained_share * kind


def _matrix(setup: Setup, card: Card, c: Constants) -> float:
    """Per token: operations / (peak x share)."""
    share = c.matrix_share * (1.0 if is_full(setup.technique) else c.frozen_share)
    slower = c.dora_factor if setup.technique == "dora" else 1.0
    return slower * matrix_flops(setup) / (_peak(card, c) * share)


def _attention(setup: Setup, card: Card, c: Constants, row: float) -> float:
    """Per token: operations / (peak x share); eager attention also moves the scores, four times 2 bytes."""
    seconds = attention_flops(setup, row) / (_peak(card, c) * c.attention_share)
    if setup.attention == "eager":
        scores = 8.0 * row * setup.shape.heads * setup.shape.layers * (2 + setup.checkpointing)
        seconds += scores / (card.memory_gb_per_second * 1e9)
    return seconds


def _activations(setup: Setup, card: Card, c: Constants) -> float:
    """Per token: bytes x width x layers x passes / memory bandwidth."""
    count = c.activation_bytes * setup.shape.hidden * setup.shape.layers * (3 + setup.checkpointing)
    if fused(setup):
        count *= c.fused_share
    if setup.shape.experts:
        count *= c.expert_factor
    return count / (card.memory_gb_per_second * 1e9)


def _unpacking(setup: Setup, card: Card, c: Constants) -> float:
    """Per micro-step: all weights, all experts, once per pass."""
    if not is_quantised(setup):
        return 0.0
    count = BYTES_PER_UNPACKED * setup.shape.params_b * 1e9 * passes(setup)
    return c.unpack_factor * count / (card.memory_gb_per_second * 1e9)


def _update(setup: Setup, card: Card, c: Constants) -> float:
    """Per micro-step: bytes per moving parameter on this card / memory bandwidth."""
    if not is_full(setup.technique):
        return 0.0
    parts = 1 if setup.sharding == "none" else min(setup.gpus, 8)
    return c.update_bytes * setup.shape.params_b * 1e9 / parts / (card.memory_gb_per_second * 1e9)


def _traffic(setup: Setup, card: Card, c: Constants) -> float:
    """Per micro-step between cards: weights gathered twice if sharded, gradients of moving weights once."""
    if setup.gpus == 1:
        return 0.0
    each = 0.6 if is_quantised(setup) else 2.0
    sharded = setup.sharding in ("fsdp", "zero3")
    count = (2 * each if sharded else 0.0) + (2.0 if is_full(setup.technique) else 0.0)
    link = min(card.link_gb_per_second, BETWEEN_MACHINES) if setup.gpus > 8 else card.link_gb_per_second
    share = (setup.gpus - 1) / setup.gpus
    return c.exposed_share * count * setup.shape.params_b * 1e9 * share / (link * 1e9)


def _offloaded(setup: Setup, tokens: float) -> float:
    """Per micro-step to the machine's memory and back: bytes / PCIe; fp32 states 16 per moving parameter.

    Weights 2 bytes, twice; activations 2 bytes x width x layers per token, there and back.
    """
    moving = setup.shape.params_b * 1e9 / setup.gpus if is_full(setup.technique) else 0.0
    weights = 4.0 * setup.shape.params_b * 1e9 / setup.gpus
    activations = 4.0 * setup.shape.hidden * setup.shape.layers * tokens
    count = {"none": 0.0, "activations": activations, "optimizer": 16 * moving, "all": 16 * moving + weights}
    return count[setup.offload] / (TO_THE_MACHINE * 1e9)


def _rollout(setup: Setup, card: Card, c: Constants, tokens: float) -> float:
    """Generating the rows of GRPO: 2N operations per token, or reading the weights once per position."""
    if not setup.technique.startswith("grpo"):
        return 0.0
    computing = 2.0 * multiplied_params(setup.shape) * tokens / (_peak(card, c) * DECODING_SHARE)
    each = 0.6 if is_quantised(setup) else 2.0
    positions = tokens / max(1, rows_per_step(setup))
    reading = each * setup.shape.params_b * 1e9 * positions / (0.5 * card.memory_gb_per_second * 1e9)
    return math.hypot(computing, reading)
