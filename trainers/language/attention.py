"""Attention over rows laid end to end: each sees itself only, and no mask of tokens by tokens is built."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

PACKED = "packed"
"""Name under which transformers knows it."""


def register() -> None:
    """Make it known to transformers, once per process; a second call changes nothing."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(PACKED, packed_attention)
    AttentionMaskInterface.register(PACKED, _no_mask)


def available() -> bool:
    """Whether it pays: always on a CPU, on CUDA where torch brings a kernel for it."""
    return not torch.cuda.is_available() or _has_kernel()


def _has_kernel() -> bool:
    """From torch 2.10, on CUDA, in half precision."""
    return torch.cuda.is_available() and importlib.util.find_spec("torch.nn.attention.varlen") is not None


def attends_fully(config: Any) -> bool:
    """Whether no layer of a text configuration has a window or another kind of mixing."""
    kinds = getattr(config, "layer_types", None) or []
    return all(kind == "full_attention" for kind in kinds) and not getattr(config, "sliding_window", None)


@contextmanager
def plain(network: Any) -> Iterator[None]:
    """Attention with masks, for code that pads or masks on its own."""
    config = network.config.get_text_config()
    before = config._attn_implementation
    if before == PACKED:
        config._attn_implementation = "sdpa"
    try:
        yield
    finally:
        config._attn_implementation = before


def packed_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: torch.Tensor | int | None = None,
    shared_prefix: torch.Tensor | int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each row. query [1, heads, tokens, width]; returns [1, tokens, heads, width].

    Without `cu_seq_lens_q` every line of the batch is one row. With `shared_prefix` the first so many tokens
    open every row, and the rows begin after them. Grouped keys and values are repeated.
    """
    groups = query.shape[1] // key.shape[1]
    if cu_seq_lens_q is None:
        key, value = _repeated(key, groups), _repeated(value, groups)
        out = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=attention_mask, is_causal=attention_mask is None, scale=scaling
        )
        return out.transpose(1, 2).contiguous(), None
    if shared_prefix is not None:
        key, value = _repeated(key, groups), _repeated(value, groups)
        width = int(max_length_q) if max_length_q is not None else int(cu_seq_lens_q.diff().max())
        return _prefixed(
            query, key, value, cu_seq_lens_q, int(shared_prefix), width=width, scaling=scaling
        ), None
    if query.is_cuda and _has_kernel() and query.dtype in (torch.bfloat16, torch.float16):
        return _varlen(query, key, value, cu_seq_lens_q, max_length_q, scaling=scaling), None
    return _row_by_row(query, key, value, cu_seq_lens_q, scaling=scaling), None


def _varlen(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    borders: torch.Tensor,
    longest: torch.Tensor | int | None,
    *,
    scaling: float | None,
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    queries, keys, values = (tensor[0].transpose(0, 1).contiguous() for tensor in (query, key, value))
    most = int(longest) if longest is not None else query.shape[2]
    grouped = query.shape[1] != key.shape[1]
    # torch 2.13: a window of (-1, 0) is the causal mask
    out = varlen_attn(
        queries,
        keys,
        values,
        borders,
        borders,
        most,
        most,
        scale=scaling,
        window_size=(-1, 0),
        enable_gqa=grouped,
    )
    return torch.as_tensor(out)[None]


def _row_by_row(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    borders: torch.Tensor,
    *,
    scaling: float | None,
) -> torch.Tensor:
    groups = query.shape[1] // key.shape[1]
    places = borders.tolist()
    pieces = []
    for begin, end in itertools.pairwise(places):
        rows = slice(begin, end)
        out = torch.nn.functional.scaled_dot_product_attention(
            query[:, :, rows],
            _repeated(key[:, :, rows], groups),
            _repeated(value[:, :, rows], groups),
            is_causal=True,
            scale=scaling,
        )
        pieces.append(out.transpose(1, 2))
    return torch.cat(pieces, dim=1).contiguous()


def _prefixed(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    borders: torch.Tensor,
    prefix: int,
    *,
    width: int,
    scaling: float | None,
) -> torch.Tensor:
    """The prefix sees itself; each row sees the prefix and itself, all rows in one padded call.

    `width` is the longest row's. A row's padding comes after its tokens, so that they never see it; what it
    computes is left out. Nothing here waits for a card.
    """
    attend = torch.nn.functional.scaled_dot_product_attention
    opening = slice(0, prefix)
    first = attend(
        query[:, :, opening], key[:, :, opening], value[:, :, opening], is_causal=True, scale=scaling
    )
    starts, lengths = borders[:-1].long(), borders.diff().long()
    rows, own = len(lengths), query.shape[2] - prefix
    places = torch.arange(width, device=query.device)
    index = torch.where(places[None] < lengths[:, None], starts[:, None] + places, starts[:, None])

    def lined(states: torch.Tensor) -> torch.Tensor:
        return states[0][:, index].transpose(0, 1)

    def opened(states: torch.Tensor) -> torch.Tensor:
        return torch.cat([states[:, :, opening].expand(rows, -1, -1, -1), lined(states)], dim=2)

    seen = torch.ones(width, prefix + width, dtype=torch.bool, device=query.device).tril(prefix)
    rest = attend(lined(query), opened(key), opened(value), attn_mask=seen, scale=scaling)
    owner = torch.repeat_interleave(torch.arange(rows, device=query.device), lengths, output_size=own)
    taken = owner * width + torch.arange(prefix, prefix + own, device=query.device) - starts[owner]
    found = rest.transpose(1, 2).flatten(0, 1)[taken]
    return torch.cat([first[0].transpose(0, 1), found])[None]


def _repeated(states: torch.Tensor, groups: int) -> torch.Tensor:
    return states if groups == 1 else states.repeat_interleave(groups, dim=1)


def _no_mask(*_: Any, **__: Any) -> None:
    return None
