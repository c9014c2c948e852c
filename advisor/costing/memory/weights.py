"""Bytes of the base model's weights on one card."""

from __future__ import annotations

from ..setup import Quantisation, Setup, Shape

BYTES_PER_QUANTISED: dict[Quantisation, float] = {
    # 64 weights share a 32-bit scale: 0.5 + 4/64; scales quantised in turn: 0.5 + 1/64 + 4/(64 x 256)
    # (QLoRA, arXiv 2305.14314, section 3)
    "nf4": 0.5625,
    "nf4_double": 0.516,
    # GPTQ, groups of 128: 16-bit scale, 4-bit zero point (arXiv 2210.17323)
    "int4": 0.52,
    # LLM.int8: one byte, a scale per row, outlier columns in 16 bits (arXiv 2208.07339)
    "int8": 1.03,
}
BYTES = {"bf16": 2.0, "fp16": 2.0, "fp32": 4.0}


def is_quantised(setup: Setup) -> bool:
    """Whether the technique freezes quantised weights."""
    return "qlora" in setup.technique


def is_full(setup: Setup) -> bool:
    """Whether every weight is trained."""
    return setup.technique in ("full", "dpo_full")


def quantisation(setup: Setup) -> Quantisation:
    """Of the frozen weights: as said, else nf4 with double quantisation for QLoRA."""
    if not is_quantised(setup):
        return "int8" if setup.quantisation == "int8" and not is_full(setup) else "none"
    return setup.quantisation if setup.quantisation not in (None, "none") else "nf4_double"


def embedding_params(shape: Shape) -> float:
    """Parameters of embedding and head: V x h, twice if they are not tied; at most the whole model."""
    return min(shape.vocab * shape.hidden * (1 if shape.tied else 2), shape.params_b * 1e9)


def block_params(shape: Shape) -> float:
    """Parameters of all blocks, every expert counted: the total less embedding and head."""
    return shape.params_b * 1e9 - embedding_params(shape)


def layer_params(shape: Shape) -> float:
    """Parameters of one block, from its sizes: h d (2 a + 2 kv) + 3 h I (2 h I without a gate) x experts."""
    attention = shape.hidden * shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)
    matrices = (3 if shape.gated else 2) * max(1, shape.experts)
    return attention + matrices * shape.hidden * shape.intermediate


def block_width(setup: Setup) -> float:
    """Bytes per parameter of a block."""
    kind = quantisation(setup)
    return BYTES[setup.dtype] if kind == "none" else BYTES_PER_QUANTISED[kind]


def frozen_bytes(setup: Setup, *, upcasts: bool) -> float:
    """Bytes of the weights as they lie on one card before any sharding.

    16- or 32-bit: bytes x parameters. Quantised: blocks at `BYTES_PER_QUANTISED`, embedding and head in 16
    bits, or 32 after `prepare_model_for_kbit_training` (PEFT). Source: arXiv 2305.14314; estimators' reading
    of published tables, where embedding and head are most of an 8B model's surplus over half a byte.
    """
    shape, kind = setup.shape, quantisation(setup)
    if kind == "none":
        return BYTES[setup.dtype] * shape.params_b * 1e9
    kept = 4.0 if upcasts and kind in ("nf4", "nf4_double") else BYTES[setup.dtype]
    return block_width(setup) * block_params(shape) + kept * embedding_params(shape)


def dequantised_bytes(setup: Setup) -> float:
    """Workspace of the largest quantised matrix, unpacked to 16 bits for its product: 2 h I bytes."""
    if quantisation(setup) == "none":
        return 0.0
    return 2.0 * setup.shape.hidden * setup.shape.intermediate


def autocast_bytes(setup: Setup) -> float:
    """16-bit copies of frozen 32-bit weights that autocast makes and backward keeps: 2 per parameter.

    Of one layer where layers are recomputed, else of all (PyTorch autocast; StableLM-3B with LoRA, litgpt).
    """
    if setup.dtype != "fp32" or is_full(setup) or quantisation(setup) != "none":
        return 0.0
    return 2.0 * (layer_params(setup.shape) if setup.checkpointing else setup.shape.params_b * 1e9)
