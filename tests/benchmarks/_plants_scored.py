"""How many of the planted label flips and secrets are found, and how many clean rows are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.engagement.records.examples import Example
from harness.intake.audits import secrets
from harness.intake.checking import check_files

from ._plants_labels import flip, flip_to_nearest
from ._plants_scale import written_rows
from ._plants_secrets import HELD_BACK, KINDS, plant

FLIPPED = 0.05
SECRETS = 200
"""Rows with a secret in all, parted between the kinds."""


def flips(rows: Sequence[Example], folder: Path) -> dict[str, object]:
    """Rows called by the whole check of a file without held-out rows' help, by kind of flip."""
    scored: dict[str, object] = {"clean_rows_called": len(_called(rows, folder))}
    for name, make in (("to_any_class", flip), ("to_nearest_class", flip_to_nearest)):
        flipped, planted = make(rows, 3, FLIPPED)
        scored[name] = share(_called(flipped, folder), set(planted))
    return scored


def _called(rows: Sequence[Example], folder: Path) -> set[int]:
    done = check_files(written_rows(folder / "flips.jsonl", rows), task="classification")
    return {n for one in done.found if one.finding.code == "label_noise" for n in one.numbers}


def hidden(rows: Sequence[Example]) -> dict[str, object]:
    """Secrets of the kinds that patterns exist for, and of kinds held back."""
    scored: dict[str, object] = {"clean_rows_called": len(_holding(rows))}
    for name, kinds in (("known_kinds", tuple(KINDS)), ("held_back", tuple(HELD_BACK))):
        copies, planted = plant(rows, 5, kinds=kinds, each=-(-SECRETS // len(kinds)))
        scored[name] = share(_holding(copies), set(planted))
    return scored


def _holding(rows: Sequence[Example]) -> set[int]:
    audits = secrets.ROW_AUDITS
    return {number for number, row in enumerate(rows) if any(audit.holds(row) for audit in audits)}


def share(called: set[int], planted: set[int]) -> dict[str, float | int]:
    """Recall and precision; every called row without a plant counts as wrong."""
    right = len(called & planted)
    return {
        "plants": len(planted),
        "recall": round(right / len(planted), 3),
        "precision_strict": round(right / max(1, len(called)), 3),
    }
