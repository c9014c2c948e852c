"""What the forward pass leaves for the backward pass, in bytes per token."""

from __future__ import annotations

from ..setup import Setup, Shape
from .adapters import adapter_input_bytes
from .weights import is_full

EAGER_BYTES = 6.0
"""Per head and pair of tokens: scores, 32-bit softmax and probabilities; Qwen-7B at 2048 tokens needs 20 GiB
more with eager attention and no checkpointing (ms-swift benchmark)."""


def attention_width(shape: Shape) -> int:
    """Elements of queries, keys, values and output of one token: d (2 a + 2 kv)."""
    return shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)


def feed_forward_width(shape: Shape) -> int:
    """Inner elements of one token: I, times the experts it passes through."""
    return shape.intermediate * max(1, shape.experts_active)


def stored_bytes(shape: Shape, *, width: float = 2.0) -> float:
    """Checkpointed: the input of every layer, 2 h L bytes per token; 4 h L with a 32-bit residual stream.

    Mistral-7B: 262 KB per token (fms-acceleration tables).
    """
    return width * shape.hidden * shape.layers


def layer_bytes(setup: Setup, *, adapter_copies: float) -> float:
    """What one layer keeps per token without checkpointing.

    Two norms hold their input in 32 bits (8 h); attention keeps queries, keys, values and output (2 bytes
    each); the feed-forward layer its gate, its activation and its upper half (6 I, 4 I without a gate). A
    trained matrix keeps its 16-bit input (full: 6 h + 2 I); an adapter its copies. Eager attention adds the
    matrix of scores. Sources: arXiv 2205.05198 for the terms, transformers' modelling code for the casts.
    """
    shape = setup.shape
    inner = feed_forward_width(shape)
    kept = 8.0 * shape.hidden + 2.0 * attention_width(shape) + (6.0 if shape.gated else 4.0) * inner
    if is_full(setup):
        kept += 6.0 * shape.hidden + 2.0 * inner
    else:
        kept += adapter_input_bytes(setup, per_element=adapter_copies)
    if setup.attention == "eager":
        kept += EAGER_BYTES * shape.heads * setup.seq_len
    return kept


def backward_bytes(shape: Shape) -> float:
    """Gradients in flight inside one layer: 4 I + 2 h per token.

    With the recomputed layer's own set this gives 66 h for Mistral-7B: predicted and measured slope 541 KB
    per token on one card, of which 262 are stored (fms-acceleration tables).
    """
    return 4.0 * feed_forward_width(shape) + 2.0 * shape.hidden
