"""Which processor this is and how many of its cores we may use, asked on any system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
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
