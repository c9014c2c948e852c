"""What a metric is."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A number per item; its mean is the arm's number, unless the file says otherwise."""

    name: str
    """As in plans and records."""
    title: str
    """In words."""
    tasks: tuple[str, ...]
    """Task kinds it suits."""
    score: Callable[[str, str], float] | None
    """Output and target to 0..1; None: defined over all items at once."""
    binary: bool
    """Whether a score is 0 or 1 only."""
