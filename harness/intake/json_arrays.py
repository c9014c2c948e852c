"""A JSON array in pieces: the text of one element after another, so that a large file needs little memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .decoding import LineError
from .streaming import LONGEST

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_INSIDE = re.compile(rf'(?:[^"{{}}\[\]]++|{_STRING})*+', re.DOTALL)
"""All up to the next bracket, or to a string that the window does not hold whole."""
_BETWEEN = re.compile(rf'(?:[^"{{}}\[\],]++|{_STRING})*+', re.DOTALL)
"""The same, or to a comma."""


class Element(NamedTuple):
    """What stands between two commas of the array."""

    line: int
    """1-based line where it begins."""
    column: int
    """1-based column where it begins."""
    text: str
    """Without white space around it; not parsed."""


def elements(path: Path, pieces: Iterator[str]) -> Iterator[Element]:
    """Every element of the one array that the pieces hold, whatever stands in it."""
    window = _Window(path, pieces)
    number = 0
    while True:
        number += 1
        found, last = window.element(number)
        if found.text or not last or number > 1:
            yield found
        if last:
            break
    window.refuse_rest()


class _Window:
    """The part of the text that is in memory."""

    def __init__(self, path: Path, pieces: Iterator[str]) -> None:
        self._path = path
        self._pieces = pieces
        self._text = ""
        self._begin = 0
        self._at = 0
        self._line = self._column = 1
        while (start := self._text.find("[")) < 0 and self._more():
            pass
        self._move(start + 1)

    def element(self, number: int) -> tuple[Element, bool]:
        """The next one, and whether the array ends after it."""
        depth = 0
        while True:
            found = (_INSIDE if depth else _BETWEEN).match(self._text, self._at)
            self._at = found.end() if found else self._at
            mark = self._text[self._at : self._at + 1]
            if mark in ("", '"'):
                self._refuse_longer(number)
                if not self._more():
                    what = f"the array is not closed, it ends within element {number}"
                    raise LineError(self._path, self._line, what, fix="export or copy the file again")
            elif not depth and mark in ",]":
                return self._cut(), mark == "]"
            else:
                depth = max(0, depth + (1 if mark in "[{" else -1))
                self._at += 1

    def refuse_rest(self) -> None:
        """Nothing but white space follows the array."""
        while True:
            rest = self._text[self._begin :]
            if rest.strip():
                self._move(self._begin + len(rest) - len(rest.lstrip()))
                what = f"column {self._column}: not JSON (Extra data after the array)"
                raise LineError(self._path, self._line, what, fix="keep one array in a file, or write JSONL")
            self._move(len(self._text))
            if not self._more():
                return

    def _cut(self) -> Element:
        end = self._at
        text = self._text[self._begin : end]
        self._move(end - len(text.lstrip()))
        found = Element(self._line, self._column, text.strip())
        self._move(end + 1)
        return found

    def _move(self, to: int) -> None:
        """Go on from here, counting the lines passed."""
        self._line += self._text.count("\n", self._begin, to)
        last = self._text.rfind("\n", self._begin, to)
        self._column = to - last if last >= 0 else self._column + to - self._begin
        self._begin = self._at = to

    def _more(self) -> bool:
        """Twice as much of the element at hand, so that a long string is not searched over and over."""
        kept, size = [self._text[self._begin :]], 0
        self._at -= self._begin
        self._begin = 0
        for piece in self._pieces:
            kept.append(piece)
            size += len(piece)
            if size and size >= len(kept[0]):
                break
        self._text = "".join(kept)
        return size > 0

    def _refuse_longer(self, number: int) -> None:
        if len(self._text) - self._begin > LONGEST:
            what = f"element {number} has a size over the limit of {LONGEST} characters"
            raise LineError(self._path, self._line, what, fix="write one row an element")
