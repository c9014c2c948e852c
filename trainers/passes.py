"""How the rows of a step are parted into forward passes, and what is done when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from advisor.engagement.errors import RunFailed
from trainers.packing import Batch, collate, honours_borders, isolates, packs, takes_masks
from trainers.rows import TrainingRow


class Passes:
    """Most tokens of a pass, and whether activations are computed again; both only ever get more careful."""

    def __init__(self, network: Any, *, pad: int, tokens: int, say: Callable[[str], None]) -> None:
        self._pad, self._say = pad, say
        with half_precision(next(network.parameters()).device):
            self._isolate = isolates(network) and honours_borders(network)
        self._share = self._isolate or takes_masks(network)
        self.tokens = tokens
        self.checkpointing = False
        self.notes: list[str] = []

    def batches(self, rows: Sequence[TrainingRow]) -> Iterator[Batch]:
        """Every row in exactly one pass."""
        for pack in packs(rows, tokens=self.tokens, share=self._share):
            yield collate(pack, self._pad, share=self._share, isolate=self._isolate)

    def shrink(self, model: Any, rows: Sequence[TrainingRow]) -> None:
        """Half the tokens; where one row alone is too much, recompute activations; then give up."""
        longest = max(len(row.input_ids) for row in rows)
        if self.tokens > longest:
            self.tokens = max(longest, self.tokens // 2)
            self._told(f"out of memory: from here on at most {self.tokens} tokens in one pass")
        elif not self.checkpointing:
            recompute_activations(model)
            self.checkpointing = True
            self._told("out of memory with one row: activations are computed again from here on")
        else:
            row = max(rows, key=lambda row: len(row.input_ids))
            raise RunFailed(
                f"out of memory with row {row.id} alone, {longest} tokens",
                fix="lower max_length under [training] in plan.toml, take qlora, or a smaller model",
            )

    def _told(self, line: str) -> None:
        self.notes.append(line)
        self._say(line)


def recompute_activations(model: Any) -> None:
    """Keep only the inputs of each layer and compute the rest again in the backward pass."""
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()


def half_precision(where: torch.device) -> AbstractContextManager[Any]:
    """The arithmetic of Trainer's steps: bf16 on a card that has it, whatever the weights are held in."""
    if where.type != "cuda" or not torch.cuda.is_bf16_supported():
        return nullcontext()
    return torch.autocast("cuda", dtype=torch.bfloat16)


@contextmanager
def preserved_randomness() -> Iterator[None]:
    """A step that fails draws the same dropout when it is tried again."""
    here = torch.get_rng_state()
    there = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        torch.set_rng_state(here)
        if there is not None:
            torch.cuda.set_rng_state_all(there)
        raise
