"""From what tensors take to what the card shows, and how much of a card can be used."""

from __future__ import annotations

from advisor.engagement.records.advice import Range

from ..cards import card
from ..setup import Setup
from .measured import GUESSED_WIDER, Fitted

CONTEXT_GIB = 0.6
"""CUDA context, kernels and library workspaces of one process: 0.4 to 0.8 GiB by driver and card."""

KEPT = Range(low=1.0, likely=1.05, high=1.12)
"""What the allocator must keep beside the tensors even under pressure, over what they take: fragments."""

SHOWN_OVER_ALLOCATED = Range(low=1.10, likely=1.25, high=1.40)
"""nvidia-smi over peak allocated while the card has room, the context apart. With it: median 1.28, p10 1.10,
p90 1.63 of 219 runs (fms-acceleration tables); the ends are narrower here because the band of what is
allocated multiplies them."""

SHOWN_GIB = {
    # memory.total of nvidia-smi: the vendor's GB are GiB less what error correction and firmware take
    "T4": 15.0,
    "V100": 16.0,
    "V100-32": 32.0,
    "L4": 22.5,
    "A10": 22.5,
    "A10G": 22.5,
    "RTX3090": 24.0,
    "RTX4090": 24.0,
    "A40": 45.0,
    "A6000": 48.0,
    "L40S": 45.0,
    "A100-40": 40.0,
    "A100-80": 80.0,
    "H100": 79.6,
    "H100-PCIe": 79.6,
    "H100-NVL": 93.6,
    "GH200": 95.6,
    "H200": 140.4,
    "B200": 179.1,
    "MI300X": 192.0,
}
OTHERWISE_SHOWN = 0.93
"""GiB shown per GB of the vendor for a card that is not listed: 1e9 bytes are 0.931 GiB, the worst case."""

RESERVE_GIB = 0.3
"""Left to driver and firmware: PyTorch sees 79.2 GiB of an A100's 80."""


def usable_gib(gpu: str) -> float:
    """Memory of a card that a process can fill: what nvidia-smi shows as total, less a small reserve."""
    one = card(gpu)
    return SHOWN_GIB.get(one.gpu, OTHERWISE_SHOWN * one.memory_gb) - RESERVE_GIB


def band(setup: Setup, fitted: Fitted) -> tuple[float, float]:
    """Ends of the 80 % band over the likely value; wider for a cap on the length and for a guessed shape."""
    wider = GUESSED_WIDER if setup.shape.guessed else 1.0
    low, high = (fitted.cap_low, fitted.cap_high) if setup.length_is_cap else (fitted.low, fitted.high)
    return low / wider, high * wider


def scaled(band: Range, factor: float) -> Range:
    """A band times a factor."""
    return Range(low=band.low * factor, likely=band.likely * factor, high=band.high * factor)


def need(allocated: Range) -> Range:
    """What a card must have at least: allocated x fragments that cannot be given back + context."""
    return Range(
        low=allocated.low * KEPT.low + CONTEXT_GIB,
        likely=allocated.likely * KEPT.likely + CONTEXT_GIB,
        high=allocated.high * KEPT.high + CONTEXT_GIB,
    )


def device(allocated: Range, gpu: str) -> Range:
    """What the card shows: the allocator keeps what it once held, until the card is full and it gives back.

    With room: allocated x 1.28 + context. On a named card never more than it has, unless the need alone is
    more: then that need, and the run does not fit.
    """
    least = need(allocated)
    room = usable_gib(gpu) if gpu else float("inf")
    shown = SHOWN_OVER_ALLOCATED
    return Range(
        low=max(least.low, min(room, allocated.low * shown.low + CONTEXT_GIB)),
        likely=max(least.likely, min(room, allocated.likely * shown.likely + CONTEXT_GIB)),
        high=max(least.high, min(room, allocated.high * shown.high + CONTEXT_GIB)),
    )
