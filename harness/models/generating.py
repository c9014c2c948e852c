"""Greedy text from a local model, in padded batches; a cut answer is its own class of failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from transformers import LogitsProcessorList

from harness.models.near_ties import Margins, tolerance
from harness.models.stopping import Ends, ended, ends_of, hidden_ids
from harness.models.thinking import split, tag_opened_by

GENERATOR_VERSION = 2
"""Raised by hand when the same model and settings give other answers."""
BATCH = 16
BATCH_TOKENS = {"cpu": 16_384, "cuda": 65_536}
"""Prompt and answer tokens of one padded batch at most, which bounds the cache of keys and values."""
LONGEST_TAG = 16
"""Tokens at the end of a prompt in which a tag of thinking is looked for."""
Ruling = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Ids so far and logits to logits, as `LogitsProcessor` of transformers."""
Constraint = Callable[[int, int], Ruling]
"""Prompt width and rows of a batch to what holds its answers to a form."""


class Generated(NamedTuple):
    """One answer."""

    text: str
    """Without special tokens, end texts and thinking, trimmed."""
    tokens: int
    """Tokens generated, end token included."""
    cut: bool
    """Whether it ran into the limit, or never came to an answer behind its thinking."""
    ids: tuple[int, ...]
    """The tokens."""
    thinking: str = ""
    """What the model wrote for itself first."""
    whole: str = ""
    """The text with the thinking and its tags, trimmed."""
    near_ties: int = 0
    """Tokens whose runner-up was so close that another batch could choose it."""


def generate(
    network: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    stop: Sequence[str] = (),
    constraint: Constraint | None = None,
) -> list[Generated]:
    """Greedy continuation of every prompt; penalties that a model's own settings carry are switched off.

    `stop`: texts that end an answer besides the model's own end tokens; one under a constraint ends with its
    form. A batch that the GPU has no room for is answered in halves.
    """
    ends = ends_of(network, tokenizer, stop)
    if constraint is not None:
        ends = ends._replace(texts=())

    def answer(part: Sequence[Sequence[int]]) -> list[Raw]:
        return _batch(network, tokenizer, part, limit=max_new_tokens, ends=ends, constraint=constraint)

    made = _halved(answer, prompts)
    return read(network, tokenizer, prompts, made, ends=ends, is_constrained=constraint is not None)


class Raw(NamedTuple):
    """One row of a batch as it comes."""

    ids: list[int]
    """New tokens, with whatever follows the end."""
    margins: list[float]
    """Logit of each token above that of its runner-up."""


def read(
    network: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    made: Sequence[Raw],
    *,
    ends: Ends,
    is_constrained: bool = False,
) -> list[Generated]:
    """Answers from tokens; thinking is looked for unless the answer was held to a form that has none."""
    hidden, close = hidden_ids(tokenizer), tolerance(network)
    found = []
    for prompt, raw in zip(prompts, made, strict=True):
        end = ended(tokenizer, raw.ids, ends, hidden=hidden)
        text, thinking, closed = end.text.strip(), "", True
        if not is_constrained:
            opened = tag_opened_by(tokenizer.decode(prompt[-LONGEST_TAG:]))
            text, thinking, closed = split(end.text, opened=opened)
        found.append(
            Generated(
                text=text,
                tokens=end.tokens,
                cut=not end.stopped or not closed,
                ids=tuple(raw.ids[: end.tokens]),
                thinking=thinking,
                whole=end.text.strip(),
                near_ties=sum(margin <= close for margin in raw.margins[: end.tokens]),
            )
        )
    return found


def batches_of(lengths: Sequence[int], *, max_new_tokens: int, kind: str) -> list[list[int]]:
    """Places of prompts with these lengths, in batches of similar ones: few rows are padded much.

    `kind` is cpu or cuda. Equal lengths keep their order, so that the batches depend on the lengths only.
    """
    budget = BATCH_TOKENS["cuda" if kind == "cuda" else "cpu"]
    found: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: (lengths[number], number)):
        rows = len(found[-1]) + 1 if found else 1
        if not found or rows > BATCH or rows * (lengths[number] + max_new_tokens) > budget:
            found.append([])
        found[-1].append(number)
    return found


def _halved(
    answer: Callable[[Sequence[Sequence[int]]], list[Raw]], prompts: Sequence[Sequence[int]]
) -> list[Raw]:
    try:
        return answer(prompts)
    except torch.OutOfMemoryError:
        if len(prompts) < 2:
            raise
    torch.cuda.empty_cache()
    half = len(prompts) // 2
    return _halved(answer, prompts[:half]) + _halved(answer, prompts[half:])


@torch.inference_mode()
def _batch(
    network: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    limit: int,
    ends: Ends,
    constraint: Constraint | None,
) -> list[Raw]:
    from trainers.language.loading import padding

    device = next(network.parameters()).device
    pad = padding(tokenizer)
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    mask = torch.tensor(
        [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device
    )
    margins = Margins()
    rulings = [constraint(width, len(prompts)), margins] if constraint else [margins]
    stopping = {"stop_strings": list(ends.texts), "tokenizer": tokenizer} if ends.texts else {}
    out = network.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=limit,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        do_sample=False,
        num_beams=1,
        pad_token_id=pad,
        eos_token_id=list(ends.ids),
        logits_processor=LogitsProcessorList(rulings),
        **stopping,
    )
    return [Raw(row[width:].tolist(), of_row) for row, of_row in zip(out, margins.by_row(), strict=True)]
