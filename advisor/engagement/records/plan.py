"""What we agreed to run and to call a win, before seeing any number: `plan.toml`, edited by people."""

from __future__ import annotations

import msgspec


class TrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the trained arms learn; the same budget for each of them."""

    epochs: float = 3.0
    """Passes over the training split."""
    learning_rate: float = 0.0
    """Peak learning rate; 0 takes the method's own default."""
    rank: int = 16
    """Rank of the adapter."""
    batch_size: int = 16
    """Examples per optimizer step."""
    max_length: int = 1024
    """Longest row in tokens; longer ones are counted and refused above 1 %."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The decision rule and the work."""

    arms: list[str]
    """What runs, each a file in `harness/arms/`."""
    model: str = "starter"
    """`starter`, a hub id, or a local folder."""
    instruction: str
    """The task in words, the same for every arm."""
    metric: str = "accuracy"
    """Primary metric, a file in `harness/metrics/`."""
    minimum_effect: float = 0.05
    """Smallest difference worth paying for, in the metric's unit (0.05 is five points)."""
    margin: float = 0.02
    """How much worse still counts as not worse."""
    seeds: list[int] = msgspec.field(default_factory=lambda: [0])
    """Seeds of the trained arms."""
    limit: int | None = None
    """At most this many rows of each split; None takes all."""
    contrasts: list[str] = []
    """Arms compared with the baseline, Holm-corrected together. Empty: every arm but the baseline."""
    training: TrainingSettings = TrainingSettings()
    """Shared by the trained arms."""
