"""What a way of searching is: queries in, numbers of passages out, best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

DEEP = 50
"""Passages that a search goes down to; what is ranked lower counts as not found: our choice."""


class Ranking(Protocol):
    """Passages ranked for queries."""

    def rank(self, queries: Sequence[str], depth: int = DEEP) -> list[list[int]]:
        """For each query the numbers of at most `depth` passages, best first, each at most once."""
        ...
