"""What a fine-tune is made of, as the memory and the speed model read it; no torch, no network."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Technique = Literal[
    "full", "lora", "qlora", "dora", "lora_embeddings", "dpo_full", "dpo_lora", "dpo_qlora", "reward_lora",
    "grpo_lora", "grpo_qlora",
]  # fmt: skip
TECHNIQUES: tuple[Technique, ...] = get_args(Technique)
Quantisation = Literal["none", "nf4", "nf4_double", "int4", "int8"]
Sharding = Literal["none", "zero2", "zero3", "fsdp"]
Attention = Literal["sdpa", "flash", "eager"]
Loss = Literal["plain", "chunked", "fused"]
Optimizer = Literal["adamw", "adamw8bit", "paged_adamw", "paged_adamw8bit", "sgd"]
Dtype = Literal["bf16", "fp16", "fp32"]
Offload = Literal["none", "activations", "optimizer", "all"]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a decoder-only transformer."""

    params_b: float
    """Billions of parameters, all of them."""
    active_b: float
    """Billions of parameters that one token passes through; less than `params_b` only with experts."""
    hidden: int
    """Width."""
    intermediate: int
    """Width of the feed-forward layer; of one expert in a mixture."""
    layers: int
    """Blocks."""
    vocab: int
    """Rows of the embedding."""
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads."""
    head_dim: int
    """Width of one head."""
    tied: bool = False
    """Whether embedding and head are one matrix."""
    gated: bool = True
    """Whether the feed-forward layer has a gate (three matrices), or two matrices."""
    experts: int = 0
    """Experts per layer; 0 for a dense model."""
    experts_active: int = 0
    """Experts one token passes through."""
    guessed: bool = False
    """Whether the sizes were inferred from the number of parameters alone: the bands get wider."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """One fine-tune on some cards."""

    shape: Shape
    """The base model."""
    technique: Technique
    """How it is changed."""
    gpu: str = ""
    """Card by name, as in `gpus.json`; empty where none is named."""
    gpus: int = 1
    """Cards."""
    sharding: Sharding = "none"
    """How the model is spread over the cards; none is a whole copy on each."""
    seq_len: int = 1024
    """Tokens of one row after padding or packing."""
    batch_size: int = 1
    """Rows per card and forward pass (micro-batch)."""
    rank: int = 16
    """Rank of the adapter."""
    targets: tuple[str, ...] = ("all-linear",)
    """Adapted matrices: `all-linear`, or some of q, k, v, o, gate, up, down."""
    checkpointing: bool = True
    """Whether activations are recomputed in the backward pass."""
    attention: Attention = "sdpa"
    """Kernel; eager stores the attention matrix."""
    loss: Loss = "plain"
    """How logits and loss are computed."""
    optimizer: Optimizer = "adamw"
    """Optimizer."""
    dtype: Dtype = "bf16"
    """Of weights held in 16 or 32 bits."""
    quantisation: Quantisation | None = None
    """Of frozen weights; None takes nf4 with double quantisation for QLoRA techniques, else none."""
    framework: str = ""
    """Training framework where known, with its own loss and up-casts; empty takes transformers."""
    master_fp32: bool | None = None
    """Whether trained weights are held in 32 bits; None: under FSDP, as accelerate's mixed precision does."""
    offload: Offload = "none"
    """What waits in the machine's own memory."""
    fused_backward: bool = False
    """Whether the optimizer steps inside the backward pass, so that gradients are never held all at once."""
    length_is_cap: bool = False
    """Whether `seq_len` is a cap that rows, padded to the longest of their batch, may stay below."""
