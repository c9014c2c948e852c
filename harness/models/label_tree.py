"""All labels of a task as one tree of tokens, so that shared beginnings are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class LabelTree:
    """Tokens that follow a prompt, with who sees whom."""

    tokens: list[int]
    """One token per interior node: every proper beginning of a label, parents before children."""
    depths: list[int]
    """Tokens between the prompt's end and the node: 0 for the first."""
    sees: torch.Tensor
    """[nodes, nodes], True where the column is the row's ancestor or the row itself."""
    readers: torch.Tensor
    """Per label token: the position that predicts it, 0 for the prompt's end, else 1 + node."""
    targets: torch.Tensor
    """Per label token: its id."""
    owners: torch.Tensor
    """Per label token: the label it belongs to."""
    count: int
    """Labels."""

    def sums(self, logprobs: torch.Tensor) -> torch.Tensor:
        """Per label: the sum of its tokens' log-probabilities, in double precision."""
        return torch.zeros(self.count, dtype=torch.float64).index_add_(0, self.owners, logprobs.double())


def grow(labels: Sequence[Sequence[int]]) -> LabelTree:
    """The tree over label token sequences that end with the end token, which no interior node holds."""
    nodes: dict[tuple[int, ...], int] = {}
    readers, targets, owners = [], [], []
    for owner, label in enumerate(labels):
        for end, token in enumerate(label):
            before = tuple(label[:end])
            if before and before not in nodes:
                nodes[before] = len(nodes)
            readers.append(nodes[before] + 1 if before else 0)
            targets.append(token)
            owners.append(owner)
    sees = torch.zeros(len(nodes), len(nodes), dtype=torch.bool)
    for path, index in nodes.items():
        for length in range(1, len(path) + 1):
            sees[index, nodes[path[:length]]] = True
    return LabelTree(
        tokens=[path[-1] for path in nodes],
        depths=[len(path) - 1 for path in nodes],
        sees=sees,
        readers=torch.tensor(readers),
        targets=torch.tensor(targets),
        owners=torch.tensor(owners),
        count=len(labels),
    )
