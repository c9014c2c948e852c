"""How many tokens one forward pass may hold, before the first step: estimated, then tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from advisor.costing.memory.activations import layer_bytes
from advisor.costing.setup import Setup, Shape
from trainers.language import loading
from trainers.objectives._kind import Job
from trainers.packing import answer_loss
from trainers.passes import Passes, half_precision, preserved_randomness
from trainers.rows import TrainingRow

CPU_TOKENS = 2048
"""On a CPU longer passes gain nothing, and the mask of a shared prefix grows with their square."""
MOST_TOKENS = 32_768
ROOM = 0.7
"""Share of the free memory that activations may take; the rest is for what the estimate misses."""


def first_tokens(network: Any, job: Job) -> int:
    """Tokens of a pass by the cost model's estimate; at least the longest row that the plan allows."""
    longest = job.spec.settings.max_length
    where = next(network.parameters()).device
    if where.type != "cuda":
        return max(longest, CPU_TOKENS)
    free = loading.free_on_card(where)
    return max(longest, min(MOST_TOKENS, int(ROOM * free / bytes_per_token(network, job))))


def bytes_per_token(network: Any, job: Job) -> float:
    """Activation bytes per token over all layers without recomputation, by the cost model."""
    setup = Setup(
        shape=shape_of(network),
        technique="lora" if job.spec.method != "full" else "full",
        seq_len=1024,
        batch_size=1,
        rank=job.spec.settings.rank,
        checkpointing=False,
        dtype="bf16",
    )
    return setup.shape.layers * layer_bytes(setup, adapter_copies=1.0) / setup.seq_len


def shape_of(network: Any) -> Shape:
    """Sizes of a loaded model from its configuration."""
    config = network.config.get_text_config()
    heads = config.num_attention_heads
    count = sum(weight.numel() for weight in network.parameters()) / 1e9
    return Shape(
        params_b=count,
        active_b=count,
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        layers=config.num_hidden_layers,
        vocab=config.vocab_size,
        heads=heads,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        tied=bool(config.tie_word_embeddings),
    )


def rehearse(network: Any, passes: Passes, schedule: Sequence[Sequence[TrainingRow]]) -> None:
    """One forward and backward pass over the heaviest step on a card; what does not fit is made smaller.

    The gradients are thrown away and the random state is as before.
    """
    where = next(network.parameters()).device
    if where.type != "cuda":
        return
    heaviest = max(schedule, key=lambda rows: sum(len(row.input_ids) for row in rows))
    network.train()
    while True:
        here, there = torch.get_rng_state(), torch.cuda.get_rng_state_all()
        try:
            with preserved_randomness():
                for batch in passes.batches(heaviest):
                    # as Trainer does: what fp32 weights would keep without is twice as much
                    with half_precision(where):
                        loss = answer_loss(network, _moved(batch, network))
                    torch.autograd.backward(loss)
            return
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            passes.shrink(network, heaviest)
        finally:
            network.zero_grad(set_to_none=True)
            torch.set_rng_state(here)
            torch.cuda.set_rng_state_all(there)
            loading.reset_peak_memory(loading.device())


def _moved(batch: dict[str, torch.Tensor], network: Any) -> dict[str, torch.Tensor]:
    where = next(network.parameters()).device
    return {name: value.to(where) for name, value in batch.items()}
