"""How long inputs and outputs are, and which rows are far longer than the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.intake import Lengths
from harness.intake import token_lengths
from harness.intake.corpus import Corpus, Found, Seen, found

from ._kind import Audit

MOST_READ = 20_000
MOST_BINS = 12
LEARNT = ("classification", "generation", "preference")
"""Tasks whose rows are learnt one by one, each cut at the training length."""
FEWEST = 20
"""Rows from which one can be called far longer than the rest."""


def look(corpus: Corpus) -> Seen:
    """By the model's tokenizer where its files are at hand, or by words; rows over the training length."""
    numbers = corpus.sample(MOST_READ)
    if not len(numbers):
        return Seen()
    limit = corpus.training.limit if corpus.task in LEARNT else None
    counted = _counted(_texts(corpus, numbers), corpus.training.folder)
    sampled = len(numbers) if len(numbers) < len(corpus.numbers()) else 0
    over = counted.whole > limit if limit is not None else np.zeros(len(numbers), dtype=np.bool_)
    facts = {
        name: _described(counts, counted.unit, sampled, limit=limit, over=int(over.sum()))
        for name, counts in (("inputs", counted.asked), ("outputs", counted.told))
    }
    return Seen([*_truncated(corpus, numbers, over, counted), *_long(corpus, numbers, counted)], facts)


class _Counted(NamedTuple):
    """Tokens of each row."""

    asked: Sequence[int]
    """Of the input."""
    told: Sequence[int]
    """Of the output."""
    whole: NDArray[np.int64]
    """Of input, output and, where it is read with them, context."""
    unit: str
    """How they were counted."""


def _texts(corpus: Corpus, numbers: NDArray[np.int64]) -> list[tuple[str, str, str]]:
    """Input, output and context of each row."""
    reads = corpus.training.reads_context
    return [
        (row.input_text(), row.output, (reads and row.context) or "")
        for row in corpus.rows.take(numbers.tolist())
    ]


def _counted(rows: Sequence[tuple[str, str, str]], folder: Path | None) -> _Counted:
    counts, unit = token_lengths.count([text for row in rows for text in row], folder)
    table = np.array(counts, dtype=np.int64).reshape(-1, 3)
    return _Counted(counts[::3], counts[1::3], table.sum(axis=1), unit)


def _truncated(
    corpus: Corpus, numbers: NDArray[np.int64], over: NDArray[np.bool_], counted: _Counted
) -> list[Found]:
    if not over.any():
        return []
    read = "rows" if len(numbers) == len(corpus.numbers()) else "rows read"
    read += " is" if over.sum() == 1 else " are"
    message = (
        f"{int(over.sum()):,} of {len(numbers):,} {read} longer than {corpus.training.limit:,} tokens, "
        f"input and output together: training would cut them there ({counted.unit})"
    )
    do = (
        "shorten them, leave them out, or raise `max_length` under [training] in plan.toml: what is cut is "
        "often the answer"
    )
    return [found(corpus.rows, "truncated", message, numbers=numbers[over], do=do)]


def _long(corpus: Corpus, numbers: NDArray[np.int64], counted: _Counted) -> list[Found]:
    """Rows four times longer than 95 of 100, and far from the median."""
    both = counted.whole
    middle = float(np.median(both))
    usual = float(np.median(np.abs(both - middle)))
    bound = max(middle + 10 * usual, 4 * float(np.percentile(both, 95)))
    long = numbers[both > bound]
    if not len(long) or len(numbers) < FEWEST:
        return []
    message = (
        f"{len(long):,} of {len(numbers):,} rows read are far longer than the rest: up to "
        f"{int(both.max()):,} tokens where the median is {middle:,.0f} ({counted.unit})"
    )
    do = "look whether whole files were pasted; what is over the training length is cut"
    return [found(corpus.rows, "long_rows", message, numbers=long, do=do)]


def lengths(
    rows: Sequence[tuple[str, str]], folder: Path | None, limit: int | None
) -> tuple[Lengths, Lengths]:
    """Of inputs and of outputs; `over` of both counts rows whose input and output exceed `limit` together."""
    asked, told, whole, unit = _counted([(*row, "") for row in rows], folder)
    over = int((whole > limit).sum()) if limit is not None else 0
    inputs, outputs = (_described(counts, unit, 0, limit=limit, over=over) for counts in (asked, told))
    return inputs, outputs


def _described(counts: Sequence[int], unit: str, sampled: int, *, limit: int | None, over: int) -> Lengths:
    values = np.array(counts, dtype=np.int64)
    longest = int(values.max(initial=0))
    edges = _edges(longest)
    return Lengths(
        unit=f"tokens, {unit}",
        mean=float(values.mean()) if len(values) else 0.0,
        p50=int(np.median(values)) if len(values) else 0,
        p95=int(np.percentile(values, 95)) if len(values) else 0,
        longest=longest,
        edges=edges,
        counts=np.histogram(values, bins=edges)[0].tolist(),
        limit=limit,
        over=over,
        sampled=sampled,
    )


def _edges(longest: int) -> list[int]:
    """Equal bins from 0 to past the longest, their width 1, 2 or 5 times a power of ten."""
    least = max(1.0, (longest + 1) / MOST_BINS)
    power = 10 ** math.floor(math.log10(least))
    width = next(int(step * power) for step in (1, 2, 5, 10) if step * power >= least)
    return [width * place for place in range((longest // width) + 2)]


AUDIT = Audit("lengths", look)
