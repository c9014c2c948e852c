"""Two rankings into one."""

from __future__ import annotations

from collections.abc import Sequence

K = 60
"""Cormack, Clarke and Büttcher 2009: how little the very first places weigh more than the next."""


def fused(rankings: Sequence[Sequence[int]], depth: int) -> list[int]:
    """Reciprocal rank fusion: each ranking gives 1 / (60 + place); of equal ones the lower number first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (K + place)
    return sorted(scores, key=lambda number: (-scores[number], number))[:depth]
