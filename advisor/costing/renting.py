"""Which cards a fine-tune fits on, which of them is cheapest, and what to change where it fits on none."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Prices

from .cards import cards
from .memory.estimating import estimate, fits
from .prices import gpu_hour
from .setup import Setup, Technique
from .shapes import from_params
from .speed.estimating import hours

COUNTS = (1, 2, 4, 8)
"""Cards in one machine that are offered."""
SHORTEST = 256
"""Tokens; rows are not cut below this."""
SMALLER = 2
"""Times the model is halved before more cards are proposed."""
QUANTISED: dict[Technique, Technique] = {
    "full": "lora",
    "lora": "qlora",
    "dpo_full": "dpo_lora",
    "dpo_lora": "dpo_qlora",
    "grpo_lora": "grpo_qlora",
}
"""The next technique that needs less memory."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Some cards on which the high end of the band fits."""

    gpu: str
    """Card."""
    gpus: int
    """How many."""
    usd_per_hour: Range
    """Of all of them."""
    hours: Range | None
    """For the given tokens; None without."""
    usd: Range | None
    """Price of that run; None without tokens."""


class Remedy(NamedTuple):
    """One change that needs less memory."""

    change: str
    """What to do, as a person says it."""
    setup: Setup
    """The fine-tune after this and all earlier changes."""
    likely_gib: float
    """What the card would show."""
    fits: bool
    """Whether the likely value fits."""
    fits_safely: bool
    """Whether the high end does."""


def offers(setup: Setup, prices: Prices, *, tokens: float | None = None) -> list[Offer]:
    """The fewest cards of each kind on which it fits safely, cheapest run (or hour) first."""
    found = [offer for name in cards() if (offer := _offer(setup, name, prices, tokens)) is not None]
    return sorted(found, key=lambda one: (one.usd or one.usd_per_hour).likely)


def by_technique(setup: Setup, prices: Prices, *, tokens: float | None = None) -> dict[str, Offer | None]:
    """The cheapest offer of full training, LoRA and QLoRA, all else equal; None where none fits."""
    found: dict[str, Offer | None] = {}
    for technique in ("full", "lora", "qlora"):
        tried = msgspec.structs.replace(setup, technique=technique, quantisation=None)
        found[technique] = next(iter(offers(tried, prices, tokens=tokens)), None)
    return found


def smallest(setup: Setup) -> str | None:
    """The single card with least memory on which it fits safely."""
    alone = msgspec.structs.replace(setup, gpus=1, sharding="none")
    by_size = sorted(cards().values(), key=lambda card: card.memory_gb)
    return next((card.gpu for card in by_size if _safe(alone, card.gpu)), None)


def remedies(setup: Setup) -> list[Remedy]:
    """What to change, least harm first, each on top of the earlier ones, until the high end fits."""
    found: list[Remedy] = []
    for change, changed in _changes(setup):
        shown = estimate(changed)
        likely, safe = fits(shown, changed.gpu)
        found.append(Remedy(change, changed, shown.device.likely, likely, safe))
        if safe:
            break
    return found


def run_price(setup: Setup, prices: Prices, took: Range) -> Range | None:
    """USD of a run of so many hours on all cards of the setup; None where the card has no list price."""
    if setup.gpu not in cards():
        return None
    return _times(_hour(setup.gpu, setup.gpus, prices), took)


def _hour(gpu: str, count: int, prices: Prices) -> Range:
    each = gpu_hour(gpu, prices).range
    return Range(low=count * each.low, likely=count * each.likely, high=count * each.high)


def _offer(setup: Setup, gpu: str, prices: Prices, tokens: float | None) -> Offer | None:
    for count in COUNTS:
        spread = setup.sharding if setup.sharding != "none" else "fsdp"
        tried = msgspec.structs.replace(setup, gpu=gpu, gpus=count, sharding=spread if count > 1 else "none")
        if not _safe(tried, gpu):
            continue
        price = _hour(gpu, count, prices)
        took = hours(tried, tokens) if tokens is not None else None
        usd = _times(price, took) if took is not None else None
        return Offer(gpu=gpu, gpus=count, usd_per_hour=price, hours=took, usd=usd)
    return None


def _times(price: Range, took: Range) -> Range:
    return Range(low=price.low * took.low, likely=price.likely * took.likely, high=price.high * took.high)


def _safe(setup: Setup, gpu: str) -> bool:
    return fits(estimate(setup), gpu)[1]


def _changes(setup: Setup) -> list[tuple[str, Setup]]:
    """Changes in order of harm; each one on top of those before it."""
    replace, found, now = msgspec.structs.replace, [], setup
    if not now.checkpointing:
        now = replace(now, checkpointing=True)
        found.append(("recompute activations (checkpointing): about a third slower, same result", now))
    if now.attention == "eager":
        now = replace(now, attention="sdpa")
        found.append(("use fused attention (sdpa): faster, same result", now))
    if now.loss == "plain":
        now = replace(now, loss="chunked")
        found.append(("compute the loss in chunks: same result", now))
    if now.batch_size > 1:
        steps, now = now.batch_size, replace(now, batch_size=1)
        found.append((f"batch 1 and {steps} accumulation steps: same result, slower", now))
    if now.seq_len > SHORTEST:
        now = replace(now, seq_len=max(SHORTEST, now.seq_len // 2))
        found.append((f"rows of at most {now.seq_len:,} tokens: longer ones are left out or split", now))
    while now.technique in QUANTISED:
        now = replace(now, technique=QUANTISED[now.technique], quantisation=None)
        found.append(
            (f"{now.technique} in place of {setup.technique}: measure what it costs in quality", now)
        )
    for _ in range(SMALLER):
        now = replace(now, shape=from_params(now.shape.params_b / 2))
        found.append((f"a model of about {now.shape.params_b:.2g} billion parameters: measure it too", now))
    for count in COUNTS:
        if count > now.gpus:
            found.append((f"{count} cards, sharded", replace(now, gpus=count, sharding="fsdp")))
    return found
