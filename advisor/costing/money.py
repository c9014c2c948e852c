"""From a workload to a bill: ranges, dated unit prices, and the volume from which it pays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from advisor.engagement.records.advice import Cost, CostItem, Range
from advisor.engagement.records.settings import Currency, Settings

from . import one_off, per_month, sensitivity
from .alternatives import alternatives
from .break_even import break_even, likely_volume
from .case import Case as Case
from .case import is_tuned, own_card, tokens_in, uses_retrieval
from .lines import Line, at, inputs, quantity, usd
from .prices import age_note


def cost(case: Case, settings: Settings, *, today: dt.date) -> Cost:
    """The bill, once and per month; per 1,000 requests where the volume is unknown."""
    lines = _lines(case, settings)
    rate = _rate(settings)
    items = [_item(line, rate) for line in lines]
    return Cost(
        currency=rate.code if rate else "USD",
        one_off=_sum(items, "one_off"),
        per_month=_sum(items, "per_month"),
        break_even_requests_per_month=likely_volume(case, _prompting(case), settings.prices),
        items=items,
        assumptions=_assumptions(case, settings, rate, lines=lines, today=today),
    )


def in_detail(bill: Cost, case: Case, others: Sequence[Case], settings: Settings) -> Cost:
    """The bill of the recommended approach with what a client asks next; `others` are the cases of all."""
    rate = _rate(settings)
    factor = rate.per_usd if rate else 1.0
    lines = _lines(case, settings)
    known = case.requests_per_month is not None
    counted = lines if known else [line for line in lines if line.period == "one_off"]
    return msgspec.structs.replace(
        bill,
        first_year=_in_cents(sensitivity.band(lines), factor) if known else None,
        alternatives=alternatives(case, settings.prices, factor),
        break_even=break_even(others, _prompting(case), settings.prices),
        tornado=sensitivity.tornado(counted, factor),
    )


def _lines(case: Case, settings: Settings) -> list[Line]:
    return [*one_off.lines(case, settings.prices), *per_month.lines(case, settings.prices)]


def _prompting(case: Case) -> Case:
    return case._replace(approach="prompting", parameters="none", params_b=None)


def _rate(settings: Settings) -> Currency | None:
    return settings.exchange if settings.exchange and settings.exchange.code == settings.currency else None


def _item(line: Line, rate: Currency | None) -> CostItem:
    factor = rate.per_usd if rate else 1.0
    known = inputs([line])
    likely = at(known, "likely")
    return CostItem(
        name=line.name,
        period=line.period,
        quantity=_round(quantity(line, likely)),
        unit=line.unit,
        unit_price=_round(likely[line.price.name] * factor),
        source=line.price.source,
        as_of=line.price.as_of,
        low=round(usd(line, at(known, "low")) * factor, 2),
        likely=round(usd(line, likely) * factor, 2),
        high=round(usd(line, at(known, "high")) * factor, 2),
    )


def _sum(items: list[CostItem], period: str) -> Range:
    chosen = [item for item in items if item.period == period]
    return Range(
        low=round(sum(item.low for item in chosen), 2),
        likely=round(sum(item.likely for item in chosen), 2),
        high=round(sum(item.high for item in chosen), 2),
    )


def _in_cents(band: Range, factor: float) -> Range:
    low, likely, high = (round(end * factor, 2) for end in (band.low, band.likely, band.high))
    return Range(low=low, likely=likely, high=high)


def _assumptions(
    case: Case, settings: Settings, rate: Currency | None, *, lines: list[Line], today: dt.date
) -> list[str]:
    found = [
        f"{tokens_in(case):,.0f} tokens in and {case.tokens_out:,.0f} out per request; measure real inputs."
    ]
    if case.requests_per_month is None and case.approach != "not_ready":
        found.append(
            "The monthly volume is unknown: running costs are those of 1,000 requests, without upkeep."
        )
    found += _about_serving(case)
    if is_tuned(case):
        found += _about_training(case)
    found += _about_prices(settings)
    if rate:
        found.append(f"1 USD = {rate.per_usd:g} {rate.code} ({rate.source}, {rate.date}).")
    elif settings.currency != "USD":
        found.append(f"Shown in USD: engagement.toml holds no [exchange] rate for {settings.currency}.")
    old = {f"{line.price.source}: {note}." for line in lines if (note := age_note(line.price.as_of, today))}
    return [*found, *sorted(old)]


def _about_serving(case: Case) -> list[str]:
    found = []
    if own_card(case) and case.requests_per_month is not None:
        found.append("At least one card runs all month, and more where peaks need them.")
    if case.in_house and is_tuned(case):
        found.append(
            "Prompting in-house needs a card all month too, so no volume makes it dearer: no break-even."
        )
    if case.in_house:
        found.append("Rental prices stand in for machines of one's own.")
    return found


def _about_training(case: Case) -> list[str]:
    models, seeds = one_off.ITERATIONS, one_off.SEEDS
    found = [
        f"{models.low:g} to {models.high:g} trained models of {one_off.EPOCHS:g} epochs until one is kept, "
        f"on {seeds.low:g} to {seeds.high:g} seeds each."
    ]
    often = per_month.retrainings(case).band
    if case.requests_per_month is not None:
        why = "its base is renewed" if uses_retrieval(case) else "the facts in it change"
        found.append(f"It is trained again {often.low:g} to {often.high:g} times a month, as {why}.")
    if case.fixed_text:
        found.append("A tuned model needs 40 % of the fixed text (AWS on Nova).")
    return found


def _about_prices(settings: Settings) -> list[str]:
    prices = settings.prices
    found = [
        "Engineer days are assumptions; people usually cost more than machines."
        if prices.engineer_usd_per_day is None
        else "Numbers of engineer days are assumptions."
    ]
    hosted = (prices.hosted_usd_per_million_tokens_in, prices.hosted_usd_per_million_tokens_out)
    if (hosted[0] is None) != (hosted[1] is None):
        found.append("engagement.toml sets one of two hosted token prices: list prices stand in for both.")
    return found


def _round(value: float) -> float:
    return float(f"{value:.3g}")
