"""Greedy text from a local model, in padded batches; a cut answer is its own class of failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

BATCH = 16


class Generated(NamedTuple):
    """One answer."""

    text: str
    """Without special tokens, trimmed."""
    tokens: int
    """Tokens generated, end token included."""
    cut: bool
    """Whether it ran into the limit."""


@torch.inference_mode()
def generate(
    network: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], *, max_new_tokens: int
) -> list[Generated]:
    """Greedy continuation of every prompt; penalties that a model's own settings carry are switched off."""
    device = next(network.parameters()).device
    from trainers.language.loading import padding

    pad = padding(tokenizer)
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    mask = torch.tensor(
        [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device
    )
    out = network.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=max_new_tokens,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        do_sample=False,
        num_beams=1,
        pad_token_id=pad,
        eos_token_id=tokenizer.eos_token_id,
    )
    return [_answer(tokenizer, row[width:].tolist()) for row in out]


def _answer(tokenizer: Any, ids: list[int]) -> Generated:
    end = tokenizer.eos_token_id
    stopped = end in ids
    kept = ids[: ids.index(end) + 1] if stopped else ids
    return Generated(tokenizer.decode(kept, skip_special_tokens=True).strip(), len(kept), not stopped)
