"""What things cost, by whom and when: a price without source and date is not a price."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Prices

TABLES = Path(__file__).parent / "tables"
STALE_DAYS = 180


class HourlyPrice(NamedTuple):
    """One hour of one machine."""

    usd: float
    """US dollars per hour."""
    source: str
    """Who says so."""
    as_of: str
    """Date as far as it is known; empty for a price the engagement sets."""


class GpuOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of one card at one cloud, on demand."""

    cloud: str
    """Who rents it out."""
    gpus: int
    """Cards in the machine whose price was divided."""
    usd_per_hour: float
    """USD per card and hour."""
    as_of: str
    """Date as far as it is known."""
    source: str
    """Who says so."""


class GpuPrice(msgspec.Struct, frozen=True, kw_only=True):
    """On-demand offers for one card."""

    gpu: str
    """Name of the card."""
    memory_gb: int
    """Memory as the vendor counts it."""
    words: list[str]
    """Words of a device name that mean this card."""
    offers: list[GpuOffer]
    """At least one; spot, reserved and undated offers are left out where there is a better one."""

    @property
    def low(self) -> float:
        """Cheapest offer, USD per hour."""
        return min(offer.usd_per_hour for offer in self.offers)

    @property
    def likely(self) -> float:
        """Median over clouds of each cloud's median, so that a cloud with many sizes counts once."""
        by_cloud: dict[str, list[float]] = {}
        for offer in self.offers:
            by_cloud.setdefault(offer.cloud, []).append(offer.usd_per_hour)
        return median(median(each) for each in by_cloud.values())

    @property
    def high(self) -> float:
        """Dearest offer."""
        return max(offer.usd_per_hour for offer in self.offers)

    @property
    def as_of(self) -> str:
        """Date of the oldest offer counted."""
        return min(offer.as_of for offer in self.offers)

    @property
    def source(self) -> str:
        """Everybody who says so."""
        return "; ".join(sorted({offer.source for offer in self.offers}))


class TrainingPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider asks for training its or an open model."""

    provider: str
    """Who sells it."""
    model: str
    """Which models."""
    low: float
    """Lowest, USD per unit."""
    likely: float
    """Usual."""
    high: float
    """Highest."""
    unit: str
    """Of what."""
    as_of: str
    """Date as far as it is known."""
    source: str
    """Who says so."""


class FlatPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price per unit, published or assumed."""

    id: str
    """Name in this table."""
    low: float
    """Lowest, USD per unit."""
    likely: float
    """Usual."""
    high: float
    """Highest."""
    unit: str
    """Of what."""
    as_of: str
    """Date; empty for an assumption."""
    source: str
    """Who says so."""


class PriceTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `prices.json`."""

    gpu_usd_per_hour: list[GpuPrice]
    """Cards for rent."""
    hosted_training: list[TrainingPrice]
    """Training as a service."""
    flat: list[FlatPrice]
    """Everything else."""


class Priced(NamedTuple):
    """A unit price with its band and origin."""

    range: Range
    """USD per unit."""
    source: str
    """Who says so."""
    as_of: str
    """Date; empty for an assumption."""


@cache
def price_table() -> PriceTable:
    """The built-in prices."""
    return msgspec.json.decode((TABLES / "prices.json").read_bytes(), type=PriceTable)


def hourly_price(device_name: str, prices: Prices) -> HourlyPrice | None:
    """Price of the machine that ran: the engagement's own, else the list price of its card.

    A CPU has no list price here; the cheapest listed card stands in as an upper bound and the source says so.
    None for a card that is not listed.
    """
    if prices.gpu_usd_per_hour is not None:
        return HourlyPrice(prices.gpu_usd_per_hour, prices.source or "engagement.toml", "")
    if device_name.lower() == "cpu":
        cheapest = min(price_table().gpu_usd_per_hour, key=lambda card: card.likely)
        source = f"upper bound for a CPU: the cheapest listed card, {cheapest.gpu} ({cheapest.source})"
        return HourlyPrice(cheapest.likely, source, cheapest.as_of)
    card = find_card(device_name)
    return HourlyPrice(card.likely, f"{card.gpu}, median offer: {card.source}", card.as_of) if card else None


def find_card(device_name: str) -> GpuPrice | None:
    """The card a device name means; the entry with the most words in it wins."""
    words = set(re.split(r"[^a-z0-9]+", device_name.lower()))
    fitting = [card for card in price_table().gpu_usd_per_hour if words.issuperset(card.words)]
    return max(fitting, key=lambda card: len(card.words), default=None)


def gpu_hour(gpu: str, prices: Prices) -> Priced:
    """One hour of a listed card, by its name in the table."""
    if prices.gpu_usd_per_hour is not None:
        return own_price(prices.gpu_usd_per_hour, prices)
    card = next(card for card in price_table().gpu_usd_per_hour if card.gpu == gpu)
    band = Range(low=card.low, likely=card.likely, high=card.high)
    return Priced(band, f"{card.gpu}, {len(card.offers)} offers: {card.source}", card.as_of)


def flat(name: str, prices: Prices) -> Priced:
    """A price of the flat table, or the engagement's own."""
    own = {
        "engineer_day": prices.engineer_usd_per_day,
        "label": prices.label_usd_per_example,
        "vector_store_month": prices.vector_store_usd_per_month,
    }.get(name)
    if own is not None:
        return own_price(own, prices)
    row = next(row for row in price_table().flat if row.id == name)
    return Priced(Range(low=row.low, likely=row.likely, high=row.high), row.source, row.as_of)


def training_tokens_price(prices: Prices) -> Priced:
    """A million training tokens at a provider, over all listed offers, or the engagement's own."""
    if prices.training_usd_per_million_tokens is not None:
        return own_price(prices.training_usd_per_million_tokens, prices)
    rows = price_table().hosted_training
    band = Range(
        low=min(row.low for row in rows),
        likely=median(row.likely for row in rows),
        high=max(row.high for row in rows),
    )
    source = "; ".join(f"{row.provider} ({row.model})" for row in rows)
    return Priced(band, source, min(row.as_of for row in rows))


def age_note(as_of: str, today: dt.date) -> str | None:
    """A sentence if the price is older than 180 days, or its date is not known to the month."""
    if not as_of:
        return None
    parts = [int(part) for part in as_of.split("-")]
    if len(parts) < 2:
        return f"dated {as_of} without a month"
    days = (today - dt.date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)).days
    return f"{days} days old" if days > STALE_DAYS else None


def own_price(usd: float, prices: Prices) -> Priced:
    """A price that the engagement sets: no band, and its own source."""
    return Priced(Range(low=usd, likely=usd, high=usd), prices.source or "engagement.toml", "")
