"""Open models one can start from, by size, each with the licence its card states."""

from __future__ import annotations

from functools import cache

import msgspec

from .prices import TABLES


class OpenModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model whose weights are published."""

    hub_id: str
    """Id on the model hub."""
    params_b: float
    """Billions of parameters."""
    licence: str
    """As its card says."""
    reads_images: bool = False
    """Whether images may be part of the input."""
    commercial: bool = True
    """Whether the licence allows commercial use."""


class ModelTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `models.json`."""

    as_of: str
    """Date of the table."""
    models: list[OpenModel]
    """In order of preference within a size."""


@cache
def model_table() -> ModelTable:
    """The built-in table."""
    return msgspec.json.decode((TABLES / "models.json").read_bytes(), type=ModelTable)


def near(params_b: float, *, reads_images: bool = False) -> list[OpenModel]:
    """Models of about this size (within a factor of 1.5), in the table's order."""
    return [
        one
        for one in model_table().models
        if params_b / 1.5 <= one.params_b <= params_b * 1.5 and one.reads_images >= reads_images
    ]
