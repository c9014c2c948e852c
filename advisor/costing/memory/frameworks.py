"""What training frameworks do differently with the same model, as a table."""

from __future__ import annotations

import msgspec

from ..setup import Loss, Setup


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How one framework holds logits, adapters and frozen weights."""

    logits: dict[Loss, float]
    """Bytes per token and vocabulary entry at the peak of the loss, by kind of loss."""
    logit_tokens: float = float("inf")
    """Tokens whose logits are held at once, where the loss goes through them in pieces of a fixed size."""
    adapter_copies: float
    """Bytes kept per element of an adapted matrix's input: 4 where it is cast to 32 bits."""
    adapters_fp32: bool
    """Whether adapters and their gradients are held in 32 bits."""
    upcasts_nf4: bool = False
    """Whether a 4-bit model's embedding, head and residual stream go to 32 bits."""
    loads_whole: bool = False
    """Whether every card holds the whole model beside its share once, while loading."""
    per_parameter_fsdp: bool = False
    """Whether FSDP shards parameter by parameter (FSDP2): embedding and layers go back once they are used."""


TRANSFORMERS = Habits(
    # transformers >= 4.45: 16-bit logits, their 32-bit copy, its gradient and the softmax's temporaries,
    # measured 14.5 at FSDP and one card (fms-acceleration tables); liger and CCE never hold the logits
    logits={"plain": 14.5, "chunked": 8.0, "fused": 0.3},
    # PEFT casts an adapter's input to the adapter's 32 bits (autocast_adapter_dtype)
    adapter_copies=4.0,
    adapters_fp32=True,
    # prepare_model_for_kbit_training
    upcasts_nf4=True,
)
HABITS: dict[str, Habits] = {
    # fast cross-entropy kernel: 16-bit logits, gradient in place, one 32-bit slice (fms-acceleration tables)
    "foak": Habits(
        logits={"plain": 8.0, "chunked": 8.0, "fused": 0.3}, adapter_copies=4.0, adapters_fp32=True
    ),
    "fms": Habits(
        logits={"plain": 14.5, "chunked": 8.0, "fused": 0.3}, adapter_copies=4.0, adapters_fp32=True
    ),
    # chunked_cross_entropy, 16-bit adapters; under FSDP the peak is the model being split (resource tables).
    # Its 4-bit runs need 2 to 6 GiB more than packed weights explain: embeddings in 32 bits are part of it
    "litgpt": Habits(
        logits={"plain": 14.5, "chunked": 8.0, "fused": 0.3},
        adapter_copies=4.0,
        adapters_fp32=False,
        upcasts_nf4=True,
        loads_whole=True,
    ),
    # models' own code of 2024: 16-bit logits, 32-bit copy, shifted copy, softmax and three gradients
    # (2 + 4 + 4 + 4 + 4 + 4 + 2), kept for the token accuracy
    "ms-swift": Habits(
        logits={"plain": 24.0, "chunked": 8.0, "fused": 0.3},
        adapter_copies=4.0,
        adapters_fp32=True,
        upcasts_nf4=True,
    ),
    # CEWithChunkedOutputLoss (torchtune); older recipes as transformers
    "torchtune": Habits(
        logits={"plain": 14.5, "chunked": 2.5, "fused": 0.3},
        adapter_copies=0.0,
        adapters_fp32=False,
        per_parameter_fsdp=True,
    ),
    # loss of the transformers of its time (unsloth README of January 2024)
    "unsloth 2023": Habits(
        logits={"plain": 18.0, "chunked": 18.0, "fused": 0.3}, adapter_copies=0.0, adapters_fp32=True
    ),
    # its own kernel writes the gradient over the logits (unsloth notebooks of 2024), in chunks since 2025
    "unsloth 2024": Habits(
        logits={"plain": 8.0, "chunked": 8.0, "fused": 0.3}, adapter_copies=0.0, adapters_fp32=True
    ),
    "unsloth": Habits(
        logits={"plain": 6.0, "chunked": 6.0, "fused": 0.3},
        logit_tokens=4096,
        adapter_copies=0.0,
        adapters_fp32=True,
    ),
    # Qwen's own model code under DeepSpeed: 11 (Qwen README, profile of memory)
    "deepspeed": Habits(
        logits={"plain": 11.0, "chunked": 8.0, "fused": 0.3}, adapter_copies=2.0, adapters_fp32=False
    ),
}


def framework_kind(setup: Setup) -> str:
    """The row of `HABITS` a framework's name falls under; empty for plain transformers."""
    said = setup.framework.lower()
    if "foak" in said or "liger" in said:
        return "foak"
    return next((kind for kind in HABITS if kind in said), "")


def habits(setup: Setup) -> Habits:
    """Those of the run's framework."""
    return HABITS.get(framework_kind(setup), TRANSFORMERS)


def uses_deepspeed(setup: Setup) -> bool:
    """Whether DeepSpeed drives the run: by ZeRO stage or by name."""
    return setup.sharding in ("zero2", "zero3") or framework_kind(setup) == "deepspeed"
