"""Seconds on a device whose speed was measured: operations over what its small transformer reached."""

from __future__ import annotations

from advisor.engagement.records.advice import Range
from advisor.engagement.records.calibration import Calibration

from .running import FORWARD_FLOPS
from .training import FLOPS_PER_TOKEN, Parameters

SHARE = Range(low=0.4, likely=0.7, high=1.3)
"""Of the measured speed that a run reaches: batches are made, logged and saved, rows are shorter or longer.

Six trainings of the demo on a CPU (LoRA, QLoRA, full; one thread and two) reached 0.49 to 0.78, in the middle
0.73; the ends are an assumption.
"""

ANSWERING_SHARE = Range(low=0.5, likely=1.0, high=1.6)
"""Of the measured speed that scoring labels reaches: six runs of the demo at 0.84 to 1.2; ends assumed."""

QLORA_SHARE = Range(low=0.24, likely=0.7, high=1.3)
"""As SHARE, with 4-bit weights unpacked at the low end: assumption."""

ALIKE = 10.0
"""Up to so many times the measured transformer, a model is taken to run like it: assumption."""


def training_seconds(
    measured: Calibration, params_b: float, tokens: float, *, parameters: Parameters
) -> Range:
    """Seconds of the optimizer steps: FLOPs per token x parameters x tokens / measured FLOPs per second."""
    each = FLOPS_PER_TOKEN[parameters]
    rate = measured.full_tokens_per_second if parameters == "full" else measured.lora_tokens_per_second
    share = QLORA_SHARE if parameters == "qlora" else SHARE
    flops = each * params_b * 1e9 * tokens
    return _seconds(flops, _band(measured, params_b, each * measured.parameters * rate, share))


def predicting_seconds(measured: Calibration, params_b: float, tokens: float) -> Range:
    """Seconds of forward passes: 2N FLOPs per token / measured FLOPs per second."""
    reached = FORWARD_FLOPS * measured.parameters * measured.predicting_tokens_per_second
    return _seconds(
        FORWARD_FLOPS * params_b * 1e9 * tokens, _band(measured, params_b, reached, ANSWERING_SHARE)
    )


def _band(measured: Calibration, params_b: float, reached: float, share: Range) -> Range:
    """FLOPs per second; a far larger model comes nearer to the bare matrix product, which is the high end."""
    likely, high = share.likely * reached, share.high * reached
    if params_b * 1e9 > ALIKE * measured.parameters:
        product = max(measured.matrix_tflops * 1e12, reached)
        likely, high = (likely * product) ** 0.5, max(high, product)
    return Range(low=share.low * reached, likely=likely, high=high)


def _seconds(flops: float, speed: Range) -> Range:
    return Range(low=flops / speed.high, likely=flops / speed.likely, high=flops / speed.low)
