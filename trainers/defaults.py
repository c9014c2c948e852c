"""Settings that fit the amount of data, each with its reason and its source; what is our choice says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from advisor.costing.per_month import RETRAININGS
from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.records.plan import TrainingSettings
from trainers import methods
from trainers.methods._kind import Method

REGRET = "Thinking Machines, LoRA Without Regret (2025)"
OWN = "our choice"
LIMA = "the 15 passes over 1,000 rows of LIMA, arXiv 2305.11206"
DPO_RATE = {True: 5e-6, False: 5e-7}
"""For adapters and for all weights: the paper's 1e-6 at batch 64 halved, times ten for adapters."""
REWARD_RATE = {True: 1e-4, False: 1e-5}
"""trl 1.16's default for reward models with an adapter, a tenth of it for all weights."""


class Default(NamedTuple):
    """One setting and where it comes from."""

    what: str
    """Name under [training] in plan.toml, or `warm-up`."""
    value: float
    """What is set."""
    why: str
    """In one sentence."""
    source: str
    """Publication, or that it is our choice."""


class Level(NamedTuple):
    """A value for data of up to so many rows."""

    most_rows: float
    """The last amount that it holds for."""
    value: float
    """The setting."""
    why: str
    """In one sentence."""
    source: str
    """Publication, or that it is our choice."""


NO_END = float("inf")
EPOCHS = (
    Level(500, 10, "few rows need many passes; the best look at validation is kept", f"{OWN}, below {LIMA}"),
    Level(2_000, 5, "some hundred rows need several passes", f"{OWN}, below {LIMA}"),
    Level(60_000, 3, "three passes, as over Alpaca's 52,000 rows", "Stanford Alpaca (2023)"),
    Level(NO_END, 2, "many rows teach in few passes", OWN),
)
RANKS = (
    Level(20_000, 16, "small data does not fill a larger adapter: all ranks learn alike at first", REGRET),
    Level(
        100_000,
        64,
        "an adapter that is too small for its data falls behind; the bound of 20,000 rows is ours",
        REGRET,
    ),
    Level(
        NO_END,
        256,
        "with 100,000 pairs adapters of low rank fall behind full fine-tuning",
        "arXiv 2405.09673",
    ),
)
BATCHES = (
    Level(200, 4, "few rows leave enough steps only in small batches", OWN),
    Level(1_000, 8, "small batches: adapters lose more by large ones than full fine-tuning", REGRET),
    Level(10_000, 16, "small batches: adapters lose more by large ones than full fine-tuning", REGRET),
    Level(NO_END, 32, "steadier steps where there are plenty of them", OWN),
)
SHORTEST = 128


def settings_for(method: str, rows: int, tokens: int) -> tuple[TrainingSettings, list[Default]]:
    """Settings for so many training rows, the longest of them with so many tokens; and why each is so."""
    if rows < 1 or tokens < 1:
        raise PlanError(
            f"no settings for {rows} rows of up to {tokens} tokens", fix="check a file with rows to train on"
        )
    found = find(methods, Method, method)
    epochs, batch = _level(EPOCHS, rows), _level(BATCHES, rows)
    said = [
        Default("learning_rate", found.learning_rate, "the rate of the method", found.source),
        Default("epochs", epochs.value, epochs.why, epochs.source),
        Default("batch_size", batch.value, batch.why, batch.source),
        Default("max_length", _length(tokens), f"no row is cut: the longest has {tokens} tokens", OWN),
        Default("warm-up", 0.1, "share of the steps over which the rate rises, then a cosine to zero", OWN),
    ]
    rank = _level(RANKS, rows)
    settings = TrainingSettings(
        epochs=epochs.value,
        learning_rate=found.learning_rate,
        batch_size=int(batch.value),
        max_length=_length(tokens),
        rank=int(rank.value),
    )
    if not found.adapter:
        return msgspec.structs.replace(settings, rank=TrainingSettings().rank), said
    return settings, [said[0], Default("rank", rank.value, rank.why, rank.source), *said[1:]]


def retrain_every(knowledge_changes: str) -> str:
    """How often to train again, by the answer to `knowledge_changes`: the figures of the cost estimate."""
    if knowledge_changes not in RETRAININGS:
        raise PlanError(
            f"knowledge_changes is {knowledge_changes!r}",
            fix=f"answer one of {', '.join(RETRAININGS)}",
        )
    often = RETRAININGS[knowledge_changes]
    said = f"{_often(often.likely)} (between {_often(often.low)} and {_often(often.high)})"
    return (
        f"train again {said}: assumed, as in the cost estimate; sooner where fresh labelled rows score lower"
    )


def _often(a_month: float) -> str:
    if a_month == 0:
        return "never"
    if a_month >= 1:
        return f"{a_month:g} times a month" if a_month > 1 else "once a month"
    return f"every {round(1 / a_month)} months"


def _level(levels: Sequence[Level], rows: int) -> Level:
    return next(level for level in levels if rows <= level.most_rows)


def _length(tokens: int) -> int:
    """The next power of two."""
    return max(SHORTEST, 1 << (tokens - 1).bit_length())
