"""One forward pass per label: slow, plain, and the oracle of the fast scorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


@torch.inference_mode()
def score_naively(network: Any, prompt: Sequence[int], sequences: Sequence[Sequence[int]]) -> list[float]:
    """Sum of token log-probabilities of each label after the prompt, nats."""
    device = next(network.parameters()).device
    scores = []
    for sequence in sequences:
        ids = torch.tensor([[*prompt, *sequence]], device=device)
        logits = network(input_ids=ids, use_cache=False).logits[0].float()
        logprobs = torch.log_softmax(logits[len(prompt) - 1 : -1], -1)
        scores.append(float(logprobs.gather(1, torch.tensor(sequence, device=device)[:, None]).sum()))
    return scores
