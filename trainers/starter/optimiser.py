"""Two optimisers: AdamW for embeddings and norms, orthogonalised momentum (Muon) for the square-ish matrices.

Muon (Jordan et al. 2024) needs fewer steps than AdamW on small language models; here steps are what we lack.
"""

from typing import Any

import torch
from transformers import LlamaForCausalLM

EMBEDDING_RATE, NORM_RATE, MATRIX_RATE = 1.5e-3, 3e-3, 0.02
MATRIX_DECAY, MOMENTUM = 0.02, 0.95
# Quintic Newton-Schulz coefficients of Muon.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def parameter_groups(model: LlamaForCausalLM) -> tuple[list[dict[str, Any]], list[torch.nn.Parameter]]:
    """AdamW's groups, and the matrices of the layers."""
    layers = [p for p in model.model.layers.parameters() if p.ndim == 2]
    norms = [p for p in model.parameters() if p.ndim == 1]
    adam = [
        {
            "params": [model.model.embed_tokens.weight],
            "peak": EMBEDDING_RATE,
            "lr": EMBEDDING_RATE,
            "weight_decay": 0.01,
        },
        {"params": norms, "peak": NORM_RATE, "lr": NORM_RATE, "weight_decay": 0.0},
    ]
    return adam, layers


def orthogonalise(stack: torch.Tensor, *, steps: int = 5) -> torch.Tensor:
    """All singular values of every matrix in the stack pushed towards one; half precision is enough."""
    tall = stack.shape[1] > stack.shape[2]
    x = stack.transpose(1, 2) if tall else stack
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(steps):
        square = x @ x.transpose(1, 2)
        x = _A * x + (_B * square + _C * square @ square) @ x
    found: torch.Tensor = (x.transpose(1, 2) if tall else x).float()
    return found


class Orthogonal:
    """Momentum whose update has no weak directions. Matrices of one shape are treated in one stack."""

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        self._groups: dict[torch.Size, list[torch.nn.Parameter]] = {}
        for parameter in parameters:
            self._groups.setdefault(parameter.shape, []).append(parameter)
        self._momentum = [torch.zeros(len(group), *shape) for shape, group in self._groups.items()]

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One update at `factor` of the peak rate."""
        for momentum, (shape, group) in zip(self._momentum, self._groups.items(), strict=True):
            gradient = torch.stack([p.grad for p in group if p.grad is not None])
            momentum.lerp_(gradient, 1 - MOMENTUM)
            update = orthogonalise(gradient.lerp(momentum, MOMENTUM))
            rate = MATRIX_RATE * factor * max(1.0, shape[0] / shape[1]) ** 0.5
            for parameter, change in zip(group, update, strict=True):
                parameter.mul_(1 - rate * MATRIX_DECAY).add_(change, alpha=-rate)

    def state(self) -> list[torch.Tensor]:
        """What a checkpoint keeps."""
        return self._momentum

    def load(self, state: list[torch.Tensor]) -> None:
        """Take up the momentum of a checkpoint."""
        self._momentum = state
