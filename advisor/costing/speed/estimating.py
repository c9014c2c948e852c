"""Tokens per second of a set-up with a band, and what makes the band untrustworthy."""

from __future__ import annotations

import math

import msgspec

from advisor.engagement.records.advice import Range

from ..cards import Card, card
from ..setup import Setup
from .constants import Band, Fit, fitted
from .flops import useful_flops
from .steps import step_seconds, step_tokens

ORDINARY_STEP = 4096
"""Tokens of a micro-step from which speed stops depending on it."""

MANY_EXPERTS = 8
"""Mixtral's experts per layer: the only mixtures among the rows have so many."""

MANY_EXPERTS_WIDER = math.log(15.0)
"""One published run of a 16-expert model in 4 bits reached 519 tokens/s on an H100, a tenth and less of a
dense model with as many active parameters."""

GUESSED_WIDER = 0.10
"""Sizes inferred from the number of parameters alone: assumption."""

OUTSIDE_WIDER = 0.10
"""Each property outside the rows: assumption."""

UNSEEN_CARD_WIDER = 0.15
"""More for a card without a row: what its power limit and cache do is not known; assumption."""

SMALLEST_STEP = 1e-9


class SpeedEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """How fast one card trains."""

    tokens_per_second_per_gpu: Range
    """Tokens with content, per card; the band holds 80 % of published runs."""
    utilisation: Range
    """Of the card's peak, counting 6N operations per token for full training, 4N for frozen weights."""
    warnings: list[str]
    """What lies outside the rows the model was fitted on."""
    sources: list[str]
    """Formulas, data sheet, fit."""


def estimate(setup: Setup, *, filled: float | None = None, fit: Fit | None = None) -> SpeedEstimate:
    """Speed of a set-up on its card; `filled` is the share of `seq_len` that an average row fills.

    Without it rows count as full, or a third full where the length is a cap.

    Raises PlanError for a card that is not known. Loading, evaluation and saving come on top.
    """
    model = fit or fitted()
    gpu = card(setup.gpu)
    likely = predicted(setup, gpu, model, filled=filled)
    warnings = outside(setup, gpu, model, filled=filled)
    band = _widened(setup, gpu, model, band=band_of(setup, gpu, model, filled=filled), warnings=len(warnings))
    speed = Range(low=likely * math.exp(band.low), likely=likely, high=likely * math.exp(band.high))
    share = useful_flops(setup) / (gpu.peak_tflops * 1e12)
    return SpeedEstimate(
        tokens_per_second_per_gpu=speed,
        utilisation=Range(low=share * speed.low, likely=share * likely, high=share * speed.high),
        warnings=warnings,
        sources=[
            "operations per token: arXiv 2001.08361; recomputation: arXiv 1604.06174",
            f"{gpu.gpu}: {gpu.source}",
            f"fitted to {model.rows} published runs of {len(model.groups)} sources, {model.as_of}; "
            f"median error {model.median_error:.0%} on a source left out",
        ],
    )


def hours(setup: Setup, tokens: float, *, filled: float | None = None) -> Range:
    """Hours for so many tokens over all cards: tokens / (tokens per second per card x cards)."""
    speed = estimate(setup, filled=filled).tokens_per_second_per_gpu
    each = tokens / setup.gpus / 3600
    return Range(low=each / speed.high, likely=each / speed.likely, high=each / speed.low)


def predicted(setup: Setup, gpu: Card, fit: Fit, *, filled: float | None = None) -> float:
    """Tokens per second per card, without a band."""
    tokens = max(step_tokens(setup, filled), SMALLEST_STEP)
    return tokens / step_seconds(setup, gpu, fit.constants, filled=filled)


def band_of(setup: Setup, gpu: Card, fit: Fit, *, filled: float | None = None) -> Band:
    """The narrower band for long steps of a dense model on a card of the rows, else the wider one."""
    return fit.usual if is_usual(setup, gpu, fit, filled=filled) else fit.unusual


def is_usual(setup: Setup, gpu: Card, fit: Fit, *, filled: float | None = None) -> bool:
    """Whether the bulk of the published rows looks like this."""
    return (
        step_tokens(setup, filled) >= ORDINARY_STEP
        and gpu.gpu in fit.cards
        and not setup.shape.experts
        and (setup.gpus == 1 or gpu.link_gb_per_second > 64)
        and setup.technique in ("full", "lora", "qlora", "dora", "lora_embeddings")
    )


def outside(setup: Setup, gpu: Card, fit: Fit, *, filled: float | None = None) -> list[str]:
    """A sentence for each property that no fitted row has."""
    found = [
        _beyond("row of {} tokens", setup.seq_len, fit.seq_len),
        _beyond("micro-step of {} tokens", round(step_tokens(setup, filled)), fit.step_tokens),
        _beyond("model of {} billion parameters", setup.shape.params_b, fit.params_b),
    ]
    if gpu.gpu not in fit.cards:
        found.append(f"no published run on a {gpu.gpu} was fitted on; rows come from {', '.join(fit.cards)}")
    if not gpu.bf16 and setup.dtype == "bf16":
        found.append(f"{gpu.gpu} has no bf16: train in fp16, with loss scaling")
    if setup.gpus > fit.gpus:
        found.append(f"{setup.gpus} cards: rows have at most {fit.gpus}")
    if setup.gpus > 1 and gpu.link_gb_per_second <= 64:
        found.append(f"{setup.gpus} x {gpu.gpu} over PCIe: published runs vary by more than two")
    if setup.shape.experts:
        found.append("mixture of experts: only Mixtral 8x7B is among the rows; others reached a tenth of it")
    if setup.offload != "none":
        found.append("offloading: no published run was fitted on; bytes over PCIe are counted only")
    if setup.technique.startswith(("dpo", "reward", "grpo")):
        found.append(f"{setup.technique}: no published speed was fitted on; operations are counted only")
    return [one for one in found if one]


def _beyond(what: str, value: float, range_: tuple[float, float]) -> str:
    if range_[0] <= value <= range_[1]:
        return ""
    return f"{what.format(f'{value:g}')}: rows have {range_[0]:g} to {range_[1]:g}"


def _widened(setup: Setup, gpu: Card, fit: Fit, *, band: Band, warnings: int) -> Band:
    more = OUTSIDE_WIDER * warnings + (GUESSED_WIDER if setup.shape.guessed else 0.0)
    more += UNSEEN_CARD_WIDER if gpu.gpu not in fit.cards else 0.0
    low = min(band.low, 0.0) - more
    if setup.shape.experts > MANY_EXPERTS:
        low -= MANY_EXPERTS_WIDER
    return Band(low=low, high=max(band.high, 0.0) + more)
