"""The base model that answered last, kept in memory for the next arm that answers with it.

An adapter is taken off before the base is handed out again. What was loaded is trusted only as long as its
files and each of its tensors are untouched (PyTorch counts writes to a tensor): else it is loaded anew.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, NamedTuple

import torch


class _Held(NamedTuple):
    """A base in memory."""

    key: Hashable
    """What it was loaded from, and how."""
    network: Any
    """Without an adapter, or below one."""
    marks: list[tuple[str, int, int]]
    """Name, place and number of writes of each tensor, when it was loaded."""
    lent: list[Any]
    """The adapter that lies over it now, if one does."""


_held: list[_Held] = []


def key_of(folder: Path, *, quantised: bool) -> Hashable:
    """Names a base by its files: their sizes and times, not their path alone."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    stats = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return str(folder.resolve()), quantised, stats


def base(key: Hashable, load: Callable[[], Any]) -> Any:
    """The base of this key as `load` would give it; whoever had it before may use it no more."""
    network = _untouched(key)
    if network is not None:
        return network.eval()
    release()
    network = load()
    _held.append(_Held(key, network, _marks(network), []))
    return network


def lend(wrapped: Any) -> None:
    """Note the adapter that was put over the base, so that it can be taken off."""
    if _held:
        _held[0].lent[:] = [wrapped]


def release() -> None:
    """Give up the base: another model needs the memory, and reads how much of it is free."""
    _held.clear()
    if torch.cuda.is_available():
        free_cached()


def free_cached() -> None:
    """Give a card back what this process keeps of it without need, so that free memory is told as it is."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _untouched(key: Hashable) -> Any | None:
    """What is held under this key without its adapter; None where it is not, or was written to."""
    if not _held or _held[0].key != key:
        return None
    kept = _held[0]
    network = kept.lent.pop().unload() if kept.lent else kept.network
    return network if _marks(network) == kept.marks else None


def _marks(network: Any) -> list[tuple[str, int, int]]:
    tensors = [*network.named_parameters(), *network.named_buffers()]
    return [(name, tensor.data_ptr(), tensor._version) for name, tensor in tensors]
