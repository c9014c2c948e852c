"""How close the runner-up of every token was: closer than rounding, another batch may choose it.

A batch of other size or padding sums in another order, so that logits differ in their last bits. Where the
two largest logits lie nearer than that, the text goes on otherwise from there.
"""

from __future__ import annotations

from typing import Any

import torch

TOLERANCE, TOLERANCE_16_BITS = 1e-3, 0.25
"""Logits. Between batches of 1 to 16 those of the bundled model move by 8e-6 in fp32 and 0.125 in bf16; both
of two may move, and larger models sum over more."""


class Margins:
    """Notes margins and changes nothing; last in its list, it sees what the largest is taken of."""

    def __init__(self) -> None:
        self._steps: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Note the margin of every row."""
        top = scores.topk(2, dim=-1).values
        self._steps.append(top[:, 0] - top[:, 1])
        return scores

    def by_row(self) -> list[list[float]]:
        """Margins of each row, in the order of its tokens."""
        rows: list[list[float]] = torch.stack(self._steps, dim=1).tolist()
        return rows


def tolerance(network: Any) -> float:
    """Margin under which a token may change with the batch, by the precision of the logits."""
    dtype = network.get_input_embeddings().weight.dtype
    return TOLERANCE if dtype == torch.float32 else TOLERANCE_16_BITS
