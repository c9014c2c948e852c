"""How many threads help on this machine now: two that fight over a core can be 25 times slower than one."""

from __future__ import annotations

import os
import time

import torch

# A step of the size that small-model training takes: rows x width by width x hidden, then a softmax.
ROWS, WIDTH, HIDDEN = 1024, 256, 1024
REPEATS = 6


def choose_threads() -> int:
    """The fastest of 1, 2, 4, ... threads by a probe of about a tenth of a second each; ties go to fewer.

    OMP_NUM_THREADS, where set, is obeyed.
    """
    said = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if said.isdigit() and int(said) > 0:
        return min(int(said), cores)
    best, fastest = 1, _probe(1)
    count = 2
    while count <= min(cores, 16):
        seconds = _probe(count)
        if seconds < 0.9 * fastest:
            best, fastest = count, seconds
        count *= 2
    return best


def set_threads(count: int) -> None:
    """Use so many threads within operators."""
    torch.set_num_threads(count)


def _probe(count: int) -> float:
    set_threads(count)
    left, right = torch.ones(ROWS, WIDTH), torch.ones(WIDTH, HIDDEN)
    torch.softmax(left @ right, -1)
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        torch.softmax(left @ right, -1)
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)[REPEATS // 2]
