"""Every label of many inputs in one forward pass: label tree, block mask, and a shared prefix computed once.

A pack holds several inputs side by side. Each input sees the shared prefix and itself; each tree node sees
its input and its ancestors. Only the positions that predict a label token reach the vocabulary layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from advisor.engagement.progress import OnProgress, Progress
from trainers.language.loading import is_spread

from . import naive
from .label_tree import LabelTree, grow

SCORER_VERSION = 1
SHORTEST_PREFIX = 8
PACK_TOKENS = {"cpu": 512, "cuda": 4096}
# Logits of one pack stay below a gibibyte in fp32.
PACK_LOGITS = 1 << 28
PROBE_ITEMS = 2
PROBE_LABELS = 3


class Scorer:
    """Scores one set of labels with one network over prompts known in advance."""

    def __init__(
        self,
        network: Any,
        prompts: Sequence[Sequence[int]],
        labels: Sequence[Sequence[int]],
        *,
        on_progress: OnProgress,
        stage: str = "scoring",
    ) -> None:
        self.network = network
        self.labels = [list(label) for label in labels]
        self.device = next(network.parameters()).device
        self.dtype = _working_dtype(network)
        self.is_spread = is_spread(network)
        self.tree = grow(self.labels)
        self.prefix = common_prefix(prompts)
        self.fallback: str | None = None
        """Why the slow scorer serves instead, in words; None while the fast one does."""
        self._cache = self._prefill() if self._mask_is_taken() else None
        self._probe(list(prompts[:PROBE_ITEMS]), on_progress, stage)

    def score(self, prompts: Sequence[Sequence[int]]) -> list[list[float]]:
        """Per prompt and label: log-probability including the end token, nats."""
        if self.fallback is not None:
            return naive.label_logprobs(self.network, prompts, self.labels)
        return self._packed(prompts)

    def packs(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Prompt indices cut into packs by token budget, in the order given."""
        budget = PACK_TOKENS["cuda" if self.device.type == "cuda" else "cpu"]
        vocabulary = int(self.network.get_output_embeddings().weight.shape[0])
        most = max(1, PACK_LOGITS // (vocabulary * (1 + len(self.tree.tokens))))
        packs: list[list[int]] = []
        used = 0
        for index, prompt in enumerate(prompts):
            length = len(prompt) - len(self.prefix) + len(self.tree.tokens)
            if not packs or used + length > budget or len(packs[-1]) >= most:
                packs.append([])
                used = 0
            packs[-1].append(index)
            used += length
        return packs

    @torch.inference_mode()
    def _packed(self, prompts: Sequence[Sequence[int]]) -> list[list[float]]:
        own = [list(prompt[len(self.prefix) :]) for prompt in prompts]
        ids, positions, mask, kept = _lay_out(own, self.tree, prefix=len(self.prefix))
        cache, self._cache = self._cache, None
        hidden = ~mask.to(self.device)
        additive = torch.zeros(hidden.shape, dtype=self.dtype, device=self.device)
        additive.masked_fill_(hidden, torch.finfo(self.dtype).min)
        out = self.network(
            input_ids=ids[None].to(self.device),
            position_ids=positions[None].to(self.device),
            attention_mask=additive[None, None],
            past_key_values=cache,
            use_cache=cache is not None,
            # where layers lie on several GPUs, the last ones take indices of their own device or none
            logits_to_keep=kept.tolist() if self.is_spread else kept.to(self.device),
        )
        if cache is not None:
            # A negative count removes that many tokens; transformers 5.23 refuses a positive length.
            cache.crop(-len(ids))
            self._cache = cache
        return self._sums(out.logits[0], len(prompts))

    def _sums(self, logits: torch.Tensor, count: int) -> list[list[float]]:
        """Sum each label's tokens; item by item, so that one fp32 copy of the logits is small."""
        readers, targets = self.tree.readers.to(self.device), self.tree.targets.to(self.device)
        sums = []
        for rows in logits.reshape(count, 1 + len(self.tree.tokens), -1):
            scaled = rows.float()
            picked = scaled[readers, targets] - torch.logsumexp(scaled, dim=-1)[readers]
            sums.append(self.tree.sums(picked.cpu()).tolist())
        return sums

    @torch.inference_mode()
    def _prefill(self) -> Any:
        """Keys and values of the shared prefix."""
        if not self.prefix:
            return None
        from transformers import DynamicCache

        ids = torch.tensor([self.prefix], device=self.device)
        return self.network(
            input_ids=ids, past_key_values=DynamicCache(), use_cache=True, logits_to_keep=1
        ).past_key_values

    def _mask_is_taken(self) -> bool:
        """Windowed and recurrent layers read something else than a 4-D mask."""
        config = self.network.config.get_text_config()
        kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
        if kinds != {"full_attention"}:
            self.fallback = f"layers of kind {', '.join(sorted(kinds - {'full_attention'}))}"
        attention = str(getattr(config, "_attn_implementation", "sdpa"))
        if attention not in ("sdpa", "eager"):
            self.fallback = f"attention implementation {attention}"
        return self.fallback is None

    def _gap(self, prompts: list[Sequence[int]]) -> float:
        """Largest distance between the fast and the slow scorer."""
        chosen = _probe_labels(self.labels)
        slow = naive.label_logprobs(self.network, prompts, [self.labels[number] for number in chosen])
        return max(
            (
                abs(fast[number] - value)
                for fast, values in zip(self._packed(prompts), slow, strict=True)
                for number, value in zip(chosen, values, strict=True)
            ),
            default=0.0,
        )

    def _probe(self, prompts: list[Sequence[int]], on_progress: OnProgress, stage: str) -> None:
        """The fast scorer must agree with the slow one on the first inputs, else the slow one serves."""
        if self.fallback is None:
            try:
                gap = self._gap(prompts)
            except (RuntimeError, TypeError, ValueError, IndexError) as refused:
                self.fallback = f"{type(refused).__name__} with a 4-D mask"
            else:
                allowed = 1e-3 if self.dtype == torch.float32 else 0.5
                if not gap <= allowed:
                    self.fallback = f"label scores {gap:.3g} nats off the plain ones"
        if self.fallback is not None:
            note = f"caution: one forward pass per label, because of {self.fallback}"
            on_progress(Progress(stage, 0, len(prompts), note))


def _probe_labels(labels: Sequence[Sequence[int]]) -> list[int]:
    """A few labels, the longest among them: each costs a pass."""
    return sorted(range(len(labels)), key=lambda number: -len(labels[number]))[:PROBE_LABELS]


def common_prefix(prompts: Sequence[Sequence[int]]) -> list[int]:
    """Tokens that all prompts begin with; each prompt keeps one of its own, and short prefixes are left."""
    if len(prompts) < 2:
        return []
    first, last = min(map(list, prompts)), max(map(list, prompts))
    length = 0
    for left, right in zip(first, last, strict=False):
        if left != right:
            break
        length += 1
    length = min(length, *(len(prompt) - 1 for prompt in prompts))
    return list(first[:length]) if length >= SHORTEST_PREFIX else []


def _lay_out(
    own: Sequence[Sequence[int]], tree: LabelTree, *, prefix: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, positions, who sees whom, and the positions whose logits are needed."""
    nodes = len(tree.tokens)
    total = sum(len(prompt) + nodes for prompt in own)
    mask = torch.zeros(total, prefix + total, dtype=torch.bool)
    mask[:, :prefix] = True
    ids: list[int] = []
    positions: list[int] = []
    kept: list[int] = []
    for prompt in own:
        start, middle = len(ids), len(ids) + len(prompt)
        end = middle + nodes
        mask[start:middle, prefix + start : prefix + middle] = (
            torch.ones(len(prompt), len(prompt)).tril().bool()
        )
        mask[middle:end, prefix + start : prefix + middle] = True
        mask[middle:end, prefix + middle : prefix + end] = tree.sees
        ids += [*prompt, *tree.tokens]
        after = prefix + len(prompt)
        positions += [*range(prefix, after), *(after + depth for depth in tree.depths)]
        kept += range(middle - 1, end)
    return torch.tensor(ids), torch.tensor(positions), mask, torch.tensor(kept)


def _working_dtype(network: Any) -> torch.dtype:
    """The dtype of the embeddings: 4-bit weights are stored as integers but compute in this one."""
    dtype = network.get_input_embeddings().weight.dtype
    assert isinstance(dtype, torch.dtype)
    return dtype
