"""A model's leaning towards some labels whatever the input, measured on validation inputs and taken off.

The mean log-probability of each label over inputs is the leaning (batch calibration, Zhou et al. 2023, arXiv
2309.17249). Whether it is taken off is settled by accuracy on the validation rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

FEWEST = 20
"""Validation rows below which a leaning is not worth estimating."""


class Calibration(NamedTuple):
    """What is subtracted from the scores of each label."""

    leaning: list[float]
    """Per label, nats; all zero where nothing is taken off."""
    told: str
    """What was compared and chosen, in words."""

    def best(self, scores: Sequence[float]) -> int:
        """Index of the chosen label; of equal ones the first."""
        gaps = [score - bias for score, bias in zip(scores, self.leaning, strict=True)]
        return max(range(len(gaps)), key=gaps.__getitem__)

    def margin(self, scores: Sequence[float]) -> float:
        """How far the chosen label lies above the next one, nats; infinite where it is the only one."""
        first, *rest = sorted((s - bias for s, bias in zip(scores, self.leaning, strict=True)), reverse=True)
        return first - rest[0] if rest else math.inf


def choose(scores: Sequence[Sequence[float]], targets: Sequence[int]) -> Calibration:
    """Raw or calibrated scores, by accuracy on rows with known labels; ties go to the raw ones.

    scores: rows by labels, nats. targets: index of the right label per row.
    """
    if len(scores) < FEWEST:
        labels = len(scores[0]) if scores else 0
        return Calibration([0.0] * labels, f"none: fewer than {FEWEST} validation rows")
    columns = list(zip(*scores, strict=True))
    plain = Calibration([0.0] * len(columns), "")
    level = Calibration([sum(column) / len(column) for column in columns], "")
    raw, calibrated = (_accuracy(one, scores, targets) for one in (plain, level))
    chosen, name = (level, "mean over inputs taken off") if calibrated > raw else (plain, "raw scores")
    told = f"{name}: accuracy on validation {raw:.3f} raw, {calibrated:.3f} calibrated (n={len(scores)})"
    return Calibration(chosen.leaning, told)


def _accuracy(one: Calibration, scores: Sequence[Sequence[float]], targets: Sequence[int]) -> float:
    return sum(one.best(row) == target for row, target in zip(scores, targets, strict=True)) / len(scores)
