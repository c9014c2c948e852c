"""Weights of which each process holds a part: made whole to be written, parted to be read.

On a CPU accelerate wraps a model in DistributedDataParallel although FSDP was asked for, without a word.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from advisor.engagement.errors import RunFailed

LEAST = 0.5
"""Share of the parameters below which a model does not count as parted."""


def whole(weight: torch.Tensor) -> torch.Tensor:
    """The weight itself; every process must ask, where each holds a part."""
    return weight.full_tensor() if isinstance(weight, DTensor) else weight


def like(weight: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The values parted as the weight is."""
    if not isinstance(weight, DTensor):
        return values
    return distribute_tensor(values.to(weight.device), weight.device_mesh, weight.placements)


def whole_state(network: Any) -> dict[str, torch.Tensor] | None:
    """All weights for `save_pretrained`, on the CPU; None where the network itself has them whole."""
    if not any(isinstance(weight, DTensor) for weight in network.parameters()):
        return None
    return {name: whole(weight).detach().cpu() for name, weight in network.state_dict().items()}


def parted(network: Any) -> float:
    """Share of the parameters of which this process holds a part only."""
    sizes = [(weight.numel(), is_parted(weight)) for weight in network.parameters()]
    part = sum(size for size, is_part in sizes if is_part)
    return float(part / max(1, sum(size for size, _ in sizes)))


def is_parted(weight: torch.Tensor) -> bool:
    """Whether FSDP2 has parted it."""
    return isinstance(weight, DTensor) and any(isinstance(one, Shard) for one in weight.placements)


def is_asked() -> bool:
    """Whether the launcher was told to part the weights."""
    return os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"


def refuse_unparted(network: Any) -> None:
    """Raise RunFailed where sharding was asked for and most of the weights lie whole in every process."""
    share = parted(network)
    if is_asked() and share < LEAST:
        raise RunFailed(
            f"FSDP was asked for, and {1 - share:.0%} of the weights lie whole in every process",
            fix="on a CPU accelerate takes DDP instead, without a word: use ddp.yaml there, or CUDA GPUs",
        )
