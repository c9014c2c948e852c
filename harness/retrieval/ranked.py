"""How well a ranking finds what a question needs: one number per question, so that paired tests apply."""

from __future__ import annotations

import math
from collections.abc import Sequence


def recall(found: Sequence[str], gold: Sequence[str], k: int) -> float:
    """Share of the gold documents among the first k."""
    return len(set(found[:k]) & set(gold)) / len(set(gold))


def hit(found: Sequence[str], gold: Sequence[str], k: int) -> float:
    """1.0 where any gold document is among the first k."""
    return float(not set(found[:k]).isdisjoint(gold))


def ndcg(found: Sequence[str], gold: Sequence[str], k: int) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1 (Järvelin and Kekäläinen 2002)."""
    wanted = set(gold)
    gain = sum(1 / math.log2(place + 1) for place, id in enumerate(found[:k], start=1) if id in wanted)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return gain / best


def reciprocal_rank(found: Sequence[str], gold: Sequence[str]) -> float:
    """1 / place of the first gold document; 0 where none is found."""
    return next((1 / place for place, id in enumerate(found, start=1) if id in set(gold)), 0.0)
