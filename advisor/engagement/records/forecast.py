"""What a comparison will take, before it runs: printed by `plan` and `compare --dry-run`."""

from __future__ import annotations

import msgspec

from advisor.engagement.records.advice import Range


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What was forecast of one training or one run, kept beside what it took."""

    seconds: Range | None
    """Loading left out; None where the device or the model's size is not known."""
    memory_gib: Range | None
    """Peak."""


class ArmForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One arm of the plan."""

    name: str
    """Arm."""
    rows_train: int
    """Rows it learns from; 0 for arms that are not trained."""
    rows_predicted: int
    """Validation and test rows it answers, times seeds."""
    tokens: int
    """Tokens read in training and prediction, shared beginnings counted once."""
    truncated: int
    """Rows longer than the limit of training or of the model's context."""
    memory_gib: Range | None
    """Peak memory; None where the model's size is not known."""
    seconds: Range | None
    """Search, then training, prediction and general tasks over all seeds, loading left out."""
    training_seconds: Range | None = None
    """Of these, the optimizer steps of one seed."""
    predicting_seconds: Range | None = None
    """Of these, the answers of one seed."""
    searching_seconds: Range | None = None
    """Of these, the trainings of the search for settings."""
    canary_seconds: Range | None = None
    """Of these, the general tasks put to the trained model of one seed."""
    cost_usd: Range | None
    """Seconds at the hourly price, or tokens at the server's; None where no price applies."""


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The same grid on so many machines at once."""

    slots: int
    """GPUs, or CPU machines like this one."""
    seconds: Range
    """Until the last job is done."""
    cost_usd: Range | None
    """All of them, rented until the last job is done; None where no price applies."""
    too_small_for: list[str] = []
    """Arms that need more GPUs at once; seconds and money are without them."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What `plan` and `compare --dry-run` show."""

    schema: str = "forecast/1"
    """Name and number of this record's form."""
    device: str
    """`cpu`, or the GPU's name."""
    rows: dict[str, int]
    """Rows per split after the limit."""
    minimum_detectable: float | None
    """Smallest paired difference the test split can show (power 0.8, 20 % discordant), or None."""
    arms: list[ArmForecast]
    """In plan order."""
    seconds: Range | None
    """All arms together."""
    cost_usd: Range | None
    """All arms together, servers among them."""
    hourly_usd: float | None
    """Price of one hour."""
    assumptions: list[str]
    """In sentences."""
    canary_seconds: Range | None = None
    """Of these, the general tasks put to the base model once."""
    servers_usd: Range | None = None
    """Of the cost, what is paid to servers by the token; None where no arm asks one that has a price."""
    fleets: list[Fleet] = []
    """What more machines make of it; empty where the time is not known."""
    longest_chain: Range | None = None
    """Seconds of the jobs that wait for each other: no number of machines ends sooner."""
