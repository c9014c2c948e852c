"""What near-copies have in common: MinHash over letters in threes, and words that carry the meaning."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .minhash import GRAM, WORD_ROWS_PER_BAND, bands, minhashes, word_minhashes
from .splitting import key, normalised
from .store import Chunk
from .token_lengths import UNSPACED

SIMILAR = 0.6
"""Least exact Jaccard similarity of two near-copies."""
FEWEST_WORDS = 3
CHANGED = 0.02
"""Share of a text's words that may differ: none below 50 words."""
LONG = 60
"""Words from which texts are compared by words too: any two long ones share most runs of three letters."""
SLIP_FROM = 4
"""Letters of a word from which one wrong letter is a slip of the keyboard."""
BLOCK = 500
"""Rows hashed at once: 500 rows of 60 shingles and 80 permutations take 10 MB."""

Keys = NDArray[np.uint64]

# Articles, auxiliaries, pronouns, politeness, fillers, particles; no negation, direction or question word
_SMALL = frozenset(
    "a an the this that these those is are am was were be been being do does did have has had can could "
    "would will shall should may might i me my mine we us our you your it its to of for in on at by "
    "with and so "
    # Chinese: particles; Japanese: particles of case and topic
    "\u7684 \u4e86 \u5417 \u55ce \u5462 \u5427 \u554a \u5440 \u306f \u304c \u3092 \u3082 \u304b \u3088 "
    "\u306d "
    "please kindly thanks thank hi hello hey ok okay just also s re m ll d ve there some any "
    "um uh er oh well actually really basically like tell".split()
)
_COURTESY = frozenset(
    "please kindly thanks thank hi hello hey ok okay just also um uh er oh well actually really basically "
    "like tell me".split()
)
_ASKING = frozenset("what who whose when where why how which".split())
_OPENING = re.compile(
    r"^(?:(?:good (?:morning|afternoon|evening|day)|dear (?:team|all|support|sir or madam)"
    r"|(?:can|could|would|will) you (?:please |kindly )?tell me)\b[\s,.!:]*)+"
)
_CLOSING = re.compile(
    r"[\s,.!]*\b(?:(?:thank you|thanks)(?: (?:very|so) much| a lot| in advance)?|cheers"
    r"|(?:best|kind) regards)[\s,.!]*$"
)
_BOTH_WAYS = frozenset("and or is are am was were".split())
"""Words whose two sides may change places: "cats or dogs"."""
_WORD = re.compile(r"[^\W_]+")
# Unicode, general categories Mn and Mc: accents, points and vowel signs are no letters to Python
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
    "\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
)
_UNIT = re.compile(rf"{UNSPACED.pattern}|(?:(?!{UNSPACED.pattern})[^\W_]|[{_MARKS}])+")
"""Words, and the single characters of scripts that leave no space between words."""
_UNSPACED_COURTESY = re.compile(
    "\u8bf7\u95ee|\u9ebb\u70e6|\u8bf7|\u8acb|\u8c22\u8c22|\u8b1d\u8b1d|[\u60a8\u4f60]\u597d"
    "|\u304f\u3060\u3055\u3044|\u4e0b\u3055\u3044|\u304a\u9858\u3044\u3057\u307e\u3059|\u3059\u307f\u307e\u305b\u3093"
    "|\u0e04\u0e23\u0e31\u0e1a|\u0e04\u0e48\u0e30|\u0e04\u0e30|\u0e01\u0e23\u0e38\u0e13\u0e32|\u0e02\u0e2d\u0e1a\u0e04\u0e38\u0e13"
)
"""Please, thanks and hello in Chinese and Japanese; in Thai also the endings of polite sentences."""
_NEGATED = re.compile(
    r"\b(ca|wo|\w+)n['\u2019]t\b|\b(ca|wo|do|does|did|is|are|was|were|have|has|would|could|should)nt\b"
)
_WHOLE = {"ca": "can", "wo": "will"}


class Signatures(NamedTuple):
    """Of the rows of a chunk, in their order."""

    bands: NDArray[np.uint32]
    """Rows x (BANDS + 1): hashes that near-copies mostly share one of; the last is of the content words."""
    sketch: NDArray[np.uint8]
    """Rows x PERMUTATIONS: the lowest byte of each MinHash value."""
    of_words: NDArray[np.uint8]
    """Rows x WORD_PERMUTATIONS: the same of the words that carry the meaning; zeros below LONG words."""
    word_bands: NDArray[np.uint32]
    """Rows x WORD_BANDS: hashes that long near-copies mostly share one of."""
    long_enough: NDArray[np.bool_]
    """Whether there are words enough to speak of a near-copy."""


