"""What learning from preferences adds: pairs, a reference model, rollouts."""

from __future__ import annotations

from ..setup import Setup, Technique

PAIRED: tuple[Technique, ...] = ("dpo_full", "dpo_lora", "dpo_qlora", "reward_lora")
ROLLED_OUT: tuple[Technique, ...] = ("grpo_lora", "grpo_qlora")


def rows_per_example(setup: Setup) -> int:
    """A pair is two rows, chosen and rejected, in one forward pass (TRL `concatenated_forward`)."""
    return 2 if setup.technique in PAIRED else 1


def reference_bytes(setup: Setup) -> float:
    """A frozen second copy of the model in 16 bits for full DPO; adapters are switched off instead (TRL)."""
    return 2.0 * setup.shape.params_b * 1e9 if setup.technique == "dpo_full" else 0.0


def rollout_bytes(setup: Setup, *, tokens: float) -> float:
    """Cache of keys and values while completions are sampled: 4 L kv d bytes per token, of all rows at once.

    Sampling and the training step follow each other, so the larger of the two counts (TRL GRPO without vLLM).
    """
    if setup.technique not in ROLLED_OUT:
        return 0.0
    shape = setup.shape
    return 4.0 * shape.layers * shape.kv_heads * shape.head_dim * tokens
