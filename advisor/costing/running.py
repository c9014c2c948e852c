"""First-order seconds and memory of the arms of a comparison, on a listed card or on a CPU."""

from __future__ import annotations

import re

from advisor.engagement.records.advice import Range

from .cards import cards
from .models import model_table
from .setup import Setup
from .shapes import from_params
from .speed import hours
from .training import (
    FLOPS_PER_TOKEN,
    QUANTISED_BYTES,
    UTILISATION,
    WORKSPACE_GIB,
    Parameters,
    peak_memory_gib,
)

FORWARD_FLOPS = 2.0
"""Times parameters and tokens: one forward pass (arXiv 2001.08361)."""

CPU_FLOPS_PER_SECOND = Range(low=5e9, likely=2e10, high=6e10)
"""What small matrices reach on one or two cores of a present server or laptop processor: assumption."""

CPU_WORKSPACE_GIB = Range(low=0.4, likely=0.9, high=2.5)
"""Interpreter, libraries and activations of a small model in fp32: assumption."""

SCORING_UTILISATION = Range(low=0.02, likely=0.10, high=0.30)
"""Share of a card's peak that forward passes over short prompts reach: assumption."""


def training_seconds(
    params_b: float,
    tokens: float,
    *,
    parameters: Parameters,
    gpu: str | None,
    row_tokens: float | None = None,
    batch_size: int = 1,
) -> Range:
    """Seconds of the optimizer steps; no gpu is a CPU.

    On a card with the length of a row known, from the speed model, activations kept; else FLOPs per token x
    parameters x tokens / speed.
    """
    if gpu is None or row_tokens is None:
        flops = FLOPS_PER_TOKEN[parameters] * params_b * 1e9 * tokens
        return _seconds(flops, _reached(gpu, UTILISATION))
    setup = Setup(
        shape=from_params(params_b),
        technique=parameters,
        gpu=gpu,
        seq_len=max(1, round(row_tokens)),
        batch_size=batch_size,
        checkpointing=False,
    )
    took = hours(setup, tokens)
    return Range(low=3600 * took.low, likely=3600 * took.likely, high=3600 * took.high)


def predicting_seconds(params_b: float, tokens: float, *, gpu: str | None) -> Range:
    """Seconds of forward passes over so many tokens: 2N FLOPs each / speed; no gpu is a CPU."""
    return _seconds(FORWARD_FLOPS * params_b * 1e9 * tokens, _reached(gpu, SCORING_UTILISATION))


def training_memory_gib(params_b: float, *, parameters: Parameters, gpu: str | None) -> Range:
    """Peak memory of training; on a CPU fp32 weights (4 bytes each) and resident libraries."""
    if gpu is not None:
        return peak_memory_gib(params_b, parameters=parameters)
    each = 16.0 if parameters == "full" else 4.0
    return _plus(CPU_WORKSPACE_GIB, each * params_b * 1e9 / 2**30)


def predicting_memory_gib(params_b: float, *, quantised: bool, gpu: str | None) -> Range:
    """Peak memory of forward passes: 2 bytes per weight on a card, 4 on a CPU, less in 4-bit."""
    weights = params_b * 1e9 / 2**30
    if gpu is None:
        return _plus(CPU_WORKSPACE_GIB, 4.0 * weights)
    likely = QUANTISED_BYTES if quantised else 2.0
    return _plus(WORKSPACE_GIB, likely * weights)


def params_from_name(model: str) -> float | None:
    """Billions of parameters of a model by its hub id: the table, else a size in the name such as `1.7B`."""
    known = next((one.params_b for one in model_table().models if one.hub_id == model), None)
    if known is not None:
        return known
    found = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", model.lower().replace("-", " "))
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2] == "m" else 1)


def _reached(gpu: str | None, utilisation: Range) -> Range:
    if gpu is None:
        return CPU_FLOPS_PER_SECOND
    peak = cards()[gpu].peak_tflops * 1e12
    return Range(low=utilisation.low * peak, likely=utilisation.likely * peak, high=utilisation.high * peak)


def _seconds(flops: float, speed: Range) -> Range:
    return Range(low=flops / speed.high, likely=flops / speed.likely, high=flops / speed.low)


def _plus(band: Range, gib: float) -> Range:
    return Range(low=band.low + gib, likely=band.likely + gib, high=band.high + gib)
