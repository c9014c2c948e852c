"""What near-copies have in common: MinHash over letters in threes, and words that carry the meaning."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .splitting import key, normalised
from .store import Chunk

GRAM = 3
"""Characters per shingle: short rows have too few longer ones."""
BANDS, ROWS_PER_BAND = 16, 5
"""Jaccard similarity s shares a band with probability 1 - (1 - s^5)^16: 0.998 at 0.8, 0.95 at 0.7."""
PERMUTATIONS = BANDS * ROWS_PER_BAND
SIMILAR = 0.6
"""Least exact Jaccard similarity of two near-copies."""
FEWEST_WORDS = 3
CHANGED = 0.02
"""Share of a text's words that may differ: none below 50 words."""
SLIP_FROM = 4
"""Letters of a word from which one wrong letter is a slip of the keyboard."""
BLOCK = 500
"""Rows hashed at once: 500 rows of 60 shingles and 80 permutations take 10 MB."""

Keys = NDArray[np.uint64]

# English: articles, auxiliaries, pronouns, politeness, fillers; no negation, direction or question word
_SMALL = frozenset(
    "a an the this that these those is are am was were be been being do does did have has had can could "
    "would will shall should may might i me my mine we us our you your it its to of for in on at by "
    "with and so "
    "please kindly thanks thank hi hello hey ok okay just also s re m ll d ve there some any "
    "um uh er oh well actually really basically like tell".split()
)
_COURTESY = frozenset(
    "please kindly thanks thank hi hello hey ok okay just also um uh er oh well actually really basically "
    "like tell me".split()
)
_WORD = re.compile(r"[^\W_]+")
_NEGATED = re.compile(r"\b(ca|wo|\w+)n['\u2019]t\b")
_WHOLE = {"ca": "can", "wo": "will"}


class Signatures(NamedTuple):
    """Of the rows of a chunk, in their order."""

    bands: NDArray[np.uint32]
    """Rows x (BANDS + 1): hashes that near-copies mostly share one of; the last is of the content words."""
    sketch: NDArray[np.uint8]
    """Rows x PERMUTATIONS: the lowest byte of each MinHash value."""
    long_enough: NDArray[np.bool_]
    """Whether there are words enough to speak of a near-copy."""


def words(text: str) -> list[str]:
    """Words of the normalised text without punctuation; "can't" reads "can not"."""
    plain = normalised(text)
    if "n't" in plain or "n\u2019t" in plain:
        plain = _NEGATED.sub(lambda m: f"{_WHOLE.get(m[1], m[1])} not", plain)
    found = _WORD.findall(plain.replace("cannot", "can not"))
    # a word typed twice in a row says nothing more
    return [word for word, before in zip(found, [None, *found], strict=False) if word != before]


def keys_of(chunk: Chunk) -> Keys:
    """Rows x 3: keys of the normalised input, of the output and of the id."""
    found = [
        (key(normalised(row.input_text())), key(row.output.strip()), key(row.id)) for row in chunk.examples()
    ]
    return np.array(found, dtype=np.uint64).reshape(-1, 3)


def signatures_of(chunk: Chunk) -> Signatures:
    """Signatures of a chunk."""
    split = [words(row.input_text()) for row in chunk.examples()]
    content = [key(" ".join(sorted(content_words(each)))) & 0xFFFFFFFF for each in split]
    texts = [f" {' '.join(each)} " for each in split]
    hashes = [minhashes(texts[at : at + BLOCK]) for at in range(0, len(texts), BLOCK)]
    values = np.concatenate(hashes)
    columns = np.column_stack([_bands(values), np.array(content, dtype=np.uint32)])
    enough = np.array([len(each) >= FEWEST_WORDS and bool(content_words(each)) for each in split])
    return Signatures(columns, (values & np.uint32(255)).astype(np.uint8), enough)


def content_words(of: list[str]) -> list[str]:
    """Those that carry the meaning."""
    return [word for word in of if word not in _SMALL]


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
    shingles = _mixed(shingles[within[: len(shingles)]])
    first = np.concatenate([[0], np.cumsum(lengths - GRAM + 1)[:-1]])
    multiply, add = _permutations()
    found = np.empty((len(texts), PERMUTATIONS), dtype=np.uint32)
    for column in range(PERMUTATIONS):
        found[:, column] = np.minimum.reduceat(shingles * multiply[column] + add[column], first)
    return found


def _mixed(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's finaliser for 32 bits."""
    value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))


def _bands(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    parts = values.reshape(len(values), BANDS, ROWS_PER_BAND)
    found = np.zeros((len(values), BANDS), dtype=np.uint32)
    for place in range(ROWS_PER_BAND):
        found = _mixed(found * np.uint32(31) + parts[:, :, place])
    return found


def near(one: list[str], other: list[str]) -> bool:
    """Same content words but for slips of a letter, numbers equal, and shingles alike (exact Jaccard)."""
    if min(len(one), len(other)) < FEWEST_WORDS:
        return one == other
    if "".join(one) == "".join(other):
        return True
    here, there = Counter(content_words(one)), Counter(content_words(other))
    missing, extra = list((here - there).elements()), list((there - here).elements())
    allowed = int(CHANGED * min(len(one), len(other)))
    if abs(len(missing) - len(extra)) > allowed or len(missing) > 2 + 2 * allowed:
        return False
    unmatched = [word for word in missing if not _taken(word, extra)]
    if len(unmatched) > allowed or len(extra) > allowed:
        return False
    if not _one_edit(one, other, allowed=allowed):
        return False
    mine, theirs = _shingles(one), _shingles(other)
    return len(mine & theirs) >= SIMILAR * len(mine | theirs)


def _one_edit(one: list[str], other: list[str], *, allowed: int) -> bool:
    """At most one word added, lost or changed, courtesies, slips and order aside: no paraphrase."""
    here, there = (Counter(word for word in side if word not in _COURTESY) for side in (one, other))
    missing, extra = list((here - there).elements()), list((there - here).elements())
    unmatched = [word for word in missing if not _taken(word, extra)]
    return len(unmatched) <= 1 + allowed and len(extra) <= 1 + allowed


def _shingles(of: list[str]) -> set[str]:
    text = f" {' '.join(of)} "
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


def _taken(word: str, candidates: list[str]) -> bool:
    """Whether one of the candidates is the word with a slip; it is taken from them."""
    for candidate in candidates:
        if slip(word, candidate):
            candidates.remove(candidate)
            return True
    return False


def slip(one: str, other: str) -> bool:
    """One letter added, lost, changed, or two neighbours swapped; never in short words or numbers."""
    short, long = sorted((one, other), key=len)
    if len(long) < SLIP_FROM or len(long) - len(short) > 1 or any(map(str.isdigit, one + other)):
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1]
    return short[at + 1 :] == long[at + 1 :] or (swapped + short[at + 2 :] == long[at:])
