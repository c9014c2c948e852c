"""How much of the work a machine may do alone, and how far its confidence is to be trusted."""

from __future__ import annotations

import msgspec


class Automated(msgspec.Struct, frozen=True, kw_only=True):
    """One required precision."""

    required: float
    """Share of automated answers that have to be right."""
    threshold: float | None
    """Confidence from which answers count, chosen on validation; None: no threshold reaches it there."""
    automated: int
    """Test rows at or above it."""
    right: int
    """Of these, right ones."""
    n: int
    """Test rows."""
    share: float
    """Automated share of the test rows."""
    share_low: float
    """Lower end of its exact 95 % interval."""
    share_high: float
    """Upper end."""
    precision: float | None
    """Right share of the automated rows; None where there are none."""
    precision_low: float | None
    """Lower bound, exact, one-sided at 95 %."""
    holds: bool
    """Whether that bound reaches what is required."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Test rows of about the same confidence."""

    low: float
    """Confidence from here."""
    high: float
    """To here."""
    n: int
    """Rows."""
    confidence: float | None
    """Their mean confidence; None without rows."""
    right: float | None
    """Share of them that is right."""


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a confidence of 0.8 is right 8 times of 10, on the test rows."""

    temperature: float
    """Logits are divided by it; fitted on validation."""
    brier: float
    """Mean squared error over all labels, 0 to 2, as predicted."""
    brier_after: float
    """The same after the temperature."""
    bins: list[Bin]
    """Reliability as predicted."""
    bins_after: list[Bin]
    """Reliability after the temperature."""


class ArmAutomation(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    arm: str
    """Which arm."""
    seed: int
    """Its seed."""
    run: str
    """Folder under `runs/`."""
    n_validation: int
    """Rows that thresholds and temperature were chosen on."""
    n_test: int
    """Rows that are reported."""
    points: list[Automated]
    """By required precision."""
    calibration: Calibrated
    """Reliability."""


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """All finished runs that give each label a probability: `runs/automation.json`."""

    schema: str = "automation/1"
    """Name and number of this record's form."""
    arms: list[ArmAutomation]
    """In the order of the runs."""
