"""The plan's training settings as other trainers take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.engagement.records.examples import Preference
from trainers.defaults import DPO_RATE
from trainers.exports._kind import Material
from trainers.exports.making import chat

PREFERRING = "dpo"
"""Arm that learns from pairs and that other trainers know."""


class Course(NamedTuple):
    """How long something is learnt, and how fast."""

    rows: int
    """Rows or pairs."""
    epochs: float
    """Passes over them."""
    rate: float
    """Peak learning rate."""
    batch_size: int
    """Rows or pairs per optimizer step."""

    @property
    def steps(self) -> int:
        """Optimizer steps over all epochs."""
        return max(1, round(self.epochs * self.rows / self.batch_size))

    @property
    def warmup_steps(self) -> int:
        """The first tenth of the steps, as in our own training."""
        return max(1, self.steps // 10)


def examples(material: Material) -> Course:
    """The plan's training; the method's own rate where the plan has none."""
    asked = material.plan.training
    rate = asked.learning_rate or material.method.learning_rate
    return Course(len(chat.used(material.train)), asked.epochs, rate, asked.batch_size)


def preferences(material: Material) -> Course | None:
    """The plan's direct preference optimisation; None where it has no such arm, or there are no pairs."""
    pairs = pairs_of(material, "train")
    if PREFERRING not in material.plan.arms or not pairs:
        return None
    asked = material.plan.preferences
    rate = asked.learning_rate or DPO_RATE[material.method.adapter]
    return Course(len(pairs), asked.epochs, rate, material.plan.training.batch_size)


def pairs_of(material: Material, split: str) -> Sequence[Preference]:
    """Pairs of this split, train where a pair names none; those held out are never among them."""
    return [pair for pair in material.pairs if pair.meta.get("split", "train") == split]


def notes(material: Material) -> list[str]:
    """What the other trainer will do otherwise than ours."""
    plan = material.plan
    found = chat.limit_note(material)
    if material.pairs and preferences(material) is None:
        found.append("it trains on examples alone: pairs are not exported without the arm dpo in the plan")
    if len(plan.seeds) > 1:
        found.append(f"of the seeds {plan.seeds} the first is written")
    if plan.training.replay or plan.training.patience:
        found.append("replay and patience of plan.toml are not exported")
    if material.method.quantised and plan.training.variant == "pissa":
        found.append(
            "pissa takes its first weights from the base, which qlora holds in 4-bit: change one of them"
        )
    return found


def words(material: Material) -> dict[str, Any]:
    """What the instructions beside the files speak of."""
    learning, preferring = examples(material), preferences(material)
    return {
        "title": material.title,
        "method": material.method.name,
        "method_source": material.method.source,
        "base_is_folder": material.base_is_folder,
        "train": learning.rows,
        "validation": len(chat.used(material.validation)),
        "batch_size": material.plan.training.batch_size,
        "max_length": material.plan.training.max_length,
        "turns": material.plan.training.turns,
        "epochs": material.plan.training.epochs,
        "rate": learning.rate,
        "steps": learning.steps,
        "preferring": preferring,
        "beta": material.plan.preferences.beta,
        "notes": notes(material),
        "confined": material.confined,
    }
