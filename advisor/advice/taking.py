"""What the engagement's own runs took, in the place of estimated seconds, hours and prices."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.costing.cards import cards
from advisor.costing.case import Taken
from advisor.costing.prices import find_card
from advisor.costing.running import params_from_name
from advisor.engagement.records.advice import Approach, Measured
from advisor.engagement.records.comparison import ArmSummary, Comparison

from .evidence import PROMPTING

ON_CARD: dict[Approach, tuple[str, ...]] = {
    "prompting": PROMPTING,
    "rag": ("rag",),
    "fine_tuning": ("lora", "qlora", "full"),
    "fine_tuning_rag": ("lora_rag",),
}
"""Arms that a model on the comparison's machine answered."""
BY_TOKEN: dict[Approach, tuple[str, ...]] = {
    "prompting": ("endpoint",),
    "rag": ("endpoint_rag",),
    "fine_tuning": ("tuned_endpoint",),
}
"""Arms that a server answered for money."""
PARAMETERS = {"lora": "lora", "qlora": "qlora", "full": "full", "lora_rag": "lora"}
STARTER = "starter"
"""The bundled model is for demonstration: what it takes says nothing of a client's bill."""


class Costs(NamedTuple):
    """What was measured, for pricing."""

    taken: tuple[Taken, ...] = ()
    """By approach."""
    gpu: str | None = None
    """Card it was measured on, as the price table names it."""
    params_b: float | None = None
    """Billions of parameters of the model compared."""
    rows: int | None = None
    """Rows that it was trained on."""


NOTHING = Costs()


def costs(compared: Comparison | None) -> Costs:
    """Seconds and hours count where a listed card did the work, money where a server was paid."""
    if compared is None:
        return NOTHING
    model = compared.provenance.get("model")
    gpu = _card(compared.provenance.get("machine"))
    size = params_from_name(model) if isinstance(model, str) else None
    if gpu is None or size is None or model == STARTER:
        gpu = size = None
    found = []
    for approach in ON_CARD:
        here = _best(compared, ON_CARD[approach]) if gpu else None
        paid = _best(compared, BY_TOKEN.get(approach, ()))
        if here is not None:
            found.append(_on_card(approach, here, compared, f"{model} on {gpu}"))
        elif paid is not None and paid.cost_usd_per_1000 is not None:
            source = f"measured: {paid.title}, n = {compared.n_test}"
            found.append(Taken(approach, source, paid.name, request_usd=paid.cost_usd_per_1000 / 1000))
    return Costs(tuple(found), gpu, size, compared.n_train if found else None)


def replacing(costs: Costs, approach: Approach, compared: Comparison | None) -> list[Measured]:
    """What of it takes the place of an estimate in this approach's bill, in sentences."""
    one = next((one for one in costs.taken if one.approach == approach), None)
    if one is None or compared is None:
        return []
    amounts = (
        ("a request took {:.3g} s of the card", "seconds", one.request_seconds, "the estimated seconds"),
        ("a request cost USD {:.2g}", "USD", one.request_usd, "the list price of a request"),
        ("a training took {:.2g} hours", "hours", one.training_hours, "the estimated hours of a training"),
    )
    runs = [run for arm in compared.arms if arm.name == one.arm for run in arm.runs]
    return [
        Measured(
            what=f"{one.source.removeprefix('measured: ')}: {words.format(value)}",
            replaces=instead,
            unit=unit,
            value=value,
            n=compared.n_test,
            runs=runs,
        )
        for words, unit, value, instead in amounts
        if value is not None
    ]


def _on_card(approach: Approach, arm: ArmSummary, compared: Comparison, where: str) -> Taken:
    price = compared.provenance.get("hourly_price")
    hourly = price.get("usd") if isinstance(price, dict) else None
    seconds = arm.p50_seconds
    if hourly and arm.cost_usd_per_1000 is not None:
        seconds = arm.cost_usd_per_1000 / 1000 / hourly * 3600
    return Taken(
        approach,
        f"measured: {arm.title}, {where}, n = {compared.n_test}",
        arm.name,
        parameters=PARAMETERS.get(arm.name, "none"),
        request_seconds=seconds,
        training_hours=None if arm.train_seconds is None else arm.train_seconds / 3600,
    )


def _best(compared: Comparison, names: tuple[str, ...]) -> ArmSummary | None:
    """The ranked arm that is best on validation."""
    left_out = {entry["name"] for entry in compared.excluded}
    arms = [one for one in compared.arms if one.name in names and one.name not in left_out]
    return max(arms, key=lambda one: -1.0 if one.validation is None else one.validation, default=None)


def _card(machine: Any) -> str | None:
    device = machine.get("device") if isinstance(machine, dict) else None
    card = find_card(device) if isinstance(device, str) and device != "cpu" else None
    return card.gpu if card is not None and card.gpu in cards() else None
