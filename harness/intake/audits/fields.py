"""Fields that some rows lack, and text that every input repeats."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from harness.intake.corpus import Corpus, Found, Seen, found

from ._kind import Audit

MOST_READ = 20_000
FEWEST = 10
"""Rows from which a common beginning says something."""
LONG_PREFIX = 200
"""Characters from which a common beginning is worth moving."""


def look(corpus: Corpus) -> Seen:
    """Passages and beginnings; `meta` is left alone, because no arm reads it."""
    numbers = corpus.sample(MOST_READ)
    if not len(numbers):
        return Seen()
    rows = [(row.input_text(), bool(row.context)) for row in corpus.rows.take(numbers.tolist())]
    holds = [has for _, has in rows]
    return Seen([*_context(corpus, numbers.tolist(), holds), *_prefix(corpus, (one for one, _ in rows))])


def _context(corpus: Corpus, numbers: list[int], holds: list[bool]) -> list[Found]:
    lacking = [number for number, has in zip(numbers, holds, strict=True) if not has]
    if not lacking or len(lacking) == len(numbers):
        return []
    read = "rows" if len(numbers) == len(corpus.numbers()) else "rows read"
    message = f"{len(lacking):,} of {len(numbers):,} {read} have no `context`, the others have one"
    do = "see whether it was lost; if these rows need none, leave it out of all and put it into `input`"
    return [found(corpus.rows, "missing_context", message, numbers=lacking, do=do)]


def _prefix(corpus: Corpus, texts: Iterable[str]) -> list[Found]:
    """A shared instruction; equal inputs share everything and are told as duplicates."""
    different = sorted(set(texts))
    if len(different) < FEWEST:
        return []
    first, last = different[0], different[-1]
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    if common <= LONG_PREFIX:
        return []
    count = len(corpus.numbers())
    read = "inputs" if count <= MOST_READ else f"inputs of a sample of {MOST_READ:,}"
    message = f"all {read} begin with the same {common:,} characters"
    do = "move them into the prompt of the arms: in every row they cost tokens and make inputs look alike"
    return [found(corpus.rows, "constant_prefix", message, do=do, count=count)]


AUDIT = Audit("fields", look)
