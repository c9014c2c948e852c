"""Sizes of published models by name, and a plausible shape where only the number of parameters is known."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from math import exp, log

import msgspec

from advisor.engagement.codec import suggestion
from advisor.engagement.errors import PlanError

from .prices import TABLES
from .setup import Shape

ENDINGS = re.compile(r"(-hf|-base|-instruct|-chat|-it|-pt|-bnb-4bit|-unsloth|-gptq|-awq|-int4|-\d{4})$")
"""Endings of a name that do not change the shape."""


class ShapeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model of `model_shapes.json`."""

    hub_id: str
    """Id on the model hub."""
    names: list[str] = []
    """Other names by which the same shape goes."""
    shape: Shape
    """Its sizes; a shared expert counts as often as an expert fits into it."""
    source: str
    """Where the sizes are published; says so where they are unsure."""


class ShapeTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `model_shapes.json`."""

    as_of: str
    """Date of the table."""
    models: list[ShapeRow]
    """One row per shape."""


@cache
def shape_table() -> list[ShapeRow]:
    """The built-in table."""
    return msgspec.json.decode((TABLES / "model_shapes.json").read_bytes(), type=ShapeTable).models


def find_row(name: str) -> ShapeRow | None:
    """The row a hub id or bare name means, in any case; None for a model that is not in the table."""
    spoken = name.strip().lower()
    known = _by_name()
    while spoken not in known:
        shorter = spoken.rpartition("/")[2] if "/" in spoken else ENDINGS.sub("", spoken)
        if shorter == spoken:
            return None
        spoken = shorter
    return known[spoken]


def find_shape(name: str) -> Shape:
    """The shape a hub id or bare name means, in any case."""
    row = find_row(name)
    if row is None:
        hint = suggestion(name.strip().lower(), list(_by_name()))
        raise PlanError(
            f"no shape is known for the model {name!r}.{hint}",
            fix="give its size in billions with `--params-b`, or its sizes (`--hidden-size`, `--layers` ...)",
        )
    return row.shape


@cache
def _by_name() -> dict[str, ShapeRow]:
    found: dict[str, ShapeRow] = {}
    for row in shape_table():
        for name in (row.hub_id, row.hub_id.rpartition("/")[2], *row.names):
            found.setdefault(name.lower(), row)
    return found


# Width, feed-forward width, blocks, heads of published dense models by billions of parameters: SmolLM2,
# Qwen2.5, Llama 2 to 3.1 and Qwen3 (model_shapes.json), smoothed so that nothing shrinks as the model grows.
LADDER: tuple[tuple[float, int, int, int, int], ...] = (
    (0.1, 512, 1408, 12, 8),
    (0.5, 1024, 2816, 24, 14),
    (1.2, 2048, 5632, 24, 16),
    (3.2, 3072, 8192, 28, 24),
    (8.0, 4096, 14336, 32, 32),
    (14.0, 5120, 16384, 40, 40),
    (32.0, 5632, 27648, 60, 44),
    (70.0, 8192, 28672, 80, 64),
    (405.0, 16384, 53248, 126, 128),
)
GUESSED_VOCAB = 128256
"""That of Llama 3, between the 32 000 of older and the 262 144 of newer models."""


@lru_cache(maxsize=512)
def from_params(params_b: float, *, active_b: float | None = None) -> Shape:
    """A plausible dense shape for a number of parameters, between the rungs of `LADDER`; marked guessed."""
    if not params_b > 0:
        raise PlanError(f"a model of {params_b} billion parameters cannot be", fix="give a size above 0")
    sizes = [rung[0] for rung in LADDER]
    upper = min(max(bisect_right(sizes, params_b), 1), len(LADDER) - 1)
    below, above = LADDER[upper - 1], LADDER[upper]
    share = (log(params_b) - log(below[0])) / (log(above[0]) - log(below[0]))
    hidden, inner, layers, heads = (
        exp(log(below[i]) + share * (log(above[i]) - log(below[i]))) for i in range(1, 5)
    )
    return Shape(
        params_b=params_b,
        active_b=min(active_b or params_b, params_b),
        hidden=max(64, round(hidden)),
        intermediate=max(128, round(inner)),
        layers=max(2, round(layers)),
        vocab=GUESSED_VOCAB,
        heads=max(1, round(heads)),
        kv_heads=max(1, min(8, round(heads))),
        head_dim=128 if params_b >= 3 else 64,
        tied=params_b < 5,
        guessed=True,
    )


def parameters_b(shape: Shape) -> float:
    """Billions of parameters that the sizes add up to, without norms and biases (below one in a thousand).

    Embedding and head V x h each (one if tied); attention h x d x (2 heads + 2 kv heads); feed-forward
    3 h x I with a gate, else 2; times experts, plus their router.
    """
    h = shape.hidden
    attention = h * shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)
    feed_forward = (3 if shape.gated else 2) * h * shape.intermediate
    block = attention + feed_forward * max(1, shape.experts) + h * shape.experts
    embeddings = shape.vocab * h * (1 if shape.tied else 2)
    return (embeddings + shape.layers * block) / 1e9
