"""Logits and loss: the largest single tensor of a modern vocabulary."""

from __future__ import annotations

from ..setup import Setup
from .frameworks import habits


def logit_bytes(setup: Setup, *, tokens: float) -> float:
    """Bytes at the peak of the loss: tokens x V x bytes per entry, by loss and framework (`HABITS`).

    14.5 in transformers (16-bit logits, 32-bit copy, softmax, gradient), 8 with a fast kernel, 2.5 in chunks,
    near 0 fused. Slopes of published tables: Llama-3-8B 1 042 KB per token = 8.1 x 128 256, Mistral-7B 472 KB
    = 14.8 x 32 000 (fms-acceleration). A reward model has one output instead of a vocabulary.
    """
    if setup.technique == "reward_lora":
        return 0.0
    own = habits(setup)
    return min(tokens, own.logit_tokens) * setup.shape.vocab * own.logits[setup.loss]
