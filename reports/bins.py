"""Histograms made coarser, so that a screen or a small chart can hold them."""

from __future__ import annotations

from collections.abc import Sequence


def fewer(edges: Sequence[int], counts: Sequence[int], most: int) -> list[tuple[int, int, int]]:
    """Low border, high border and texts of at most `most` bins, neighbours joined, empty ends left off.

    Empty where the record is no histogram: no text, or not one border more than there are bins.
    """
    if len(edges) != len(counts) + 1 or sum(counts) <= 0:
        return []
    filled = [place for place, number in enumerate(counts) if number]
    first, last = filled[0], filled[-1] + 1
    joined = -(-(last - first) // most)
    return [
        (edges[start], edges[end], sum(counts[start:end]))
        for start in range(first, last, joined)
        for end in [min(start + joined, last)]
    ]
