"""Gradients, optimizer states and the temporaries of the step, in bytes per trained parameter."""

from __future__ import annotations

import msgspec

from ..setup import Optimizer, Setup

STATES: dict[Optimizer, float] = {
    # two moments in the weights' own type; 8-bit: two bytes and a scale per 2048 (arXiv 2110.02861);
    # paged states move to the machine's memory when the card runs short (bitsandbytes)
    "adamw": 2.0,
    "adamw8bit": 0.0,
    "paged_adamw": 0.0,
    "paged_adamw8bit": 0.0,
    "sgd": 0.0,
}
"""Moments per parameter, in units of the weights' own type."""

EIGHT_BIT = 2.03
"""Bytes per parameter of both 8-bit moments with their scales."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes per trained parameter."""

    weights: float
    """The parameter itself, with a 32-bit master copy where one is held."""
    gradients: float
    """Its gradient."""
    states: float
    """Optimizer states."""
    step: float
    """Temporaries while the optimizer steps."""


def cost_per_parameter(setup: Setup, *, width: float) -> Cost:
    """Bytes per parameter held in `width` bytes, without DeepSpeed.

    AdamW: width x (1 weight + 1 gradient + 2 moments), and one more for the temporaries of the foreach step:
    5 x 2 = 10 in 16 bits, 20 in 32. Source: Mistral-7B peaks at 67.46 GiB = 5 x 13.49 and Llama-3-8B at 74.80
    = 5 x 14.96 at every batch that fits under it (fms-acceleration tables).
    """
    states = EIGHT_BIT if setup.optimizer == "adamw8bit" else STATES[setup.optimizer] * width
    if setup.offload in ("optimizer", "all"):
        states = 0.0
    step = width if setup.optimizer == "adamw" and states > 0 else 0.0
    gradients = 0.0 if setup.fused_backward or setup.offload == "all" else width
    return Cost(weights=width, gradients=gradients, states=states, step=0.0 if setup.fused_backward else step)


def deepspeed_cost(setup: Setup, *, one_card: bool) -> Cost:
    """Bytes per parameter under DeepSpeed in 16 bits: 2 weight + 4 gradient + 12 master and moments = 18.

    On one card its flat buffers bring 23.7. Source: Qwen-7B on two cards 69.6 GiB each; Qwen-1.8B on one card
    43.5 GiB (Qwen README); arXiv 1910.02054 counts 16.
    """
    moments = EIGHT_BIT if setup.optimizer in ("adamw8bit", "paged_adamw8bit") else 8.0
    if setup.optimizer == "sgd":
        moments = 0.0
    states = 0.0 if setup.offload in ("optimizer", "all") else 4.0 + moments
    return Cost(weights=2.0, gradients=4.0, states=states, step=5.7 if one_card else 0.0)
