"""What to change, how, and starting from which model: the smallest that the task and the card allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.costing.models import OpenModel, model_table, near
from advisor.costing.training import peak_memory_gib
from advisor.engagement.records.advice import BaseModel
from advisor.techniques._kind import Parameters

from .weighing import Fact, best_technique

SIZE_BY_TASK = {
    "classification": 1.7,
    "extraction": 4.0,
    "writing": 8.0,
    "answers": 8.0,
    "translation": 8.0,
    "formal_language": 8.0,
    "open_ended": 14.0,
    "general_model": 14.0,
}
"""Billions of parameters to start from; the evaluation decides whether fewer do."""

CARD_BY_HARDWARE = {
    "none": "L4",
    "one_16gb": "T4",
    "one_24gb": "L4",
    "one_48gb": "L40S",
    "one_80gb": "A100-80",
    "several_80gb": "H100",
}
"""Card whose price and speed stand for an answer; with none, a rented 24 GB card."""

MEMORY_BY_HARDWARE = {"one_16gb": 16.0, "one_24gb": 24.0, "one_48gb": 48.0, "one_80gb": 80.0}
SHOWN = 4
"""Candidates named at most."""
SIZES = (14.0, 8.0, 4.0, 1.7, 0.6)


class Choice(NamedTuple):
    """How the model is changed, or `none` throughout."""

    technique: str
    """One of the contract's techniques."""
    objective: str
    """What is optimised."""
    parameters: Parameters | None
    """What moves; None where nothing is trained."""


NOTHING = Choice("none", "none", None)


def seen(known: Mapping[str, Fact], question: str) -> str | None:
    """The reading of a question, or None where unknown."""
    return known[question].reading if question in known else None


def choose(known: Mapping[str, Fact], *, tuned: bool) -> Choice:
    """Technique, objective and moving parameters."""
    if not tuned:
        return NOTHING
    technique = best_technique(known)
    return Choice(technique.name, technique.objective, _movable(technique.parameters, known))


def _movable(preferred: tuple[Parameters, ...], known: Mapping[str, Fact]) -> Parameters:
    hardware = seen(known, "hardware")
    if hardware == "none" and "hosted" in preferred and seen(known, "data_leaves") != "own_machines":
        return "hosted"
    if hardware in ("one_16gb", "one_24gb") and "qlora" in preferred:
        return "qlora"
    return preferred[0]


def base_model_b(known: Mapping[str, Fact], choice: Choice) -> float | None:
    """Size to start from, cut to what the card holds; None where a hosted model does the work."""
    in_house = seen(known, "data_leaves") == "own_machines"
    if choice.parameters is None and not in_house:
        return None
    wanted = SIZE_BY_TASK.get(seen(known, "task_kind") or "", 8.0)
    if seen(known, "weak_ground") == "script_or_image":
        wanted = max(wanted, 4.0)
    if seen(known, "latency") == "under_1s":
        wanted = min(wanted, 4.0)
    memory = MEMORY_BY_HARDWARE.get(seen(known, "hardware") or "")
    if memory is None or choice.parameters == "hosted":
        return wanted
    return next(
        (size for size in (wanted, *SIZES) if size <= wanted and _fits(size, choice, memory)), SIZES[-1]
    )


def _fits(size: float, choice: Choice, memory: float) -> bool:
    # the vendor's GB are read as GiB here; a tenth is kept free for the driver and fragmentation
    if choice.parameters is None or choice.parameters == "hosted":
        needed = peak_memory_gib(size, parameters="qlora")
    else:
        needed = peak_memory_gib(size, parameters=choice.parameters)
    return needed.likely <= 0.9 * memory


def base_models(size: float | None, known: Mapping[str, Fact]) -> list[BaseModel]:
    """Up to four candidates of that size; ones that read images where the material calls for it."""
    if size is None:
        return []
    found = near(size, reads_images=seen(known, "weak_ground") == "script_or_image") or near(size)
    found = sorted(found, key=lambda one: not one.commercial)
    return [BaseModel(hub_id=one.hub_id, licence=one.licence, why=_why(one)) for one in found[:SHOWN]]


def not_commercial(models: Sequence[BaseModel]) -> list[str]:
    """Ids of those that may not be used commercially."""
    barred = {one.hub_id for one in model_table().models if not one.commercial}
    return [one.hub_id for one in models if one.hub_id in barred]


def _why(one: OpenModel) -> str:
    if not one.commercial:
        terms = "commercial use is not allowed without another licence"
    elif one.licence in ("Apache-2.0", "MIT"):
        terms = "licence allows commercial use"
    else:
        terms = "licence has conditions of its own: read it"
    images = ", reads images" if one.reads_images else ""
    return f"{one.params_b:g} billion parameters{images}; {terms}"
