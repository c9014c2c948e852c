"""Hosted models by the token: a dated snapshot, and what one request costs plain, cached or in a batch."""

from __future__ import annotations

from functools import cache
from statistics import median
from typing import Literal, NamedTuple

import msgspec

from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Prices

from .prices import TABLES, Priced, own_price

Way = Literal["plain", "cached", "batch"]

CAPABLE = ("medium", "large")
"""Tiers that a prompt is tried on first; whether a small model does is a measurement."""
LEAST_CACHED = 1024.0
"""Tokens at the front of a prompt below which providers keep nothing: their documentation, 2026."""


class HostedModel(msgspec.Struct, frozen=True, kw_only=True):
    """List prices of one hosted model, USD per million tokens, for prompts of ordinary length."""

    provider: str
    """Who sells it."""
    model: str
    """Its name there."""
    size: str
    """small, medium or large among hosted models: our sorting."""
    usd_per_million_input: float
    """Input that is read afresh."""
    usd_per_million_output: float
    """Output."""
    usd_per_million_cached_input: float | None = None
    """Input kept from an earlier request; None where the provider keeps none."""
    usd_per_million_cache_write: float | None = None
    """Input that is read and kept; None where keeping is free."""
    usd_per_million_batch_input: float | None = None
    """Input of work handed in as a batch; None where no batch price is known."""
    usd_per_million_batch_output: float | None = None
    """Output of such work."""
    usd_per_million_batch_cached_input: float | None = None
    """Kept input of such work; not used, for a batch is not sure to find it."""
    usd_per_million_batch_cache_write: float | None = None
    """Kept by such work; not used either."""


class Embedding(msgspec.Struct, frozen=True, kw_only=True):
    """List price of one model that turns text into vectors."""

    provider: str
    """Who sells it."""
    model: str
    """Its name there."""
    usd_per_million_input: float
    """USD per million tokens."""


class HostedTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `hosted.json`, as `tests/snapshots/hosted_prices.py` writes it."""

    package: str
    """Where the prices come from."""
    version: str
    """Of that package."""
    written: str
    """ISO date the snapshot was taken."""
    as_of: str
    """ISO date of the newest price in the package."""
    source: str
    """Package and version as they are cited."""
    models: list[HostedModel]
    """A handful a tier."""
    embeddings: list[Embedding]
    """A handful."""


class Tokens(NamedTuple):
    """Tokens of one request."""

    own: float
    """Input that differs from request to request."""
    fixed: float
    """Instructions and examples that stand in front of every request."""
    out: float
    """Output."""


@cache
def hosted_table() -> HostedTable:
    """The built-in snapshot."""
    return msgspec.json.decode((TABLES / "hosted.json").read_bytes(), type=HostedTable)


def request_price(
    tokens: Tokens,
    prices: Prices,
    *,
    sizes: tuple[str, ...] = CAPABLE,
    way: Way = "plain",
    kept: float = 0.9,
) -> Priced:
    """One request over the models of these sizes: cheapest, median, dearest; or the engagement's own price.

    `kept` is the share of requests that find the fixed text still in the cache.
    """
    own = _own_model(prices)
    if own is not None:
        return own_price(_usd(own, tokens, way=way, kept=kept), prices)
    table = hosted_table()
    rows = [row for row in table.models if row.size in sizes]
    each = [_usd(row, tokens, way=way, kept=kept) for row in rows]
    names = ", ".join(row.model for row in rows)
    return Priced(
        Range(low=min(each), likely=median(each), high=max(each)), f"{table.source}: {names}", table.as_of
    )


def embedding_price(prices: Prices) -> Priced:
    """A million tokens turned into vectors."""
    if prices.embedding_usd_per_million_tokens is not None:
        return own_price(prices.embedding_usd_per_million_tokens, prices)
    table = hosted_table()
    each = [row.usd_per_million_input for row in table.embeddings]
    names = ", ".join(row.model for row in table.embeddings)
    band = Range(low=min(each), likely=median(each), high=max(each))
    return Priced(band, f"{table.source}: {names}", table.as_of)


def _own_model(prices: Prices) -> HostedModel | None:
    """The client's contract; both prices are needed, for half of one would be mixed with list prices."""
    tokens_in, tokens_out = prices.hosted_usd_per_million_tokens_in, prices.hosted_usd_per_million_tokens_out
    if tokens_in is None or tokens_out is None:
        return None
    return HostedModel(
        provider="client",
        model="contract",
        size="",
        usd_per_million_input=tokens_in,
        usd_per_million_output=tokens_out,
        usd_per_million_cached_input=prices.hosted_usd_per_million_tokens_cached,
    )


def _usd(row: HostedModel, tokens: Tokens, *, way: Way, kept: float) -> float:
    """One request at one model. A way that the model lacks, or that saves nothing, is not taken."""
    plain = row.usd_per_million_input * (tokens.own + tokens.fixed) + row.usd_per_million_output * tokens.out
    if way == "batch":
        plain = min(plain, _batch(row, tokens, otherwise=plain))
    if way == "cached":
        plain = min(plain, _cached(row, tokens, kept=kept, otherwise=plain))
    return plain / 1e6


def _batch(row: HostedModel, tokens: Tokens, *, otherwise: float) -> float:
    price_in, price_out = row.usd_per_million_batch_input, row.usd_per_million_batch_output
    if price_in is None or price_out is None:
        return otherwise
    return price_in * (tokens.own + tokens.fixed) + price_out * tokens.out


def _cached(row: HostedModel, tokens: Tokens, *, kept: float, otherwise: float) -> float:
    read = row.usd_per_million_cached_input
    if read is None or tokens.fixed < LEAST_CACHED:
        return otherwise
    write = row.usd_per_million_cache_write or row.usd_per_million_input
    fixed = tokens.fixed * (kept * read + (1 - kept) * write)
    return fixed + row.usd_per_million_input * tokens.own + row.usd_per_million_output * tokens.out
