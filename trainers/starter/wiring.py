"""A hand-made start: the model can copy the label of the most similar earlier message before its first step.

Found by gradient alone, these circuits (Olsson et al. 2022) cost a small model most of its training time.

- layer 0: every position learns which token stands before it
- layer 1: copy what followed the same token earlier; gather the telling tokens of the last dozen into a bag
- layer 2: move the bag of `<|assistant|>` onto the first token of the label that follows
- layer 3: compare the bag of this `<|assistant|>` with those, and copy the label token found there
"""

from typing import Any

import torch
from transformers import LlamaForCausalLM

from .tokenizer import ASSISTANT, SPECIALS

# Directions of the residual stream that start with one meaning each.
CONSTANT, CONTENT, BAG, MOVED, FLAG, MOVED_FLAG, NEWS = (
    0,
    slice(1, 101),
    slice(101, 143),
    slice(143, 185),
    188,
    189,
    190,
)
CONTENT_WIDTH = 100
_TYPICAL = 0.1
_CONSTANT_LEVEL, _FLAG_LEVEL, _NEWS_LEVEL = 6.0, 6.0, 3.0
_PEAK, _MATCH, _COPY = 60.0, 1.2, 1.5
_BAG_WINDOW, _BAG_NEWS, _BAG_GAIN = 34.0, 12.0, 2.0
_SIMILAR, _FLAGGED, _ANSWER = 1.5, 60.0, 3.0


def wire(model: LlamaForCausalLM, content: torch.Tensor, news: torch.Tensor) -> None:
    """Write embeddings and four layers. `content`: rows of width 100; `news`: what a token says, mean 0."""
    with torch.no_grad():
        _embed(model.model.embed_tokens.weight, content, news)
        layers = [layer.self_attn for layer in model.model.layers[:4]]
        for attention in layers:
            attention.o_proj.weight.mul_(0.3)
        _look_one_back(
            layers[0], 0, slice(CONTENT.start, CONTENT.start + 32), slice(MOVED.start, MOVED.start + 32)
        )
        _look_one_back(layers[0], 1, slice(FLAG, FLAG + 1), slice(MOVED_FLAG, MOVED_FLAG + 1))
        for head in range(2):
            part = slice(CONTENT.start + 16 * head, CONTENT.start + 16 * (head + 1))
            moved = slice(MOVED.start + 16 * head, MOVED.start + 16 * (head + 1))
            _match(layers[1], head, part, moved, _MATCH)
            _copy(layers[1], head, _COPY)
        for head, start in ((3, 0), (4, 21)):
            _gather(layers[1], head, start)
            _look_one_back(layers[2], head, _part(BAG, start, 21), _part(MOVED, start, 21))
        for head in range(3):
            _match(layers[3], head, _part(BAG, 14 * head, 14), _part(MOVED, 14 * head, 14), _SIMILAR)
            _flag_key(layers[3], head)
            _copy(layers[3], head, _ANSWER)


def _part(whole: slice, start: int, width: int) -> slice:
    return slice(whole.start + start, whole.start + start + width)


def _embed(weight: torch.Tensor, content: torch.Tensor, news: torch.Tensor) -> None:
    width = weight.shape[1]
    weight.mul_(0.05)
    weight[:, CONTENT] = content / content.norm(dim=1, keepdim=True) * _TYPICAL * width**0.5
    weight[:, CONSTANT] = _CONSTANT_LEVEL * _TYPICAL
    weight[ASSISTANT, FLAG] = _FLAG_LEVEL * _TYPICAL
    weight[:, NEWS] = news * _NEWS_LEVEL * _TYPICAL
    weight[: len(SPECIALS), NEWS] = -3 * _NEWS_LEVEL * _TYPICAL


def _rows(attention: Any, head: int) -> slice:
    size = attention.head_dim
    return slice(head * size, (head + 1) * size)


def _clear(attention: Any, head: int) -> slice:
    rows = _rows(attention, head)
    for name in ("q_proj", "k_proj", "v_proj"):
        getattr(attention, name).weight[rows] *= 0.02
    attention.o_proj.weight[:, rows] *= 0.02
    return rows


def _look_one_back(attention: Any, head: int, source: slice, target: slice) -> None:
    """Rotary phases of query and key agree exactly one position apart; the value is moved unchanged."""
    rows, half = _clear(attention, head), attention.head_dim // 2
    turn = 10000.0 ** (-torch.arange(half) / half)
    level = (_PEAK**0.5) / _CONSTANT_LEVEL
    attention.q_proj.weight[rows, CONSTANT] = torch.cat([torch.ones(half), torch.zeros(half)]) * level
    attention.k_proj.weight[rows, CONSTANT] = torch.cat([turn.cos(), turn.sin()]) * level
    width = source.stop - source.start
    first = rows.start
    attention.v_proj.weight[first : first + width, source] = torch.eye(width)
    attention.o_proj.weight[target, first : first + width] = torch.eye(width) * _TYPICAL


def _slow(attention: Any) -> torch.Tensor:
    """Dimensions of a head that hardly turn within a few hundred positions; the slowest first."""
    half = attention.head_dim // 2
    quarter = torch.arange(half - 1, half // 2 - 1, -1)
    return torch.stack([quarter, quarter + half], dim=1).flatten()


def _match(attention: Any, head: int, query: slice, key: slice, gain: float) -> None:
    """Look for the position whose `key` directions hold what `query` holds here."""
    rows = _clear(attention, head)
    width = query.stop - query.start
    places = rows.start + _slow(attention).flip(0)[:width]
    attention.q_proj.weight[places, query] = torch.eye(width) * gain
    attention.k_proj.weight[places, key] = torch.eye(width) * gain


def _copy(attention: Any, head: int, gain: float) -> None:
    """Hand on a third of the content found there."""
    rows, size = _rows(attention, head), attention.head_dim
    part = _part(CONTENT, size * head, size)
    attention.v_proj.weight[rows, part] = torch.eye(size)
    attention.o_proj.weight[part, rows] = torch.eye(size) * gain * _TYPICAL


def _gather(attention: Any, head: int, start: int) -> None:
    """Average the content of the last dozen positions, informative tokens first."""
    rows, half = _clear(attention, head), attention.head_dim // 2
    for pair in (4, 5, 6, 7):
        for weight in (attention.q_proj.weight, attention.k_proj.weight):
            weight[rows.start + pair, CONSTANT] = (_BAG_WINDOW / 4**0.5) ** 0.5 / _CONSTANT_LEVEL
    attention.q_proj.weight[rows.start + half - 1, CONSTANT] = _BAG_NEWS**0.5 / _CONSTANT_LEVEL
    attention.k_proj.weight[rows.start + half - 1, NEWS] = _BAG_NEWS**0.5 / _NEWS_LEVEL
    part, target = _part(CONTENT, start, 21), _part(BAG, start, 21)
    attention.v_proj.weight[rows.start : rows.start + 21, part] = torch.eye(21)
    attention.o_proj.weight[target, rows.start : rows.start + 21] = torch.eye(21) * _BAG_GAIN * _TYPICAL


def _flag_key(attention: Any, head: int) -> None:
    """Only a first label token is worth looking at: the flag says that `<|assistant|>` stands before it."""
    place = _rows(attention, head).start + attention.head_dim // 2 - 1
    attention.q_proj.weight[place] = 0.0
    attention.k_proj.weight[place] = 0.0
    attention.q_proj.weight[place, CONSTANT] = _FLAGGED**0.5 / _CONSTANT_LEVEL
    attention.k_proj.weight[place, MOVED_FLAG] = _FLAGGED**0.5 / _FLAG_LEVEL
