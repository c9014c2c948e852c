"""The graphics card as the NVIDIA driver tells it, in a process with a time limit; no torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple

from .line import Line, note, ok

PROBE_SECONDS = 5.0
ASKED = ("name", "memory.total", "memory.free", "driver_version", "compute_cap")
BF16_SINCE = 8.0
"""Compute capability: Ampere and newer have bf16 matrix units."""


class Card(NamedTuple):
    """The first card."""

    name: str
    """As the driver names it."""
    memory_gib: float
    """In all."""
    free_gib: float
    """Not in use now."""
    driver: str
    """Version of the driver."""
    bf16: bool
    """Whether it computes in bf16."""


def find_card() -> tuple[Card | None, str]:
    """The first card, or None and what the driver said where it is there and does not answer."""
    asked = shutil.which("nvidia-smi")
    if asked is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return None, ""
    command = [asked, f"--query-gpu={','.join(ASKED)}", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {PROBE_SECONDS:.0f} s"
    except OSError as problem:
        return None, str(problem)
    rows = [line for line in told.stdout.splitlines() if line.strip()]
    if told.returncode or not rows:
        return None, (told.stderr.strip() or told.stdout.strip() or "no card").splitlines()[0]
    return read_card(rows[0])


def read_card(row: str) -> tuple[Card | None, str]:
    """One row of the driver's answer."""
    parts = [part.strip() for part in row.split(",")]
    try:
        name, total, free, driver, capability = parts
        card = Card(name, float(total) / 1024, float(free) / 1024, driver, float(capability) >= BF16_SINCE)
    except ValueError:
        return None, f"unreadable answer `{row}`"
    return card, ""


def card_line(card: Card | None, problem: str) -> Line:
    """What there is; a CPU alone is no fault."""
    if card is not None:
        bf16 = "bf16 yes" if card.bf16 else "bf16 no, training uses fp16"
        free = f"{card.free_gib:.0f} of {card.memory_gib:.0f} GiB free"
        return ok(f"{card.name}, {free}, driver {card.driver}, {bf16}")
    if problem:
        return note(
            f"the NVIDIA driver answers: {problem}", fix="run `nvidia-smi`; install or restart the driver"
        )
    return note("no NVIDIA card: runs use the CPU, in fp32", fix="tunecase estimate --help")
