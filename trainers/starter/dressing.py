"""Service desks and what people write around the sentence that matters: a greeting, a remark, a name."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from .exercises import LabelPool
from .word_tables import NAMES, Group

TABLES: Mapping[str, Any] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("desks.toml").read_text(encoding="utf-8"))
)
DESKS = tuple(Group(tuple(row["names"]), tuple(row["texts"])) for row in TABLES["desk"])
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def filled(rng: Random, template: str) -> str:
    """The template with one of each `[a|b]` and every slot filled."""
    said = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), template)
    return said.format(
        thing=f"the {rng.choice(NAMES.things)}",
        city=rng.choice(NAMES.cities),
        name=rng.choice(NAMES.first),
        number=rng.randint(2, 9),
    )


def desk_pool(rng: Random, count: int) -> LabelPool:
    """Desks of a service company, under one of their names."""
    chosen = rng.sample(DESKS, min(count, len(DESKS)))
    classes = {
        rng.choice(desk.names): tuple(dict.fromkeys(filled(rng, text) for text in desk.texts))
        for desk in chosen
    }
    return LabelPool("generated desks", classes)


def dressed(rng: Random, text: str) -> str:
    """The text inside a message of one to five sentences; what is added says nothing about its class."""
    before = _some(rng, "greetings", 0.7) + _some(rng, "contexts", 0.6)
    after = _some(rng, "asides", 0.5) + _some(rng, "closings", 0.5)
    body = text[:1].upper() + text[1:] if rng.random() < 0.7 else text
    body = body if body[-1:] in ".?!" else body + rng.choice((".", ".", "?", ""))
    return " ".join([*before, body, *after])


def _some(rng: Random, part: str, share: float) -> list[str]:
    return [filled(rng, rng.choice(TABLES["dressing"][part]))] if rng.random() < share else []
