"""One forward pass per label and input: slow, obvious, the oracle of the fast scorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


def label_logprobs(
    network: Any, prompts: Sequence[Sequence[int]], labels: Sequence[Sequence[int]]
) -> list[list[float]]:
    """Per prompt and label: log-probability of the label's tokens after the prompt, nats."""
    return [[_one(network, list(prompt), list(label)) for label in labels] for prompt in prompts]


@torch.inference_mode()
def _one(network: Any, prompt: list[int], label: list[int]) -> float:
    where = next(network.parameters()).device
    ids = torch.tensor([prompt + label[:-1]], device=where)
    logits = network(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 :]
    logprobs = torch.log_softmax(logits.float(), dim=-1)
    picked = logprobs.gather(1, torch.tensor(label, device=where)[:, None])
    return float(picked.double().sum())
