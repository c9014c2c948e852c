"""The slots of this machine: its cards as the NVIDIA driver tells them, or its CPU; no torch."""

from __future__ import annotations

import os
import shutil
import subprocess

from advisor.engagement.errors import PlanError
from harness.executors.slots import Slot

PROBE_SECONDS = 10.0
MIB_PER_GIB = 1024


def cards() -> list[Slot]:
    """The cards that this process may use, with their memory where the driver tells it."""
    asked = shutil.which("nvidia-smi")
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is None or allowed == "":
        return []
    command = [asked, "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return named(told.stdout, allowed) if told.returncode == 0 else []


def named(told: str, allowed: str | None) -> list[Slot]:
    """Slots from the driver's lines of index, uuid and MiB; only those allowed, as they are named there."""
    lines = [[word.strip() for word in line.split(",")] for line in told.splitlines() if line.strip()]
    known = {name: int(mib) / MIB_PER_GIB for index, uuid, mib in lines for name in (index, uuid)}
    if allowed is None:
        return [Slot(known[uuid], uuid) for _, uuid, _ in lines]
    names = [name.strip() for name in allowed.split(",") if name.strip()]
    if not all(name in known for name in names):
        # parts of a card and shortened names: which memory is theirs is not told
        return [Slot(0.0, name) for name in names]
    return [Slot(known[name], name) for name in names]


def slots_here(count: int | None) -> list[Slot]:
    """So many slots, or one for each card; on a machine without cards, one.

    The slots of a CPU share its memory. More slots than cards share the cards, those with the most memory
    first. Raises PlanError where the driver does not tell how much memory there is to share.
    """
    found = cards()
    if not found:
        return [Slot(memory_gib())] * (count or 1)
    if count is None or count <= len(found):
        return found[: count or len(found)]
    if not all(card.memory_gib for card in found):
        raise PlanError(
            f"--slots {count}: {len(found)} GPUs, and the driver does not tell the memory of each",
            fix=f"pass --slots {len(found)} or fewer: GPUs of unknown memory are not shared",
        )
    by_size = sorted(found, key=lambda card: -card.memory_gib)
    return [by_size[number % len(found)] for number in range(count)]


def memory_gib() -> float:
    """Memory of this machine; 0 where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30
    except (AttributeError, ValueError, OSError):
        return 0.0