def words(text: str) -> list[str]:
    """Words of the normalised text without punctuation, greeting and thanks; "can't" reads "can not".

    In scripts without spaces each character counts as a word: shingles over them are pairs of characters.
    """
    plain = normalised(text)
    if "nt" in plain or "n't" in plain or "n\u2019t" in plain:
        plain = _NEGATED.sub(_written_out, plain)
    plain = plain.replace("cannot", "can not")
    bare = _CLOSING.sub("", _OPENING.sub("", plain))
    if bare.count(" ") >= FEWEST_WORDS - 1:
        plain = bare
    if plain.isascii():
        found = _WORD.findall(plain)
    else:
        found = _UNIT.findall(_UNSPACED_COURTESY.sub(" ", plain))
    # a word typed twice in a row says nothing more; a Chinese character does
    doubled = zip(found, [None, *found], strict=False)
    return [word for word, before in doubled if word != before or UNSPACED.match(word)]


def _written_out(found: re.Match[str]) -> str:
    verb = found[1] or found[2]
    return f"{_WHOLE.get(verb, verb)} not"


def keys_of(chunk: Chunk) -> Keys:
    """Rows x 3: keys of the normalised input, of the output and of the id."""
    found = [
        (key(normalised(row.input_text())), key(row.output.strip()), key(row.id)) for row in chunk.examples()
    ]
    return np.array(found, dtype=np.uint64).reshape(-1, 3)


def signatures_of(chunk: Chunk) -> Signatures:
    """Signatures of a chunk."""
    split = [words(row.input_text()) for row in chunk.examples()]
    carrying = [content_words(each) for each in split]
    content = [key(" ".join(sorted(each))) & 0xFFFFFFFF for each in carrying]
    texts = [f" {' '.join(each)} " for each in split]
    hashes = [minhashes(texts[at : at + BLOCK]) for at in range(0, len(texts), BLOCK)]
    values = np.concatenate(hashes)
    columns = np.column_stack([bands(values), np.array(content, dtype=np.uint32)])
    enough = np.array(
        [len(each) >= FEWEST_WORDS and bool(of) for each, of in zip(split, carrying, strict=True)]
    )
    long = [of if len(each) >= LONG else [] for each, of in zip(split, carrying, strict=True)]
    of_words = np.concatenate([word_minhashes(long[at : at + BLOCK]) for at in range(0, len(long), BLOCK)])
    return Signatures(
        columns, _lowest(values), _lowest(of_words), bands(of_words, WORD_ROWS_PER_BAND), enough
    )


def _lowest(values: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return (values & np.uint32(255)).astype(np.uint8)


def content_words(of: list[str]) -> list[str]:
    """Those that carry the meaning."""
    return [word for word in of if word not in _SMALL]


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
    if not _one_edit(one, other, allowed=allowed) or _exchanged(one, other):
        return False
    if _unspaced(one) and not allowed:
        return content_words(one) == content_words(other)
    mine, theirs = _shingles(one), _shingles(other)
    return len(mine & theirs) >= SIMILAR * len(mine | theirs)


def _unspaced(of: list[str]) -> bool:
    """Whether most units are single characters, whose order is their meaning."""
    return 2 * sum(UNSPACED.match(word) is not None for word in of) > len(of)


def _one_edit(one: list[str], other: list[str], *, allowed: int) -> bool:
    """At most one word added, lost or changed, courtesies, slips and order aside: no paraphrase."""
    here, there = (Counter(word for word in side if word not in _COURTESY) for side in (one, other))
    missing, extra = list((here - there).elements()), list((there - here).elements())
    unmatched = [word for word in missing if not _taken(word, extra)]
    return len(unmatched) <= 1 + allowed and len(extra) <= 1 + allowed


def _exchanged(one: list[str], other: list[str]) -> bool:
    """Two words that are no neighbours changed places, as in "from A to B", and nothing else did."""
    here, there = ([word for word in side if word not in _COURTESY] for side in (one, other))
    places = [at for at, (a, b) in enumerate(zip(here, there, strict=False)) if a != b]
    if len(here) != len(there) or len(places) != 2 or places[1] - places[0] < 2:
        return False
    first, last = places
    if not (_same(here[first], there[last]) and _same(here[last], there[first])):
        return False
    return here[first] not in _ASKING and not _BOTH_WAYS.issuperset(here[first + 1 : last])


def _same(one: str, other: str) -> bool:
    return one == other or slip(one, other)


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
    """One letter added, lost, changed, or two neighbours swapped; never in short words or numbers.

    The first letter agrees: of eight pairs in CLINC150, BANKING77 and HWU64 that differ there, seven are two
    words, such as look and book, where and here, locked and blocked.
    """
    if one[:1] != other[:1]:
        return False
    short, long = sorted((one, other), key=len)
    if len(long) < SLIP_FROM or len(long) - len(short) > 1 or any(map(str.isdigit, one + other)):
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1]
    return short[at + 1 :] == long[at + 1 :] or (swapped + short[at + 2 :] == long[at:])
