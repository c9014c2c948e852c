"""Which processor this is and how many of its cores we may use, asked on any system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
CARD_SHARE = "TUNECASE_CARD_GIB"
"""Variable that tells a worker how much of its GPU it may take, where other workers use it too."""
MODEL_KEYS = ("model name", "Model", "cpu model")


def cores() -> int:
    """Cores the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name as the system tells it, else its architecture."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in MODEL_KEYS and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def free_memory_bytes() -> int:
    """Memory that no process holds; half of all of it where the system tells no more; 0 where nothing."""
    names = getattr(os, "sysconf_names", {})
    if "SC_AVPHYS_PAGES" in names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if "SC_PHYS_PAGES" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 0


def card_share_bytes() -> int | None:
    """What this process may take of its GPU; None where the GPU is its own."""
    said = os.environ.get(CARD_SHARE, "")
    return int(float(said) * 2**30) if said else None
