"""Constants read off measured runs; `tests/benchmarks/memory_rows.py` fits `Fitted` again in every fold."""

from __future__ import annotations

import msgspec


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is fitted; all else is arithmetic with published constants."""

    low: float
    """Tenth percentile of measured over likely where the length is known, every source weighing the same."""
    high: float
    """Ninetieth percentile of the same."""
    cap_low: float
    """Tenth percentile where only a cap on the length is known."""
    cap_high: float
    """Ninetieth percentile of the same."""


FITTED = Fitted(low=0.90, high=1.23, cap_low=0.90, cap_high=1.52)

RESERVED_OVER_ALLOCATED = 1.10
"""What PyTorch's allocator holds over what is allocated. Not fitted: the tenth percentile of nvidia-smi over
peak allocated in 219 runs, most of which had room to spare (fms-acceleration tables)."""

UNSPECIFIED_OVER_ALLOCATED = 1.05
"""A figure that does not say what it counts is one or the other: the geometric mean of 1 and 1.10."""

LONGEST_ROW = 1304
"""Tokens the longest row of a batch has where `seq_len` is only a cap on an instruction set padded to its own
lengths. Alpaca's longest of 52 000 rows has 1 304 tokens (litgpt resource tables), a few hundred rows have a
shorter longest one."""

GUESSED_WIDER = 1.25
"""Factor on both ends of the band where the shape was guessed from the number of parameters."""
