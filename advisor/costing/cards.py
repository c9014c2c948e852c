"""Graphics cards by any of their names: peak, memory and bandwidth as the vendor's data sheet has them."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from advisor.engagement.codec import suggestion
from advisor.engagement.errors import PlanError

from .prices import TABLES, price_table


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a graphics card can hold and do."""

    gpu: str
    """Name, as in the prices."""
    memory_gb: int
    """Memory as the vendor counts it."""
    peak_tflops: float
    """Dense 16-bit matrix peak with 32-bit accumulation, vendor's data sheet."""
    memory_gb_per_second: float
    """Peak of the card's own memory."""
    link_gb_per_second: float
    """To its neighbours in one machine, one direction: NVLink or Infinity Fabric, else PCIe x16."""
    generation: str
    """Architecture, lower case."""
    bf16: bool = True
    """Whether matrix units take bfloat16; without it training runs in fp16 with loss scaling."""
    sustained_share: float = 1.0
    """Share of the peak a 70 W card holds under its power limit: assumption, from published hours."""
    aliases: list[str] = []
    """Other names, without the vendor's."""
    source: str = ""
    """Data sheet."""


class CardTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `gpus.json`."""

    as_of: str
    """Date of the table."""
    gpus: list[Card]
    """Cards."""


@cache
def known_cards() -> dict[str, Card]:
    """Every card of the table by name."""
    table = msgspec.json.decode((TABLES / "gpus.json").read_bytes(), type=CardTable)
    return {card.gpu: card for card in table.gpus}


@cache
def cards() -> dict[str, Card]:
    """Cards that have a list price, by name."""
    priced = {row.gpu for row in price_table().gpu_usd_per_hour}
    return {name: card for name, card in known_cards().items() if name in priced}


def card(name: str) -> Card:
    """The card a name means, whatever its case, spaces and dashes; a bare A100 is the 80 GB one.

    A note in brackets after the name is not read.
    """
    found = _by_key().get(_key(name))
    if found is None:
        spelled = {one.lower(): one for item in known_cards().values() for one in (item.gpu, *item.aliases)}
        near = suggestion(name.lower(), list(spelled))
        for lower, proper in spelled.items():
            near = near.replace(f"`{lower}`", f"`{proper}`")
        raise PlanError(f"no card named {name!r}.{near}", fix=f"known cards: {', '.join(known_cards())}")
    return found


@cache
def _by_key() -> dict[str, Card]:
    return {_key(name): one for one in known_cards().values() for name in (one.gpu, *one.aliases)}


def _key(name: str) -> str:
    bare = re.sub(r"\(.*\)", "", name.lower())
    return re.sub(r"^(nvidia|amd)|[^a-z0-9]", "", bare).removeprefix("geforce")
