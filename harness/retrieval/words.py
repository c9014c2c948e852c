"""Text to the words that an index by words knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WORDS_VERSION = 1
"""Raised by hand when a text gives other words."""

# Scripts written without blanks between words (Unicode line breaking, UAX 14: classes ID and SA).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
_RUN = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """Words in lower case without accents of compatibility; of scripts without blanks, pairs of signs.

    Pairs are how Lucene's CJK analyzer indexes such scripts: no dictionary, and a query still meets its
    passage.
    """
    return list(_words(unicodedata.normalize("NFKC", text).casefold()))


def _words(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        if not _RUN.match(piece) or len(piece) == 1:
            yield piece
        else:
            yield from (piece[at : at + 2] for at in range(len(piece) - 1))
