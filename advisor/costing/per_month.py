"""What is paid each month: answering, looking up, keeping up with changing facts, and people."""

from __future__ import annotations

import math

from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Prices

from .case import Case, is_tuned, own_card, taken, tokens, uses_retrieval
from .hosted import CAPABLE, Way, embedding_price, request_price
from .lines import Input, Line, exactly, priced, scaled
from .one_off import card_hour, corpus, day_rate, request_seconds, training
from .prices import Priced, flat

HOURS = 730.0
"""Hours of a month."""
VOLUME = "requests per month"
HOSTED_THOUSAND = "1,000 requests to a hosted model"
UPKEEP_DAYS = {
    "prompting": Range(low=0.25, likely=0.5, high=1),
    "rag": Range(low=0.5, likely=1.5, high=4),
    "fine_tuning": Range(low=0.5, likely=1, high=3),
    "fine_tuning_rag": Range(low=1, likely=2.5, high=6),
}
"""Engineer days a month to keep it running, retraining not counted: assumption."""
BUSY_SHARE = {
    "under_1s": Range(low=0.1, likely=0.25, high=0.5),
    "1s_to_10s": Range(low=0.2, likely=0.4, high=0.7),
    "over_10s": Range(low=0.4, likely=0.7, high=0.9),
}
"""Share of the month that a card may be busy while outputs stay in time: peaks and nights, assumption."""
RETRAININGS = {
    "static": Range(low=0, likely=0.04, high=0.08),
    "yearly": Range(low=0.08, likely=0.08, high=0.17),
    "monthly": Range(low=0.25, likely=1, high=1),
    "weekly": Range(low=1, likely=2, high=4),
    "daily": Range(low=1, likely=4, high=30),
    "realtime": Range(low=1, likely=4, high=30),
}
"""Retrainings a month where the facts are in the weights, by how often they change: assumption."""
YEARLY = RETRAININGS["yearly"]
"""Where the facts are looked up, a model is renewed when its base is."""
RELEASE_DAYS = Range(low=0.25, likely=0.5, high=1)
"""Engineer days to check and release one retrained model: assumption."""
CHANGED = {
    "static": Range(low=0, likely=0.005, high=0.01),
    "yearly": Range(low=0.01, likely=0.02, high=0.1),
    "monthly": Range(low=0.01, likely=0.1, high=0.5),
    "weekly": Range(low=0.05, likely=0.2, high=1),
    "daily": Range(low=0.1, likely=0.5, high=2),
    "realtime": Range(low=0.2, likely=1, high=5),
}
"""Share of the text that is embedded again each month: assumption."""


def lines(
    case: Case,
    prices: Prices,
    *,
    way: Way = "plain",
    sizes: tuple[str, ...] = CAPABLE,
    always_on: bool = True,
) -> list[Line]:
    """All of it; only the cost of answering 1,000 requests where the volume is unknown."""
    if case.approach == "not_ready":
        return []
    answering = _on_card(case, prices, always_on=always_on) if own_card(case) else None
    answering = answering or _hosted(case, prices, way=way, sizes=sizes)
    if case.requests_per_month is None:
        return [answering]
    days = Input("days of upkeep", UPKEEP_DAYS[case.approach], "engineer days a month")
    found = [answering, Line("upkeep", "per_month", (days,), "engineer day", day_rate(prices))]
    if uses_retrieval(case):
        found += _looking_up(case, prices)
    if is_tuned(case):
        found += _retraining(case, prices)
    return found


def volume(case: Case) -> Input:
    """Requests: half to double of an assumed figure, 1,000 where there is none."""
    if case.requests_per_month is None:
        return Input(VOLUME, exactly(1000.0), "requests")
    n = case.requests_per_month
    band = exactly(n) if case.sure_of_volume else Range(low=n / 2, likely=n, high=2 * n)
    return Input(VOLUME, band, "requests", "answer")


def kept(case: Case) -> float:
    """Share of requests that come within five minutes of another one, when a cache still holds the text."""
    if case.requests_per_month is None:
        return 0.9
    return 1 - math.exp(-case.requests_per_month * 5 / (HOURS * 60))


def retrainings(case: Case) -> Input:
    """How often a month: after every change of the facts, unless they are looked up."""
    band = YEARLY if uses_retrieval(case) else RETRAININGS.get(case.knowledge_changes or "", YEARLY)
    return Input("retrainings", band, "a month")


def _length(case: Case) -> tuple[Input, ...]:
    measured = taken(case)
    asked = measured is not None and (measured.request_seconds or measured.request_usd) is not None
    if case.sure_of_tokens or asked:
        return ()
    return (Input("length of a request", Range(low=0.6, likely=1, high=1.7), "times the assumed"),)


def _hosted(case: Case, prices: Prices, *, way: Way, sizes: tuple[str, ...]) -> Line:
    each = request_price(tokens(case), prices, sizes=sizes, way=way, kept=kept(case))
    measured = taken(case)
    if measured and measured.request_usd is not None and way == "plain" and sizes == CAPABLE:
        each = Priced(exactly(measured.request_usd), measured.source, "")
    name = "requests to a hosted model" if case.requests_per_month is not None else HOSTED_THOUSAND
    price = priced("request to a hosted model", each, "request")
    return Line(name, "per_month", (volume(case), *_length(case)), "request", price)


def _on_card(case: Case, prices: Prices, *, always_on: bool) -> Line:
    measured = taken(case)
    known = measured is not None and measured.request_seconds is not None
    source = measured.source if measured is not None and known else "2N FLOPs a token"
    hours = Input("card hours per request", scaled(request_seconds(case), 1 / 3600), "hours", source)
    factors = (volume(case), *_length(case), hours)
    unit, price = f"{case.gpu} hour", card_hour(case, prices)
    if case.requests_per_month is None:
        return Line("serving 1,000 requests", "per_month", factors, unit, price)
    if not always_on:
        return Line("a card while it is busy", "per_month", factors, unit, price)
    busy = BUSY_SHARE.get(case.latency or "", BUSY_SHARE["1s_to_10s"])
    spare = Range(low=1 / busy.high, likely=1 / busy.likely, high=1 / busy.low)
    room = Input("room for peaks", spare, "times the busy hours")
    return Line("a card for serving", "per_month", (*factors, room), unit, price, step=HOURS)


def _looking_up(case: Case, prices: Prices) -> list[Line]:
    month = Input("months", exactly(1.0), "month")
    store = priced("document store", flat("vector_store_month", prices), "month")
    band = CHANGED.get(case.knowledge_changes or "", CHANGED["monthly"])
    changed = Input("share of the text that changes", band, "a month")
    embedding = priced("embedding", embedding_price(prices), "million tokens")
    return [
        Line("document store", "per_month", (month,), "month", store),
        Line("embedding of changes", "per_month", (corpus(case), changed), "million tokens", embedding),
    ]


def _retraining(case: Case, prices: Prices) -> list[Line]:
    often = retrainings(case)
    days = Input("days to release a retrained model", RELEASE_DAYS, "engineer days")
    return [
        training("retraining", "per_month", (often,), case, prices),
        Line("checking retrained models", "per_month", (often, days), "engineer day", day_rate(prices)),
    ]
