"""Who learns, who chooses, who judges: seeded, stratified, repeats, near-copies and groups kept together."""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .corpus import TEST, TRAIN, VALIDATION

TEST_SHARE = 0.20
VALIDATION_SHARE = 0.10
VALIDATION_FROM_TRAIN = 0.12
NONE = 255
"""No split of its own."""
OWN_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
}

Split = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def normalised(text: str) -> str:
    """Text for telling doubles: NFKC, case folded, blanks squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def key(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def joined(cluster: Numbers, group: NDArray[np.uint64]) -> Numbers:
    """Clusters that share a group become one, named by their lowest row; group 0 means no group."""
    if not group.any():
        return cluster
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = np.flatnonzero(group)
    _, named = np.unique(group[rows], return_inverse=True)
    n = len(cluster)
    here, there = np.concatenate([np.arange(n), rows]), np.concatenate([cluster, n + named])
    size = n + int(named.max()) + 1
    edges = coo_matrix((np.ones(len(here), dtype=np.int8), (here, there)), shape=(size, size))
    _, component = connected_components(edges, directed=False)
    _, first, place = np.unique(component[:n], return_index=True, return_inverse=True)
    return first[place].astype(np.int64)


def given_test(files: Sequence[int], cluster: Numbers, stratum: Sequence[str], *, seed: int) -> Split:
    """The second file is the test split; validation is taken from the first."""
    split = np.where(np.asarray(files) == 1, TEST, TRAIN).astype(np.uint8)
    return validated(split, cluster, stratum, seed=seed)


def own_splits(own: Split, cluster: Numbers, stratum: Sequence[str], *, seed: int) -> Split | None:
    """The client's own splits, if every row names one and both train and test occur."""
    present = set(np.unique(own).tolist())
    if NONE in present or not {TRAIN, TEST} <= present:
        return None
    if VALIDATION in present:
        return own.copy()
    return validated(own.copy(), cluster, stratum, seed=seed)


def random_splits(cluster: Numbers, stratum: Sequence[str], *, seed: int) -> Split:
    """70 / 10 / 20 by label, rows of a cluster in the same split."""
    split = np.full(len(cluster), TRAIN, dtype=np.uint8)
    split[carve(np.arange(len(cluster)), cluster, stratum, TEST_SHARE, seed=seed)] = TEST
    return validated(split, cluster, stratum, VALIDATION_SHARE / (1 - TEST_SHARE), seed=seed + 1)


def validated(
    split: Split,
    cluster: Numbers,
    stratum: Sequence[str],
    share: float = VALIDATION_FROM_TRAIN,
    *,
    seed: int,
) -> Split:
    """The same array, a share of its training rows turned into validation rows."""
    split[carve(np.flatnonzero(split == TRAIN), cluster, stratum, share, seed=seed)] = VALIDATION
    return split


def carve(rows: Numbers, cluster: Numbers, stratum: Sequence[str], share: float, *, seed: int) -> Numbers:
    """About `share` of these rows of each stratum, by whole clusters; returns the numbers taken.

    A cluster counts to the stratum of its first row; each stratum keeps at least one cluster. Where that
    leaves nothing to take, strata are ignored.
    """
    named = [stratum[number] for number in rows.tolist()] if len(stratum) else [""] * len(rows)
    taken = _taken(rows, cluster, named, share, seed=seed)
    if not taken and len(set(named)) > 1:
        taken = _taken(rows, cluster, [""] * len(rows), share, seed=seed)
    return np.array(sorted(taken), dtype=np.int64)


def _taken(rows: Numbers, cluster: Numbers, stratum: Sequence[str], share: float, *, seed: int) -> set[int]:
    """What one stratum is owed in fractions of a row is carried to the next."""
    groups: dict[int, list[int]] = defaultdict(list)
    by_stratum: dict[str, list[int]] = defaultdict(list)
    for number, group, name in zip(rows.tolist(), cluster[rows].tolist(), stratum, strict=True):
        if group not in groups:
            by_stratum[name].append(group)
        groups[group].append(number)
    generator = random.Random(f"split/{seed}")
    taken: set[int] = set()
    seen = 0
    for name in sorted(by_stratum):
        generator.shuffle(by_stratum[name])
        for place, group in enumerate(by_stratum[name]):
            seen += len(groups[group])
            if place > 0 and len(taken) + len(groups[group]) / 2 <= share * seen:
                taken.update(groups[group])
    return taken
