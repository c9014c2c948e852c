"""What a training method is."""

from __future__ import annotations

import msgspec


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """Which weights move, and how the base is held."""

    name: str
    """As in plans and folder names."""
    adapter: bool
    """True: low-rank adapters move. False: every weight moves."""
    quantised: bool
    """Whether the base is held in 4-bit."""
    target_modules: str
    """peft's name of the layers that get an adapter; empty without one."""
    learning_rate: float
    """Peak rate where the plan names none."""
    source: str
    """Where the rate and the targets come from."""
