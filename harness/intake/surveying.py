"""What the rows say of themselves, in columns: their split, their group, their label, how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.examples import Task

from .splitting import NONE, OWN_NAMES, key
from .store import Chunk, Rows

MOST_LABELS = 200
LABEL_WORDS = 8
SAME, OTHER = 1, 2


class Survey(NamedTuple):
    """One entry per row."""

    split: NDArray[np.uint8]
    """What `meta.split` names; NONE where it names nothing."""
    group: NDArray[np.uint64]
    """Key of `meta.group`; 0 where there is none."""
    input_words: NDArray[np.int32]
    """Words of the input."""
    output_words: NDArray[np.int32]
    """Words of the output."""
    label: NDArray[np.uint8]
    """0 without a label, SAME where it is the output, OTHER where it is not."""
    context: NDArray[np.uint8]
    """1 where there is a passage."""
    gold: NDArray[np.uint8]
    """1 where documents are named."""


def survey(rows: Rows) -> Survey:
    """One reading of every row."""
    parts = list(rows.over(survey_chunk))
    return Survey(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def survey_chunk(chunk: Chunk) -> Survey:
    """The rows of one chunk."""
    found = []
    for row in chunk.examples():
        named = row.meta.get("group")
        found.append(
            (
                OWN_NAMES.get(str(row.meta.get("split")).lower(), NONE),
                0 if named in (None, "") else key(str(named)) or 1,
                len(row.input_text().split()),
                len(row.output.split()),
                0 if row.label is None else SAME if row.label == row.output else OTHER,
                row.context is not None,
                bool(row.gold_doc_ids),
            )
        )
    kinds = (np.uint8, np.uint64, np.int32, np.int32, np.uint8, np.uint8, np.uint8)
    return Survey(
        *(np.array(column, dtype=k) for column, k in zip(zip(*found, strict=True), kinds, strict=True))
    )


def task_of(seen: Survey, outputs: NDArray[np.uint64]) -> Task:
    """Classification if every row has a label that is its output, or if outputs repeat.

    Outputs repeat where each occurs twice on average, none has more than 8 words, and there are at most 200.
    """
    if (seen.label == SAME).all():
        return "classification"
    short = int(seen.output_words.max()) <= LABEL_WORDS
    repeats = len(np.unique(outputs)) <= min(MOST_LABELS, len(outputs) // 2)
    return "classification" if short and repeats else "generation"


def classes(rows: Rows, outputs: NDArray[np.uint64]) -> tuple[Sequence[str], NDArray[np.int32]]:
    """Names of the classes in alphabetical order, and the class of every row."""
    _, first, code = np.unique(outputs, return_index=True, return_inverse=True)
    names = [row.output for row in rows.take(first.tolist())]
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype=np.int32)
    rank[order] = np.arange(len(names), dtype=np.int32)
    return [names[place] for place in order], rank[code]
