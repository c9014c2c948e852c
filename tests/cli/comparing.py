"""A small comparison with trainings, in one process or on slots, and whether two came to the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.toml_out import to_toml
from tests.conftest import environment, tunecase
from tests.harness.conftest import engagement_with, tickets
from tests.killing import judged, predictions

SMALL = TrainingSettings(epochs=3, learning_rate=5e-3, rank=4, batch_size=4, evaluations=2)


def planned(folder: Path, model: Path, *, arms: tuple[str, ...] = ("floor", "lora")) -> Path:
    """An engagement below the folder with data and a plan of two seeds."""
    engagement = engagement_with(folder, tickets(60))
    plan = Plan(
        arms=list(arms), model=str(model), instruction="Sort the message:", seeds=[0, 1], training=SMALL
    )
    codec.write_text(engagement.plan_path, to_toml(plan))
    return engagement.root


def compared(root: Path, *options: str) -> Engagement:
    """Compare to the end."""
    done = tunecase("compare", "-C", root, "--exploratory", *options)
    assert done.returncode == 0, done.stderr
    return Engagement(root)


def started(root: Path) -> subprocess.Popen[str]:
    """The comparison on two slots, under way."""
    command = [sys.executable, "-m", "advisor", "compare", "-C", str(root), "--exploratory"]
    command += ["--executor", "local", "--slots", "2"]
    return subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)


def alike(one: Engagement, other: Engagement) -> bool:
    """Whether predictions, comparison and verdict are the same but for times."""
    return predictions(one) == predictions(other) and judged(one) == judged(other)
