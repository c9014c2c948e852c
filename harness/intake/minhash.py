"""MinHash, of letters in threes and of whole words, for many texts at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

GRAM = 3
"""Characters per shingle: short rows have too few longer ones."""
BANDS, ROWS_PER_BAND = 16, 5
"""Jaccard similarity s shares a band with probability 1 - (1 - s^5)^16: 0.998 at 0.8, 0.95 at 0.7."""
PERMUTATIONS = BANDS * ROWS_PER_BAND
WORD_BANDS, WORD_ROWS_PER_BAND = 12, 4
"""Of words: similarity 0.8 shares a band with probability 0.998."""
WORD_PERMUTATIONS = WORD_BANDS * WORD_ROWS_PER_BAND


@cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    from datasketch import MinHash  # type: ignore[import-untyped]

    multiply, add = MinHash(PERMUTATIONS, seed=1, scheme="affine32").permutations
    return multiply, add


def minhashes(texts: list[str]) -> NDArray[np.uint32]:
    """Texts x PERMUTATIONS: datasketch's affine32 MinHash of the shingles, all texts at once."""
    joined = "".join(text.ljust(GRAM) for text in texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.array([max(len(text), GRAM) for text in texts])
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    within = np.ones(len(points), dtype=bool)
    for back in range(1, GRAM):
        within[begins + lengths - back] = False
    shingles = np.zeros(len(points) - GRAM + 1, dtype=np.uint32)
    for place in range(GRAM):
        shingles = shingles * np.uint32(0x9E3779B1) + points[place : place + len(shingles)]
    shingles = mixed(shingles[within[: len(shingles)]])
    first = np.concatenate([[0], np.cumsum(lengths - GRAM + 1)[:-1]])
    multiply, add = _permutations()
    found = np.empty((len(texts), PERMUTATIONS), dtype=np.uint32)
    for column in range(PERMUTATIONS):
        found[:, column] = np.minimum.reduceat(shingles * multiply[column] + add[column], first)
    return found


def mixed(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's finaliser for 32 bits."""
    value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))


def bands(values: NDArray[np.uint32], rows_per_band: int = ROWS_PER_BAND) -> NDArray[np.uint32]:
    """Texts x bands: one hash for every so many values."""
    parts = values.reshape(len(values), -1, rows_per_band)
    found = np.zeros(parts.shape[:2], dtype=np.uint32)
    for place in range(rows_per_band):
        found = mixed(found * np.uint32(31) + parts[:, :, place])
    return found


def word_minhashes(texts: list[list[str]]) -> NDArray[np.uint32]:
    """Texts x WORD_PERMUTATIONS: MinHash of each text's words; zeros for no word."""
    found = np.zeros((len(texts), WORD_PERMUTATIONS), dtype=np.uint32)
    filled = [number for number, each in enumerate(texts) if each]
    if not filled:
        return found
    listed = [word for number in filled for word in texts[number]]
    points = np.frombuffer("".join(listed).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.array([len(word) for word in listed])
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    within = (np.arange(len(points)) - np.repeat(begins, lengths)).astype(np.uint32)
    hashes = mixed(np.add.reduceat(mixed(points + within * np.uint32(0x9E3779B1)), begins))
    counts = np.array([len(texts[number]) for number in filled])
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    multiply, add = _permutations()
    for column in range(WORD_PERMUTATIONS):
        found[filled, column] = np.minimum.reduceat(hashes * multiply[column] + add[column], first)
    return found
