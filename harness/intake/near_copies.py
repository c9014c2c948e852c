"""Equal and nearly equal inputs in files of any size, and what of them leaks into a held-out split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.records.intake import Severity

from .corpus import TEST, TRAIN, UNUSED, VALIDATION, Found, found
from .minhash import BANDS, PERMUTATIONS, WORD_BANDS, WORD_PERMUTATIONS
from .signatures import Signatures, keys_of, near, signatures_of, words
from .store import Rows

Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]

NEIGHBOURS = 8
"""How far apart two rows of a bucket may stand to be compared; all are compared with its first."""
ALIKE = 0.45
"""Share of equal MinHash bytes below which a pair is not worth reading."""
ALIKE_IN_WORDS = 0.5
"""The same of the words of two long texts, which share 0.8 of them or more where they are near-copies."""
BLOCK = 100_000
"""Pairs of sketches compared at once."""
READ_AT_ONCE = 2**24
"""Bytes of rows compared word by word at once; as words they take about ten times as much."""


def keys(rows: Rows) -> tuple[Keys, Keys, Keys]:
    """64-bit keys of each row's normalised input, of its output, and of its id."""
    found_keys = np.concatenate([np.empty((0, 3), dtype=np.uint64), *rows.over(keys_of)])
    inputs, outputs, ids = (np.ascontiguousarray(column) for column in found_keys.T)
    return inputs, outputs, ids


def clusters(rows: Rows, inputs: Keys) -> Numbers:
    """Cluster of each row, named by its lowest row. Near-copies join a hub that they are compared with.

    A chain A~B~C does not make A and C one cluster unless the hub is like both: chains of a template
    would else swallow a file. Hubs are tried in the order of their keys, so rows may stand in any order.
    """
    _, first, place = np.unique(inputs, return_index=True, return_inverse=True)
    hub = np.arange(len(first))
    is_member, is_hub = np.zeros(len(first), dtype=bool), np.zeros(len(first), dtype=bool)
    for one, other in _verified(rows, first, _candidates(_signatures(rows, first))):
        if is_member[one] or is_member[other] or is_hub[other]:
            continue
        hub[other], is_member[other], is_hub[one] = one, True, True
    lowest = np.full(len(first), len(inputs), dtype=np.int64)
    np.minimum.at(lowest, hub, first)
    return lowest[hub[place]]


def _signatures(rows: Rows, first: Numbers) -> Signatures:
    """Of distinct inputs, in the order of `first`."""
    bands = np.empty((len(first), BANDS + 1), dtype=np.uint32)
    sketch = np.empty((len(first), PERMUTATIONS), dtype=np.uint8)
    of_words = np.empty((len(first), WORD_PERMUTATIONS), dtype=np.uint8)
    word_bands = np.empty((len(first), WORD_BANDS), dtype=np.uint32)
    enough = np.zeros(len(first), dtype=bool)
    of_row = np.full(len(rows), -1, dtype=np.int64)
    of_row[first] = np.arange(len(first))
    begin = 0
    for part in rows.over(signatures_of):
        target = of_row[begin : begin + len(part.bands)]
        kept = target >= 0
        bands[target[kept]] = part.bands[kept]
        sketch[target[kept]] = part.sketch[kept]
        of_words[target[kept]] = part.of_words[kept]
        word_bands[target[kept]] = part.word_bands[kept]
        enough[target[kept]] = part.long_enough[kept]
        begin += len(target)
    return Signatures(bands, sketch, of_words, word_bands, enough)


