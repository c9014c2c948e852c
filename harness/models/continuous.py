"""Greedy text with answers coming into the batch as others end, by transformers' `generate_batch`.

Plain batches wait for their longest answer. Here answers share a cache of keys and values in pages, which we
size: left to itself the library takes most of the memory there is. Near ties are counted afterwards, in one
forward pass over each answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from advisor.engagement.errors import RunFailed
from harness.models.generating import Generated, Raw, read
from harness.models.stopping import ends_of

PAGE = 256
"""Tokens of a page, transformers' own choice."""
AT_ONCE = 64
"""Answers under way at most."""
PREFILL = 4096
"""Tokens of one forward pass at most."""


SHORTEST_ON_CPU = 128
"""Limit of the answer under which plain batches are faster on a CPU. By the bundled model, 32 prompts and one
thread: 2.2 times as fast at a limit of 32 tokens, equal at 128, 0.7 times as fast at 512."""


def refused(network: Any, *, limit: int) -> str:
    """Why answers of so many tokens are not batched continuously by this network; empty where they are."""
    if next(network.parameters()).device.type == "cpu" and limit < SHORTEST_ON_CPU:
        return f"on a CPU continuous batching pays from answers of {SHORTEST_ON_CPU} tokens"
    if not hasattr(network, "generate_batch"):
        return f"{type(network).__name__} has no continuous batching"
    kinds = set(getattr(network.config.get_text_config(), "layer_types", None) or ["full_attention"])
    if not kinds <= {"full_attention", "sliding_attention"}:
        return f"continuous batching knows no layers of kind {', '.join(sorted(kinds))}"
    return ""


def generate_continuously(
    network: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    stop: Sequence[str] = (),
) -> list[Generated]:
    """As `generate`, for answers of very different length; raises RunFailed where some do not come back.

    Texts in `stop` are cut off afterwards: the library ends an answer at tokens only.
    """
    from transformers import ContinuousBatchingConfig, GenerationConfig

    from trainers.language.loading import padding

    ends = ends_of(network, tokenizer, stop)
    longest = max(len(prompt) for prompt in prompts) + max_new_tokens
    at_once = min(AT_ONCE, len(prompts))
    attention = network.config._attn_implementation
    on_card = next(network.parameters()).device.type == "cuda"
    try:
        made = network.generate_batch(
            inputs=[list(prompt) for prompt in prompts],
            generation_config=GenerationConfig(
                max_new_tokens=max_new_tokens,
                do_sample=False,
                eos_token_id=list(ends.ids),
                pad_token_id=padding(tokenizer),
            ),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=PAGE,
                num_blocks=at_once * (1 + (longest - 1) // PAGE),
                max_batch_tokens=max(PREFILL if on_card else 512, at_once),
                max_requests_per_batch=at_once,
                use_cuda_graph=None if on_card else False,
            ),
            warmup=on_card,
        )
    finally:
        network.set_attn_implementation(attention)
    answers = list(made.values())
    failed = sum(one.error is not None for one in answers)
    if len(answers) != len(prompts) or failed:
        raise RunFailed(
            f"continuous batching brought {len(answers) - failed} of {len(prompts)} answers",
            fix='set batches = "plain" under [generation] in plan.toml',
        )
    raw = [
        Raw(one.generated_tokens, _margins(network, prompt, one.generated_tokens))
        for prompt, one in zip(prompts, answers, strict=True)
    ]
    return read(network, tokenizer, prompts, raw, ends=ends)


@torch.inference_mode()
def _margins(network: Any, prompt: Sequence[int], said: Sequence[int]) -> list[float]:
    """Margin of each token, all in one pass."""
    device = next(network.parameters()).device
    ids = torch.tensor([[*prompt, *said[:-1]]], device=device)
    logits = network(input_ids=ids, use_cache=False, logits_to_keep=len(said)).logits[0]
    top = logits.topk(2, dim=-1).values.float()
    margins: list[float] = (top[:, 0] - top[:, 1]).tolist()
    return margins
