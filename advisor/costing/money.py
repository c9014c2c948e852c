"""From a workload to a bill: ranges, dated unit prices, and the volume from which it pays."""

from __future__ import annotations

import datetime as dt
from typing import Literal, NamedTuple

from advisor.engagement.records.advice import Cost, CostItem, Range
from advisor.engagement.records.settings import Currency, Prices, Settings

from .prices import Priced, age_note, flat, gpu_hour, request_price, training_tokens_price
from .training import serving_seconds, training_hours

HOURS_PER_MONTH = 730.0
DAYS = {
    "prompting": Range(low=3, likely=5, high=10),
    "rag": Range(low=10, likely=20, high=40),
    "fine_tuning": Range(low=10, likely=20, high=40),
    "fine_tuning_rag": Range(low=20, likely=35, high=70),
    "not_ready": Range(low=3, likely=8, high=15),
}
"""Engineer days to build and measure: assumption. Two engineers took one month for a 7B tune (Databricks)."""
UPKEEP_DAYS = {
    "prompting": Range(low=0.25, likely=0.5, high=1),
    "rag": Range(low=0.5, likely=1.5, high=4),
    "fine_tuning": Range(low=0.5, likely=1, high=3),
    "fine_tuning_rag": Range(low=1, likely=2.5, high=6),
    "not_ready": Range(low=0, likely=0, high=0),
}
"""Engineer days a month to keep it running: assumption."""
PASSAGE_TOKENS = 2000.0
"""Looked-up text added to each request: four or five passages, assumption."""
RUNS = Range(low=3, likely=4, high=6)
"""Training runs until one is kept: assumption."""
EPOCHS = 3.0


class Case(NamedTuple):
    """What is to be priced."""

    approach: str
    """One of the five."""
    parameters: Literal["none", "full", "lora", "qlora", "hosted"]
    """What moves in training."""
    params_b: float | None
    """Size of the open model, where one is used."""
    gpu: str
    """Card to train or serve on, as in the tables."""
    in_house: bool
    """Whether everything runs on machines of one's own."""
    requests_per_month: float | None
    """Volume, or None."""
    tokens_in: float
    """Tokens of instruction and input per request."""
    tokens_out: float
    """Tokens of output per request."""
    training_rows: float
    """Examples to train on."""
    labels: Range
    """Examples to be labelled yet."""


class Line(NamedTuple):
    """A quantity times a price, before it is in the client's currency."""

    name: str
    """What is paid for."""
    period: Literal["one_off", "per_month"]
    """Once, or each month."""
    quantity: Range
    """How many units."""
    unit: str
    """Of what."""
    price: Priced
    """USD per unit."""


def cost(case: Case, settings: Settings, *, today: dt.date) -> Cost:
    """The bill, once and per month; per 1,000 requests where the volume is unknown."""
    lines = [*_one_off(case, settings.prices), *_per_month(case, settings.prices)]
    rate = settings.exchange if settings.exchange and settings.exchange.code == settings.currency else None
    items = [_item(line, rate) for line in lines]
    break_even = _break_even(case, settings.prices)
    return Cost(
        currency=rate.code if rate else "USD",
        one_off=_sum(items, "one_off"),
        per_month=_sum(items, "per_month"),
        break_even_requests_per_month=break_even,
        items=items,
        assumptions=_assumptions(case, settings, rate, lines=lines, today=today),
    )


def uses_retrieval(case: Case) -> bool:
    """Whether passages are looked up."""
    return case.approach in ("rag", "fine_tuning_rag")


def is_tuned(case: Case) -> bool:
    """Whether a model is trained."""
    return case.approach in ("fine_tuning", "fine_tuning_rag")


def _tokens_in(case: Case) -> float:
    return case.tokens_in + (PASSAGE_TOKENS if uses_retrieval(case) else 0.0)


def _one_off(case: Case, prices: Prices) -> list[Line]:
    day = flat("engineer_day", prices)
    lines = [Line("building and measuring", "one_off", DAYS[case.approach], "engineer day", day)]
    if case.labels.high > 0:
        lines.append(Line("labelling examples", "one_off", case.labels, "example", flat("label", prices)))
    if is_tuned(case):
        lines.append(_training(case, prices))
    return lines


def _training(case: Case, prices: Prices) -> Line:
    tokens = case.training_rows * EPOCHS * (_tokens_in(case) + case.tokens_out)
    if case.parameters == "hosted" or case.parameters == "none" or case.params_b is None:
        quantity = _scaled(RUNS, tokens / 1e6)
        return Line("training runs", "one_off", quantity, "million training tokens", training_tokens_price())
    hours = training_hours(case.params_b, tokens, parameters=case.parameters, gpu=case.gpu)
    # a quarter of an hour per run for loading the model and evaluating it
    quantity = Range(
        low=RUNS.low * (hours.low + 0.25),
        likely=RUNS.likely * (hours.likely + 0.25),
        high=RUNS.high * (hours.high + 0.25),
    )
    return Line("training runs", "one_off", quantity, f"{case.gpu} hour", gpu_hour(case.gpu, prices))


def _per_month(case: Case, prices: Prices) -> list[Line]:
    if case.approach == "not_ready":
        return []
    if case.requests_per_month is None:
        return [_per_thousand(case, prices)]
    day = flat("engineer_day", prices)
    lines = [
        _serving(case, prices),
        Line("upkeep", "per_month", UPKEEP_DAYS[case.approach], "engineer day", day),
    ]
    if uses_retrieval(case):
        store = flat("vector_store_month", prices)
        lines.append(Line("document store", "per_month", _exactly(1), "month", store))
    return lines


