"""How the score grows with the training rows, and what that says of more rows: `runs/learning_curve.json`."""

from __future__ import annotations

import msgspec

from advisor.engagement.records.runs import Estimate


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One amount of training rows."""

    rows: int
    """Training rows; smaller amounts are parts of the larger ones."""
    seeds: list[int]
    """Trainings with as many rows."""
    score: Estimate
    """On the test split, items averaged over seeds."""
    by_seed: list[float]
    """Score of each training, in the order of the seeds."""
    runs: list[str]
    """Folders under `runs/`."""


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """What the fitted curve says of an amount that was not run."""

    rows: int
    """Training rows, at most twice those at hand."""
    value: float
    """Predicted score."""
    low: float
    """2.5th percentile over resampled items and seeds."""
    high: float
    """97.5th percentile."""


class PowerLaw(msgspec.Struct, frozen=True, kw_only=True):
    """1 - score = floor + scale * rows ** -exponent, as in arXiv 1712.00409."""

    floor: float
    """Error that more rows do not take away, 0 or more."""
    scale: float
    """Error at one row above the floor, 0 or more."""
    exponent: float
    """How fast it falls."""


class LearningCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One arm over nested parts of the training split."""

    schema: str = "learning-curve/1"
    """Name and number of this record's form."""
    arm: str
    """Which arm was trained."""
    metric: str
    """What is measured, 0 to 1."""
    points: list[CurvePoint]
    """Fewest rows first."""
    law: PowerLaw
    """Fitted to the points."""
    ahead: list[Ahead]
    """The curve between the rows at hand and twice as many."""
    target: float | None
    """Score that is asked for."""
    needed: int | None
    """Training rows that reach it by the curve; None where that lies beyond twice the rows at hand."""
    needed_low: int | None
    """Rows by the 97.5th percentile of the curves; None as above."""
    needed_high: int | None
    """Rows by the 2.5th percentile; None as above."""
    answer: str
    """What it means, in a sentence made of these numbers."""
    notes: list[str] = []
    """What has to be said of it."""
    data: str = ""
    """sha256 of the rows it was drawn on, as in the runs; of other rows it says nothing."""
