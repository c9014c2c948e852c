"""A document into pieces that a retriever can rank: cut at headings, paragraphs, sentences, then words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from advisor.engagement.records.documents import Chunk, Document

SIZE_WORDS = 200
"""Our own choice, not measured here: five such pieces are 1000 words, which leave a small model room."""
OVERLAP_WORDS = 40
"""Our own choice: two or three sentences, so that an answer at a cut stands whole in one of the pieces."""
LONGEST_PIECE = 400
"""Characters after which even a string without blanks, such as an encoded picture, is cut."""
LETTERS_PER_WORD = 30
"""A longer word counts as several, so that pieces full of such strings stay short."""

# Scripts that are written without blanks between words (Unicode line breaking, UAX 14: classes ID and SA).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = (
    "\u0300-\u036f\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
    "\u3099\u309a\ufe00-\ufe0f"
)
_STOPS = "\u3001\u3002\uff01\uff0c\uff1f\u300d\u300f\uff09"
_WORD = re.compile(
    rf"(?:[{_UNSPACED}][{_MARKS}]*){{1,2}}[{_STOPS}]*|[^\s{_UNSPACED}]{{1,{LONGEST_PIECE}}}[{_MARKS}]*"
)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_ITEM = re.compile(r"[-*+|\u2022]|\d{1,3}[.)]")
_SENTENCE_END = re.compile(r"(?:[.!?\u2026][\"'\u2019\u201d)\]]*|[\u3002\uff01\uff1f][\u300d\u300f\uff09]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+")
_CLOSING = re.compile(r"[ \t]#+$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_WORD_CUT, _SENTENCE_CUT, _PARAGRAPH_CUT = range(3)


class Heading(NamedTuple):
    """A Markdown heading."""

    start: int
    """Where its line begins, in characters."""
    end: int
    """Where its line ends."""
    level: int
    """1 to 6."""
    text: str
    """Without the marks."""


class _Section(NamedTuple):
    start: int
    """First character."""
    end: int
    """Character after the last."""
    path: list[str]
    """Headings above, outermost first."""


class _Words(NamedTuple):
    spans: list[tuple[int, int]]
    """First character of each word and the one after its last."""
    weight: list[int]
    """Weight of all words before each, and of all; a usual word weighs 1."""
    paragraphs: list[int]
    """Words that begin a paragraph, by number."""
    sentences: list[int]
    """Words that begin a sentence, a list item, a table's row or a paragraph."""


def chunks(
    document: Document, size_words: int = SIZE_WORDS, overlap_words: int = OVERLAP_WORDS
) -> list[Chunk]:
    """Pieces of at most `size_words` that together hold every letter of the text.

    Two letters of a script without blanks count as one word. Neighbours under one heading share up to
    `overlap_words`; a heading with nothing under it stays with what follows.
    """
    if not 0 <= overlap_words <= size_words // 2:
        raise ValueError(f"{overlap_words} words of overlap in pieces of {size_words}: at most half")
    found: list[Chunk] = []
    for section in _sections(document.text):
        title = " > ".join(_path(document.title, section.path))
        words = _words(document.text, section)
        for first, last in _pieces(words, size_words, overlap_words):
            start, end = words.spans[first][0], words.spans[last - 1][1]
            found.append(
                Chunk(
                    id=f"{document.id}#{len(found)}",
                    doc_id=document.id,
                    title=title,
                    text=document.text[start:end],
                    start=start,
                )
            )
    return found


def headings(text: str) -> Iterator[Heading]:
    """Markdown headings with `#`, those inside fenced code aside."""
    begin, fence = 0, ""
    for line in text.splitlines(keepends=True):
        marked = _FENCE.match(line)
        if marked and fence in ("", marked[1]):
            fence = "" if fence else marked[1]
        found = _HEADING.match(line) if not fence else None
        said = _CLOSING.sub("", line[found.end() :].strip()).strip() if found else ""
        if found and said:
            yield Heading(begin, begin + len(line), len(found[1]), said)
        begin += len(line)


def _path(title: str, path: list[str]) -> list[str]:
    """The document's title is often its first heading too: said once."""
    return [part for part in [title, *(path[1:] if path[:1] == [title] else path)] if part]


def _sections(text: str) -> Iterator[_Section]:
    above: list[Heading] = []
    begin = body = 0
    for heading in headings(text):
        if text[body : heading.start].strip():
            yield _Section(begin, heading.start, [one.text for one in above])
            begin = heading.start
        body = heading.end
        above = [*(one for one in above if one.level < heading.level), heading]
    yield _Section(begin, len(text), [one.text for one in above])


def _words(text: str, section: _Section) -> _Words:
    spans = [match.span() for match in _WORD.finditer(text, section.start, section.end)]
    weight = [0, *accumulate(1 + (end - start) // LETTERS_PER_WORD for start, end in spans)]
    levels = [_level(text, spans[n - 1], spans[n]) for n in range(1, len(spans))]
    paragraphs = [number for number, level in enumerate(levels, start=1) if level == _PARAGRAPH_CUT]
    sentences = [number for number, level in enumerate(levels, start=1) if level >= _SENTENCE_CUT]
    return _Words(spans, weight, paragraphs, sentences)


def _level(text: str, before: tuple[int, int], after: tuple[int, int]) -> int:
    """How welcome a cut between two words is."""
    gap = text[before[1] : after[0]]
    if "\n" in gap:
        if _BLANK_LINE.search(gap):
            return _PARAGRAPH_CUT
        if _ITEM.match(text, after[0]):
            return _SENTENCE_CUT
    ended = _SENTENCE_END.search(text[before[0] : before[1]])
    return _SENTENCE_CUT if ended else _WORD_CUT


def _pieces(words: _Words, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """First word of each piece and the word after its last."""
    begin = end = 0
    while end < len(words.spans):
        limit = bisect_right(words.weight, words.weight[begin] + size) - 1
        if limit <= end:
            begin, limit = end, max(end + 1, bisect_right(words.weight, words.weight[end] + size) - 1)
        end = limit if limit >= len(words.spans) else _cut(words, begin, end, limit, size)
        yield begin, end
        begin = _again(words, end, overlap)


def _cut(words: _Words, begin: int, done: int, limit: int, size: int) -> int:
    """The best cut in the second half of the piece; behind the piece before in any case."""
    half = max(bisect_left(words.weight, words.weight[begin] + size / 2), done + 1)
    for cuts in (words.paragraphs, words.sentences):
        place = bisect_right(cuts, limit) - 1
        if place >= 0 and cuts[place] >= half:
            return cuts[place]
    return limit


def _again(words: _Words, end: int, overlap: int) -> int:
    """Where the next piece begins: the first sentence that fits into the overlap, else the first word."""
    first = bisect_left(words.weight, words.weight[end] - overlap)
    place = bisect_left(words.sentences, first)
    welcome = place < len(words.sentences) and words.sentences[place] < end
    return words.sentences[place] if welcome else first