def _serving(case: Case, prices: Prices) -> Line:
    if own_card(case):
        busy = _busy_hours(case, case.requests_per_month or 0.0)
        hours = Range(low=min(busy.low, HOURS_PER_MONTH), likely=HOURS_PER_MONTH, high=_cards(busy))
        return Line("a card for serving", "per_month", hours, f"{case.gpu} hour", gpu_hour(case.gpu, prices))
    return Line(
        "requests to a hosted model",
        "per_month",
        _exactly(case.requests_per_month or 0.0),
        "request",
        request_price(("medium", "large"), _tokens_in(case), case.tokens_out),
    )


def _per_thousand(case: Case, prices: Prices) -> Line:
    if own_card(case):
        hours = _busy_hours(case, 1000.0)
        return Line(
            "serving 1,000 requests", "per_month", hours, f"{case.gpu} hour", gpu_hour(case.gpu, prices)
        )
    price = request_price(("medium", "large"), _tokens_in(case), case.tokens_out)
    return Line("1,000 requests to a hosted model", "per_month", _exactly(1000), "request", price)


def own_card(case: Case) -> bool:
    """Whether requests are served from a card rented or owned, not paid by the token."""
    return case.in_house or (is_tuned(case) and case.params_b is not None)


def _busy_hours(case: Case, requests: float) -> Range:
    seconds = serving_seconds(
        case.params_b or 8.0, tokens_in=_tokens_in(case), tokens_out=case.tokens_out, gpu=case.gpu
    )
    return _scaled(seconds, requests / 3600)


def _cards(busy: Range) -> float:
    return max(HOURS_PER_MONTH, busy.likely)


def _break_even(case: Case, prices: Prices) -> float | None:
    """Requests a month at which the card costs what prompting a hosted model costs; set-up not counted."""
    if not is_tuned(case) or case.in_house or not own_card(case):
        return None
    ours = HOURS_PER_MONTH * gpu_hour(case.gpu, prices).range.likely
    if uses_retrieval(case):
        ours += flat("vector_store_month", prices).range.likely
    day = flat("engineer_day", prices).range.likely
    ours += day * (UPKEEP_DAYS[case.approach].likely - UPKEEP_DAYS["prompting"].likely)
    theirs = request_price(("medium", "large"), case.tokens_in, case.tokens_out).range.likely
    return float(round(ours / theirs, -3))


def _item(line: Line, rate: Currency | None) -> CostItem:
    factor = rate.per_usd if rate else 1.0
    return CostItem(
        name=line.name,
        period=line.period,
        quantity=_round(line.quantity.likely),
        unit=line.unit,
        unit_price=_round(line.price.range.likely * factor),
        source=line.price.source,
        as_of=line.price.as_of,
        low=round(line.quantity.low * line.price.range.low * factor, 2),
        likely=round(line.quantity.likely * line.price.range.likely * factor, 2),
        high=round(line.quantity.high * line.price.range.high * factor, 2),
    )


def _sum(items: list[CostItem], period: str) -> Range:
    chosen = [item for item in items if item.period == period]
    return Range(
        low=round(sum(item.low for item in chosen), 2),
        likely=round(sum(item.likely for item in chosen), 2),
        high=round(sum(item.high for item in chosen), 2),
    )


def _assumptions(
    case: Case, settings: Settings, rate: Currency | None, *, lines: list[Line], today: dt.date
) -> list[str]:
    found = [
        f"{_tokens_in(case):,.0f} tokens in and {case.tokens_out:,.0f} out per request; measure real inputs."
    ]
    if case.requests_per_month is None and case.approach != "not_ready":
        found.append(
            "The monthly volume is unknown: running costs are those of 1,000 requests, without upkeep."
        )
    if own_card(case) and case.requests_per_month is not None:
        found.append("One card runs all month; the low end counts busy hours only.")
    if case.in_house and is_tuned(case):
        found.append(
            "Prompting in-house needs a card all month too, so no volume makes it dearer: no break-even."
        )
    if case.in_house:
        found.append("Rental prices stand in for machines of one's own.")
    if is_tuned(case):
        found.append(f"{RUNS.low:g} to {RUNS.high:g} training runs of {EPOCHS:g} epochs until one is kept.")
    found.append(
        "Engineer days are assumptions; people usually cost more than machines."
        if settings.prices.engineer_usd_per_day is None
        else "Numbers of engineer days are assumptions."
    )
    if rate:
        found.append(f"1 USD = {rate.per_usd:g} {rate.code} ({rate.source}, {rate.date}).")
    elif settings.currency != "USD":
        found.append(f"Shown in USD: engagement.toml holds no [exchange] rate for {settings.currency}.")
    old = {f"{line.price.source}: {note}." for line in lines if (note := age_note(line.price.as_of, today))}
    return [*found, *sorted(old)]


def _scaled(band: Range, factor: float) -> Range:
    return Range(low=band.low * factor, likely=band.likely * factor, high=band.high * factor)


def _exactly(value: float) -> Range:
    return Range(low=value, likely=value, high=value)


def _round(value: float) -> float:
    return float(f"{value:.3g}")
