"""Terms that have to be used, and are: the share of them that stands in the output, 0 to 1, for each item.

An item's terms are those of `meta.terms` (texts, or a mapping from a term to how it is put) and those of the
glossary that the plan names whose source stands in the input. Ways to put a term are separated by `|`. Case
does not count; a word of five letters or more may have an ending of one or two further letters ("Ventil" is
there in "Ventile"), but no other form. An item without terms has no score.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example
from harness.metrics._files import text_of
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._text import read

INFLECTED = 5
"""Letters of a word from which an ending is forgiven."""
HEADINGS = ("term", "source", "source term", "source_term")
"""What the first cell of a glossary says where it is no term."""


class Term(NamedTuple):
    """A glossary's line, folded."""

    source: str
    """What stands in the input."""
    ways: tuple[str, ...]
    """How it may stand in the output."""


def folded(text: str) -> str:
    """Without case, letters and their accents joined, single blanks."""
    return " ".join(unicodedata.normalize("NFC", read(text)).casefold().split())


def occurs(term: str, text: str) -> bool:
    """Whether a folded term stands in a folded text, as whole words where its script has them."""
    return without(term, text) is not None


def without(term: str, text: str) -> str | None:
    """The folded text with the term taken out of it; None where it does not stand there."""
    # most terms are not there, and this tells quickly
    if not term or term not in text:
        return None
    ending = r"\w{0,2}" if _is_cased(term[-1]) and len(re.split(r"\W", term)[-1]) >= INFLECTED else ""
    before = r"(?<!\w)" if _is_cased(term[0]) else ""
    after = r"(?!\w)" if _is_cased(term[-1]) else ""
    rest, count = re.subn(f"{before}{re.escape(term)}{ending}{after}", "\x00", text)
    return rest if count else None


def called_for(glossary: Sequence[Term], text: str) -> list[tuple[str, ...]]:
    """How the terms of a text are to be put, longest first, so that a shut-off valve is no valve besides."""
    found = []
    for term in glossary:
        rest = without(term.source, text)
        if rest is not None:
            found.append(term.ways)
            text = rest
    return found


def _is_cased(letter: str) -> bool:
    """Whether it belongs to a script with upper and lower case, all of which put blanks between words."""
    return letter.upper() != letter.lower() or letter.isdigit()


def term_share(output: str, wanted: Sequence[tuple[str, ...]]) -> float | None:
    """0.0 to 1.0; None without terms."""
    if not wanted:
        return None
    text = folded(output)
    return sum(any(occurs(way, text) for way in ways) for ways in wanted) / len(wanted)


def own_terms(example: Example) -> list[tuple[str, ...]]:
    """Terms that the item's row names."""
    named = example.meta.get("terms")
    if isinstance(named, str):
        named = named.split(";")
    if isinstance(named, Mapping):
        named = list(named.values())
    if not isinstance(named, list | tuple):
        return []
    return [ways for one in named if isinstance(one, str) and (ways := _ways(one))]


def read_glossary(text: str, name: str) -> list[Term]:
    """Lines of one or two cells, split by tab, semicolon or comma; a term alone is put as it stands."""
    first = text.strip().split("\n", 1)[0]
    delimiter = next((mark for mark in "\t;," if mark in first), ",")
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{name}: {error}", fix="save it as CSV in UTF-8, one term a line") from None
    if lines and lines[0] and lines[0][0].strip().casefold() in HEADINGS:
        lines = lines[1:]
    pairs = [
        (folded(cells[0]), _ways(cells[1] if any(map(str.strip, cells[1:2])) else cells[0]))
        for cells in lines
        if cells
    ]
    found = dict.fromkeys(Term(source, ways) for source, ways in pairs if source and ways)
    if not found:
        raise DataError(f"{name}: holds no term", fix="write a term and how it is put on each line")
    return sorted(found, key=lambda term: -len(term.source))


def _ways(text: str) -> tuple[str, ...]:
    return tuple(way for part in text.split("|") if (way := folded(part)))


def fit(basis: Basis) -> ItemScore | None:
    """Where the plan names a glossary, or rows their terms."""
    name = basis.settings.glossary
    glossary: list[Term] = []
    if name and basis.root is not None:
        glossary = read_glossary(text_of(basis, name, field="metrics.glossary"), name)
    elif not any(own_terms(row) for row in (*basis.train, *basis.validation)):
        return None
    known: dict[str, list[tuple[str, ...]]] = {}

    def score(output: str, example: Example) -> float | None:
        if example.id not in known:
            called = called_for(glossary, folded(example.input_text()))
            known[example.id] = list(dict.fromkeys([*own_terms(example), *called]))
        return term_share(output, known[example.id])

    return score


METRIC = Metric(
    name="terms",
    title="terms used",
    tasks=("generation",),
    fit=fit,
    needs="`terms` in meta of the rows, or glossary under [metrics] in plan.toml",
)