def _candidates(signatures: Signatures) -> Numbers:
    """Pairs x 2, ascending: inputs that share a band and look alike by their sketches."""
    usable = np.flatnonzero(signatures.long_enough)
    count = len(signatures.long_enough)
    coded = [np.empty(0, dtype=np.int64)]
    is_long = np.any(signatures.of_words, axis=1)
    long = usable[is_long[usable]]
    columns = [
        *((usable, signatures.bands[usable, band], band < BANDS) for band in range(BANDS + 1)),
        *((long, signatures.word_bands[long, band], True) for band in range(WORD_BANDS)),
    ]
    for numbers, column, compared in columns:
        for one, other in _bucketed(column):
            here, there = numbers[one], numbers[other]
            if compared:
                alike = _alike(signatures, is_long, here, there)
                here, there = here[alike], there[alike]
            coded.append(np.minimum(here, there) * count + np.maximum(here, there))
    pairs = np.unique(np.concatenate(coded))
    return np.column_stack([pairs // max(count, 1), pairs % max(count, 1)])


def _bucketed(column: NDArray[np.uint32]) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of places with equal values: each with the first of its bucket and with its neighbours."""
    order = np.argsort(column, kind="stable")
    ordered = column[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else order
    head = np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    far = np.flatnonzero(np.arange(len(ordered)) - head > NEIGHBOURS)
    yield order[head[far]], order[far]
    for step in range(1, NEIGHBOURS + 1):
        at = np.flatnonzero(ordered[step:] == ordered[:-step])
        yield order[at], order[at + step]


def _alike(
    signatures: Signatures, is_long: NDArray[np.bool_], one: Numbers, other: Numbers
) -> NDArray[np.bool_]:
    """By letters in threes; long texts by their words too."""
    answers = [np.empty(0, dtype=bool)]
    sketch, of_words = signatures.sketch, signatures.of_words
    for at in range(0, len(one), BLOCK):
        here, there = one[at : at + BLOCK], other[at : at + BLOCK]
        alike: NDArray[np.bool_] = np.mean(sketch[here] == sketch[there], axis=1) >= ALIKE
        both = np.flatnonzero(alike & is_long[here] & is_long[there])
        shared = np.mean(of_words[here[both]] == of_words[there[both]], axis=1)
        alike[both] = shared >= ALIKE_IN_WORDS
        answers.append(alike)
    return np.concatenate(answers)


def _verified(rows: Rows, first: Numbers, pairs: Numbers) -> Iterator[tuple[int, int]]:
    for block in _parted(rows, first, pairs):
        needed = np.unique(block)
        texts = (words(row.input_text()) for row in rows.take(first[needed]))
        read = dict(zip(needed.tolist(), texts, strict=True))
        for one, other in block.tolist():
            if near(read[one], read[other]):
                yield one, other


def _parted(rows: Rows, first: Numbers, pairs: Numbers) -> list[Numbers]:
    """Runs of pairs whose rows take READ_AT_ONCE bytes or little more, so that long rows fit too."""
    size = rows.sizes(first)
    until = np.cumsum(size[pairs[:, 0]] + size[pairs[:, 1]]) // READ_AT_ONCE
    return np.split(pairs, np.flatnonzero(np.diff(until)) + 1) if len(pairs) else []


NEAR_LEAKS = "are near-copies of held-out inputs and were"


def leaking(
    rows: Rows, split: NDArray[np.uint8], inputs: Keys, cluster: Numbers
) -> tuple[NDArray[np.uint8], list[Found]]:
    """Rows to learn or choose from that are held out too become UNUSED; then those that validate."""
    before, split = split, split.copy()
    held_out = split == TEST
    learning = (split == TRAIN) | (split == VALIDATION)
    leaked = learning & np.isin(inputs, inputs[held_out])
    near_leaked = learning & ~leaked & np.isin(cluster, cluster[held_out])
    split[leaked | near_leaked] = UNUSED
    choosing = split == VALIDATION
    repeats = np.isin(inputs, inputs[choosing]) | np.isin(cluster, cluster[choosing])
    validating = (split == TRAIN) & repeats
    split[validating] = UNUSED
    said = (
        ("leak", leaked, ("repeats a held-out input and was", "repeat a held-out input and were")),
        ("near_leak", near_leaked, ("nearly copies a held-out input and was", NEAR_LEAKS)),
        ("validation_leak", validating, ("is in validation too and was", "are in validation too and were")),
    )
    do = "nothing for this comparison; find out how the same input came into both splits"
    reports = []
    for code, rows_hit, what in said:
        numbers = np.flatnonzero(rows_hit)
        if len(numbers):
            kinds = "training" if (before[numbers] == TRAIN).all() else "training or validation"
            noun = "row" if len(numbers) == 1 else "rows"
            message = f"{len(numbers):,} {kinds} {noun} {what[len(numbers) > 1]} removed from there"
            severity: Severity = "warning" if code == "validation_leak" else "serious"
            reports.append(found(rows, code, message, numbers=numbers, do=do, severity=severity))
    return split, reports
