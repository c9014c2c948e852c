"""Who the engagement is for: `engagement.toml`, edited by people."""

from __future__ import annotations

import msgspec


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """Price overrides of this engagement, in USD."""

    gpu_usd_per_hour: float | None = None
    """Price of the machine that trains and serves."""
    engineer_usd_per_day: float | None = None
    """Day rate."""
    label_usd_per_example: float | None = None
    """Price of one labelled example."""
    hosted_usd_per_million_tokens_in: float | None = None
    """Input to the hosted model that would be prompted, where the client has its own contract."""
    hosted_usd_per_million_tokens_out: float | None = None
    """Its output; list prices hold unless both are set."""
    hosted_usd_per_million_tokens_cached: float | None = None
    """Input that it has kept from an earlier request; without it cached input costs what all input costs."""
    training_usd_per_million_tokens: float | None = None
    """Training at a provider."""
    embedding_usd_per_million_tokens: float | None = None
    """Turning documents into vectors."""
    vector_store_usd_per_month: float | None = None
    """A place to keep and search those vectors."""
    source: str = ""
    """Who gave these prices and when."""


class Currency(msgspec.Struct, frozen=True, kw_only=True):
    """Exchange rate for showing costs in the client's money."""

    code: str
    """ISO code."""
    per_usd: float
    """Units of it per US dollar."""
    date: str
    """ISO date of the rate."""
    source: str
    """Who says so."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Title, client and money of an engagement."""

    title: str
    """Shown on the report."""
    client: str = ""
    """Shown on the report."""
    instruction: str = ""
    """The task in words, which the plan starts from; empty takes a plain one."""
    metric: str = ""
    """Primary metric the plan starts from; empty takes the task's own."""
    currency: str = "USD"
    """ISO code; another than USD needs [exchange]."""
    locale: str = "en"
    """Whose marks the report's numbers have: de, en or fr, with a region where it matters, as de_CH."""
    exchange: Currency | None = None
    """Rate, date and source for a currency other than USD."""
    prices: Prices = Prices()
    """Overrides of the built-in prices."""
