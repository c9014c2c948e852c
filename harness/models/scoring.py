"""All labels of an item in one forward pass: prompt, then a trie of label tokens, under one mask.

The opening that every prompt shares (task, label list, worked examples) is computed once and kept as a
key-value cache. Several items share a forward pass, each seeing the opening and itself only. The numbers
equal those of one pass per label (`naive.py`) up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from harness.models.naive import score_naively

SCORER_VERSION = 1
TOKEN_BUDGET = {"cpu": 512, "cuda": 4096}
SHORTEST_OPENING = 8


class Node(NamedTuple):
    """An interior token of the label trie: it is fed to predict what follows."""

    token: int
    """Token id."""
    parent: int
    """Index of the node before it, -1 after the prompt."""
    depth: int
    """1 for the first label token."""


class Trie(NamedTuple):
    """Label token sequences, shared beginnings merged."""

    nodes: list[Node]
    """Interior tokens, parents before children."""
    steps: list[list[tuple[int, int]]]
    """Per label: (node that predicts, token predicted); -1 is the last prompt token."""


class Scored(NamedTuple):
    """One item."""

    logprobs: list[float]
    """Sum of token log-probabilities of each label and its end token, nats."""
    tokens_out: int
    """Label tokens scored."""


def build_trie(sequences: Sequence[Sequence[int]]) -> Trie:
    """The trie of the labels' token ids, end tokens included."""
    nodes: list[Node] = []
    known: dict[tuple[int, ...], int] = {(): -1}
    steps: list[list[tuple[int, int]]] = []
    for sequence in sequences:
        path: list[tuple[int, int]] = []
        for depth, token in enumerate(sequence):
            before = known[tuple(sequence[:depth])]
            path.append((before, token))
            here = tuple(sequence[: depth + 1])
            if depth + 1 < len(sequence) and here not in known:
                nodes.append(Node(token, before, depth + 1))
                known[here] = len(nodes) - 1
        steps.append(path)
    return Trie(nodes, steps)


def takes_masks(network: Any) -> bool:
    """Whether a mask of our own reaches every attention layer: full attention through sdpa."""
    config = network.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or []
    plain = all(kind == "full_attention" for kind in kinds) and not getattr(config, "sliding_window", None)
    return plain and config._attn_implementation == "sdpa"


def common_opening(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens that open every prompt, at least one token left to each."""
    first = min(prompts, key=len)
    count = 0
    while count < len(first) - 1 and all(prompt[count] == first[count] for prompt in prompts):
        count += 1
    return count


class LabelScorer:
    """Scores the same labels after any number of prompts that share an opening."""

    def __init__(self, network: Any, sequences: Sequence[Sequence[int]], opening: Sequence[int]) -> None:
        self._network = network
        self._device = next(network.parameters()).device
        self._sequences = [list(sequence) for sequence in sequences]
        self._trie = build_trie(sequences)
        self._packed = takes_masks(network)
        self._opening = list(opening) if self._packed and len(opening) >= SHORTEST_OPENING else []
        self._cache = self._prefill() if self._opening else None

    @property
    def falls_back(self) -> bool:
        """True where the attention cannot take our mask and each label costs a pass of its own."""
        return not self._packed

    def groups(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Indices per forward pass, by the token budget; depends on the prompts only."""
        budget = TOKEN_BUDGET[self._device.type]
        groups: list[list[int]] = []
        filled = 0
        for number, prompt in enumerate(prompts):
            size = len(prompt) - len(self._opening) + len(self._trie.nodes)
            if not groups or filled + size > budget:
                groups.append([])
                filled = 0
            groups[-1].append(number)
            filled += size
        return groups

    @torch.inference_mode()
    def score(self, prompts: Sequence[Sequence[int]]) -> list[Scored]:
        """Log-probability of every label after every prompt, one forward pass for the group."""
        if not self._packed:
            return [
                Scored(score_naively(self._network, list(p), self._sequences), self._tokens())
                for p in prompts
            ]
        layout = _layout(prompts, len(self._opening), self._trie)
        logits = self._forward(layout)
        logprobs = torch.log_softmax(logits.float(), -1)
        width = 1 + len(self._trie.nodes)
        found = []
        for number in range(len(prompts)):
            block = logprobs[number * width : (number + 1) * width]
            sums = [float(sum(block[node + 1, token] for node, token in path)) for path in self._trie.steps]
            found.append(Scored(sums, self._tokens()))
        return found

    def _tokens(self) -> int:
        return sum(len(sequence) for sequence in self._sequences)

    def _prefill(self) -> Any:
        with torch.inference_mode():
            ids = torch.tensor([self._opening], device=self._device)
            return self._network(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values

    def _forward(self, layout: Layout) -> torch.Tensor:
        opening = len(self._opening)
        mask = torch.ones(len(layout.ids), opening + len(layout.ids), dtype=torch.bool)
        mask[:, opening:] = layout.sees
        output = self._network(
            input_ids=torch.tensor([layout.ids], device=self._device),
            attention_mask=mask[None, None].to(self._device),
            position_ids=torch.tensor([layout.positions], device=self._device),
            past_key_values=self._cache,
            use_cache=self._cache is not None,
            logits_to_keep=torch.tensor(layout.asked, device=self._device),
        )
        if self._cache is not None:
            self._cache.crop(opening)
        logits: torch.Tensor = output.logits[0]
        return logits


class Layout(NamedTuple):
    """Several items in one row of tokens."""

    ids: list[int]
    """Each item's rest of prompt, then its trie."""
    positions: list[int]
    """Position of each token in its own item."""
    asked: list[int]
    """Places whose logits are needed: per item the last prompt token, then every node."""
    sees: torch.Tensor
    """[tokens, tokens] booleans: which earlier tokens each token sees, the opening left out."""


def _layout(prompts: Sequence[Sequence[int]], opening: int, trie: Trie) -> Layout:
    ids: list[int] = []
    positions: list[int] = []
    asked: list[int] = []
    blocks: list[torch.Tensor] = []
    for prompt in prompts:
        rest = list(prompt[opening:])
        start = len(ids)
        ids += rest + [node.token for node in trie.nodes]
        positions += [opening + at for at in range(len(rest))]
        positions += [len(prompt) - 1 + node.depth for node in trie.nodes]
        asked += [start + len(rest) - 1 + offset for offset in range(1 + len(trie.nodes))]
        blocks.append(_block(len(rest), trie))
    return Layout(ids, positions, asked, torch.block_diag(*blocks).bool())


def _block(rest: int, trie: Trie) -> torch.Tensor:
    size = rest + len(trie.nodes)
    sees = torch.zeros(size, size, dtype=torch.uint8)
    sees[:rest, :rest] = torch.ones(rest, rest, dtype=torch.uint8).tril()
    for number, node in enumerate(trie.nodes):
        sees[rest + number] = sees[rest - 1] if node.parent < 0 else sees[rest + node.parent]
        sees[rest + number, rest + number] = 1
    return sees
