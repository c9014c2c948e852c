"""The plan's training settings as other trainers take them."""

from __future__ import annotations

from typing import Any

from trainers.exports._kind import Material
from trainers.exports.making import chat


def rate(material: Material) -> float:
    """Peak learning rate: the plan's, or the method's own."""
    return material.plan.training.learning_rate or material.method.learning_rate


def steps(material: Material) -> int:
    """Optimizer steps over all epochs."""
    asked = material.plan.training
    return max(1, round(asked.epochs * len(chat.used(material.train)) / asked.batch_size))


def warmup_steps(material: Material) -> int:
    """The first tenth of the steps, as in our own training."""
    return max(1, steps(material) // 10)


def notes(material: Material) -> list[str]:
    """What the other trainer will do otherwise than ours."""
    plan = material.plan
    found = chat.limit_note(material)
    if material.pairs:
        found.append("it trains on examples alone: the preference pairs are not exported")
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
    return {
        "title": material.title,
        "method": material.method.name,
        "method_source": material.method.source,
        "base_is_folder": material.base_is_folder,
        "train": len(chat.used(material.train)),
        "validation": len(chat.used(material.validation)),
        "batch_size": material.plan.training.batch_size,
        "max_length": material.plan.training.max_length,
        "turns": material.plan.training.turns,
        "epochs": material.plan.training.epochs,
        "rate": rate(material),
        "steps": steps(material),
        "notes": notes(material),
        "confined": material.confined,
    }
