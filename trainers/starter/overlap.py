"""Shared word 8-grams between two sets of texts: the honest definition of "the model has seen this"."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Lower-cased words; punctuation and underscores separate them, so `late_parcel` is two words."""
    return _WORD.findall(text.lower())


def ngrams(text: str, *, n: int = 8) -> Iterator[str]:
    """Every run of n words. A text shorter than n words has none: it cannot be called a copy."""
    tokens = words(text)
    return (" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def shared_ngrams(a: Iterable[str], b: Iterable[str], *, n: int = 8) -> set[str]:
    """The n-grams that occur in both `a` and `b`."""
    known = {gram for text in a for gram in ngrams(text, n=n)}
    return {gram for text in b for gram in ngrams(text, n=n) if gram in known}


def contains_phrase(text: str, phrases: Iterable[str]) -> bool:
    """True when a phrase occurs in the text as whole words, whatever its case and separators."""
    haystack = f" {' '.join(words(text))} "
    return any(f" {' '.join(words(phrase))} " in haystack for phrase in phrases if words(phrase))


def texts_of(path: Path) -> list[str]:
    """The texts of a file: every string of JSON lines, else the whole file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".jsonl":
        return [text]
    return [found for line in text.splitlines() for found in _strings(json.loads(line))]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)


@dataclass(frozen=True)
class Filter:
    """What the training text may not hold: runs of eight words, and names."""

    grams: frozenset[str] = frozenset()
    """Forbidden 8-grams."""
    names: tuple[str, ...] = ()
    """Forbidden names, as whole words."""

    def refuses(self, text: str) -> bool:
        """True for a text that may not be trained on."""
        if contains_phrase(text, self.names):
            return True
        return bool(self.grams) and any(gram in self.grams for gram in ngrams(text))


def unwanted(paths: Iterable[Path], names: Iterable[str]) -> Filter:
    """The filter for these files and names."""
    return Filter(
        frozenset(gram for path in paths for text in texts_of(path) for gram in ngrams(text)), tuple(names)
    )
