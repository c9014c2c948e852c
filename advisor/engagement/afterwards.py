"""What is kept of a finished comparison beside it: failures and iterations, under `runs/`."""

from __future__ import annotations

from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.failures import Failures
from advisor.engagement.records.iterations import Iteration, Iterations


def failures_path(engagement: Engagement) -> Path:
    """Where the leading arms fail."""
    return engagement.root / "runs" / "failures.json"


def iterations_path(engagement: Engagement) -> Path:
    """Every comparison on new data."""
    return engagement.root / "runs" / "iterations.json"


def failures(engagement: Engagement) -> Failures | None:
    """Where the leading arms fail, or None before the first comparison."""
    path = failures_path(engagement)
    return codec.read_json(path, Failures) if path.exists() else None


def iterations(engagement: Engagement) -> list[Iteration]:
    """Comparisons on new data, oldest first, possibly none."""
    path = iterations_path(engagement)
    return codec.read_json(path, Iterations).iterations if path.exists() else []
