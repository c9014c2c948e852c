"""How long work tells the command line where it is; engines yield, the CLI draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """One sign of life."""

    stage: str
    """What is running, such as `lora: training`."""
    done: int
    """Units finished."""
    total: int
    """Units in all."""
    note: str = ""
    """Anything worth a glance: loss, accuracy so far."""


OnProgress = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Tell nobody."""
