"""This machine: Python, cores, memory, disk, card."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from advisor.engagement.machine import cores

from .card import Card, card_line
from .line import Line, fail, note, ok

GIB = 1 << 30
LITTLE_DISK_GIB = 10.0
"""A model of a few billion parameters and its trained copies."""
NO_DISK_GIB = 1.0
LITTLE_MEMORY_GIB = 3.0
"""The demo takes 1 GiB."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def lines(folder: Path, card: Card | None, problem: str) -> Iterator[Line]:
    """Everything on the machine."""
    memory = memory_gib()
    told = "memory not known" if memory is None else f"{memory:.0f} GiB memory"
    yield ok(f"Python {platform.python_version()}, {cores()} cores, {told}, {platform.system()}")
    if memory is not None and memory < LITTLE_MEMORY_GIB:
        yield note(
            f"{memory:.1f} GiB of memory are little for training",
            fix="tunecase compare --arms floor,classical",
        )
    yield _disk(folder)
    yield card_line(card, problem)


def memory_gib() -> float | None:
    """Memory of the machine, or the share of it that a container may use; None where it is not told."""
    known = [one for one in (_physical(), *map(_limit, LIMITS)) if one]
    return min(known) / GIB if known else None


def _physical() -> int | None:
    if sys.platform == "win32":
        return _physical_on_windows()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _physical_on_windows() -> int | None:
    import ctypes

    if sys.platform == "win32":
        kilobytes = ctypes.c_ulonglong()
        if ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)):
            return kilobytes.value * 1024
    return None


def _limit(path: Path) -> int | None:
    """A container's limit in bytes; `max` and absurd numbers mean none."""
    try:
        said = path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(said) if said.isdigit() and int(said) < 1 << 60 else None


def _disk(folder: Path) -> Line:
    try:
        free = shutil.disk_usage(folder).free / GIB
    except OSError as problem:
        return note(f"{folder}: free space not known: {problem.strerror}")
    told = f"{free:.0f} GiB free on the disk of {folder}"
    if free < NO_DISK_GIB:
        return fail(
            f"{free:.1f} GiB free on the disk of {folder}",
            fix="free some space, or work in a folder on another disk",
        )
    if free < LITTLE_DISK_GIB:
        return note(f"{told}: little for models", fix="set HF_HOME to a folder on a larger disk")
    return ok(told)
