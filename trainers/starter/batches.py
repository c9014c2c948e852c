"""Documents to padded batches of similar length, with a weight for every token that is predicted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from .tokenizer import ASSISTANT, END, PAD, SYSTEM, USER

ROLES = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}
LABEL_WEIGHT, ANSWER_WEIGHT, PROMPT_WEIGHT, PROSE_WEIGHT = 1.0, 0.5, 0.05, 0.15
# Only this share of the lightly weighted tokens goes through the output layer, its weight raised to match.
LIGHT_SHARE = 0.25


@dataclass(frozen=True)
class Encoded:
    """One document as the model sees it."""

    ids: NDArray[np.int16]
    """Token ids, from the first role token to the last `<|end|>`."""
    weights: NDArray[np.float16]
    """Weight of predicting each token; the first one is never predicted."""


@dataclass(frozen=True)
class Batch:
    """A rectangle of ids and the positions whose next token counts."""

    ids: torch.Tensor
    """Rows by length, padded on the right."""
    positions: torch.Tensor
    """Flat indices of hidden states that predict a counted token."""
    targets: torch.Tensor
    """The token each position should predict."""
    weights: torch.Tensor
    """Weight of each position."""


def encode(
    documents: Sequence[dict[str, Any]], tokenizer: PreTrainedTokenizerFast, *, limit: int
) -> list[Encoded]:
    """All documents, each cut at `limit` tokens. Equals the chat template, only faster (a test holds it)."""
    pieces = [text for document in documents for text in _texts(document)]
    found = iter(tokenizer.backend_tokenizer.encode_batch_fast(pieces, add_special_tokens=False))
    return [_assemble(document, [next(found).ids for _ in _texts(document)], limit) for document in documents]


def _texts(document: dict[str, Any]) -> list[str]:
    return [document["text"]] if "text" in document else [m["content"] for m in document["messages"]]


def _assemble(document: dict[str, Any], parts: list[list[int]], limit: int) -> Encoded:
    ids: list[int] = []
    weights: list[float] = []
    if "text" in document:
        ids, weights = [*parts[0], END], [PROSE_WEIGHT] * (len(parts[0]) + 1)
    else:
        answer = LABEL_WEIGHT if document["kind"].startswith("labels") else ANSWER_WEIGHT
        for message, part in zip(document["messages"], parts, strict=True):
            ids += [ROLES[message["role"]], *part, END]
            assistant = message["role"] == "assistant"
            weight = (answer if message.get("train", True) else 0.0) if assistant else PROMPT_WEIGHT
            weights += [0.0, *([weight] * len(part)), weight if assistant else 0.0]
    return Encoded(np.asarray(ids[:limit], np.int16), np.asarray(weights[:limit], np.float16))


def batches(documents: Sequence[Encoded], *, tokens: int, seed: int) -> Iterator[Batch]:
    """Endless batches of about `tokens` tokens. Rows of one have similar lengths, so little is padding."""
    rng, generator = Random(seed), torch.Generator().manual_seed(seed)
    while True:
        order = rng.sample(range(len(documents)), len(documents))
        for start in range(0, len(order), 1024):
            window = sorted(order[start : start + 1024], key=lambda i: len(documents[i].ids))
            groups = _groups([documents[i] for i in window], tokens)
            for group in rng.sample(groups, len(groups)):
                yield _batch(group, generator)


def _groups(documents: list[Encoded], tokens: int) -> list[list[Encoded]]:
    groups: list[list[Encoded]] = [[]]
    for document in documents:
        if groups[-1] and (len(groups[-1]) + 1) * len(document.ids) > tokens:
            groups.append([])
        groups[-1].append(document)
    return groups


def _batch(group: list[Encoded], generator: torch.Generator) -> Batch:
    width = max(len(document.ids) for document in group)
    ids = torch.full((len(group), width), PAD)
    weights = torch.zeros(len(group), width)
    for row, document in enumerate(group):
        ids[row, : len(document.ids)] = torch.from_numpy(document.ids.astype(np.int64))
        weights[row, : len(document.ids)] = torch.from_numpy(document.weights.astype(np.float32))
    wanted = weights[:, 1:]
    light = (wanted > 0) & (wanted < 0.3)
    chosen = torch.rand(wanted.shape, generator=generator) < LIGHT_SHARE
    wanted = torch.where(light, wanted * chosen / LIGHT_SHARE, wanted)
    rows, columns = wanted.nonzero(as_tuple=True)
    return Batch(ids, rows * width + columns, ids[rows, columns + 1], wanted[rows, columns])
