"""Floating-point operations of one training token, by part; exact counting, nothing fitted."""

from __future__ import annotations

from ..setup import Setup, Shape, Technique

FORWARD = 2.0
"""Operations per parameter and token of one pass: a multiplication and an addition (arXiv 2001.08361)."""


def is_full(technique: Technique) -> bool:
    """Whether all weights move."""
    return technique in ("full", "dpo_full")


def is_quantised(setup: Setup) -> bool:
    """Whether frozen weights are unpacked in every pass."""
    if setup.quantisation is not None:
        return setup.quantisation != "none"
    return "qlora" in setup.technique


def multiplied_params(shape: Shape) -> float:
    """Parameters one token is multiplied with: active ones; a separate embedding is only looked up."""
    looked_up = 0.0 if shape.tied else float(shape.vocab * shape.hidden)
    return max(shape.active_b * 1e9 - looked_up, 0.3 * shape.active_b * 1e9)


def passes(setup: Setup) -> float:
    """Passes through the weights: forward, input gradients, weight gradients, recomputation, reference.

    Full 3, frozen 2 (weight gradients of an adapter are under one percent), checkpointing 1 more
    (arXiv 1604.06174), the reference model of DPO and GRPO 1 more.
    """
    reference = setup.technique.startswith(("dpo", "grpo"))
    return 2.0 + is_full(setup.technique) + setup.checkpointing + reference


def matrix_flops(setup: Setup) -> float:
    """Per token in the weight matrices, recomputation included."""
    flops = FORWARD * multiplied_params(setup.shape) * passes(setup)
    if setup.technique == "lora_embeddings":
        flops += FORWARD * setup.shape.vocab * setup.shape.hidden
    return flops


def attention_flops(setup: Setup, row_tokens: float) -> float:
    """Per token between tokens, causal: 2 x row x width x layers forward, 2.5 times that backward.

    Half of all pairs count; the backward pass of the tiled kernel does five products for two of the forward
    pass (arXiv 2205.14135).
    """
    shape = setup.shape
    forward = 2.0 * row_tokens * shape.heads * shape.head_dim * shape.layers
    return forward * (3.5 + setup.checkpointing)


def useful_flops(setup: Setup) -> float:
    """Per token as published utilisation counts them: 6N full, 4N frozen, active parameters, nothing else."""
    return (6.0 if is_full(setup.technique) else 4.0) * setup.shape.active_b * 1e9
