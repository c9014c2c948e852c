"""Embeddings before the first step: what a small model cannot learn from ten million tokens, counting can.

Rows come from word co-occurrence in prose, plus spelling: `refund` starts near `money`, `Card` near `card`.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

_WINDOW = 4
Floats = NDArray[np.float32]


def spelling(tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """Every token in lower case and without its space: `ĠCard` and `card` share one spelling."""
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return [token.replace("Ġ", "").lower() or token for token in tokens]


def co_occurrence(streams: list[list[int]], groups: NDArray[np.int64]) -> Floats:
    """Weighted counts of spelling groups within four tokens of each other; nearer counts more."""
    size = int(groups.max()) + 1
    counts = np.zeros((size, size), np.float32)
    for start in range(0, len(streams), 2000):
        parts = [np.asarray([*stream, *([-1] * _WINDOW)]) for stream in streams[start : start + 2000]]
        flat = np.concatenate(parts)
        ids = np.where(flat >= 0, groups[flat], -1)
        for gap in range(1, _WINDOW + 1):
            left, right = ids[:-gap], ids[gap:]
            keep = (left >= 0) & (right >= 0)
            pairs = np.bincount(left[keep] * size + right[keep], minlength=size * size)
            counts += pairs.reshape(size, size).astype(np.float32) / gap
    return counts + counts.T


def meaning(counts: Floats, *, width: int) -> Floats:
    """Positive pointwise mutual information with smoothed contexts, reduced to `width` directions."""
    total = counts.sum() + 1.0
    context = counts.sum(0) ** 0.75
    context /= context.sum() + 1e-9
    expected = counts.sum(1, keepdims=True) * context[None, :] + 1e-9
    information = np.log(np.maximum(counts, 1e-9) / expected)
    positive = np.maximum(information, 0.0).astype(np.float32)
    positive = (positive + positive.T) / 2
    values, vectors = np.linalg.eigh(positive)
    order = np.argsort(-np.abs(values))[1 : width + 1]
    found = vectors[:, order] * np.sqrt(np.abs(values[order]))
    found[counts.sum(1) < 20 / max(total, 1.0)] = 0.0
    return np.asarray(found, np.float32)


def letters(spellings: list[str], *, width: int, seed: int) -> Floats:
    """A sum of random vectors for the letter runs of a token, so that `card` and `cards` are neighbours."""
    generator = np.random.default_rng(seed)
    known: dict[str, Floats] = {}
    rows = np.zeros((len(spellings), width), np.float32)
    for row, text in zip(rows, spellings, strict=True):
        padded = f"<{text}>"
        for size in (3, 4, 5):
            for start in range(max(len(padded) - size + 1, 1)):
                gram = padded[start : start + size]
                if gram not in known:
                    known[gram] = generator.standard_normal(width).astype(np.float32)
                row += known[gram]
    return rows


def initial_embeddings(
    tokenizer: PreTrainedTokenizerFast, streams: list[list[int]], *, width: int, seed: int, scale: float = 0.1
) -> torch.Tensor:
    """One row per token with entries of about `scale`: mostly meaning, some spelling, some chance."""
    spellings = spelling(tokenizer)
    numbering = {text: index for index, text in enumerate(dict.fromkeys(spellings))}
    groups = np.asarray([numbering[text] for text in spellings], np.int64)
    sense = meaning(co_occurrence(streams, groups), width=width)[groups]
    chance = np.random.default_rng(seed).standard_normal((len(spellings), width)).astype(np.float32)
    mixed = (
        0.8 * _unit(sense) + 0.4 * _unit(letters(spellings, width=width, seed=seed)) + 0.35 * _unit(chance)
    )
    return torch.from_numpy(_unit(mixed) * scale * width**0.5)


def reduce(rows: torch.Tensor, *, width: int) -> torch.Tensor:
    """The same rows in the `width` directions in which they differ most."""
    directions: torch.Tensor = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)[2]
    return rows @ directions[:width].T


def informativeness(streams: list[list[int]], *, size: int) -> torch.Tensor:
    """How rare each token is, in standard deviations of -log frequency; the rarest, mere pieces, are cut."""
    counts = np.bincount(np.concatenate([np.asarray(stream) for stream in streams]), minlength=size) + 1.0
    news = -np.log(counts)
    return torch.from_numpy(np.clip((news - news.mean()) / news.std(), -3.0, 1.0).astype(np.float32))


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6), np.float32)
