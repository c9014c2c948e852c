"""The vocabulary of our own exercises, read from `exercises.toml`: what breaks, and how people say it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

TABLES: Mapping[str, Any] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("exercises.toml").read_text(encoding="utf-8"))
)


class Domain(NamedTuple):
    """A field of life with its things and what can be the matter with them."""

    names: tuple[str, ...]
    """Names of the class."""
    things: tuple[tuple[str, ...], ...]
    """Each with its synonyms."""
    problems: tuple[str, ...]
    """Keys of `PROBLEMS`."""


class Problem(NamedTuple):
    """Something that can be the matter with a thing, `{o}`."""

    names: tuple[str, ...]
    """Names of the class."""
    said: tuple[str, ...]
    """Ways to say it."""
    sorry: str
    """How we acknowledge it."""


class Group(NamedTuple):
    """A class with its texts."""

    names: tuple[str, ...]
    """Names of the class."""
    texts: tuple[str, ...]
    """What belongs to it."""


class Field(NamedTuple):
    """One fact that a message can state."""

    kind: str
    """Which values it takes."""
    said: tuple[str, ...]
    """Clauses that state it."""
    asked: tuple[str, ...]
    """Questions about it."""


class Names(NamedTuple):
    """Where the facts of a message come from."""

    first: tuple[str, ...]
    """First names."""
    last: tuple[str, ...]
    """Family names."""
    cities: tuple[str, ...]
    """Places."""
    topics: tuple[str, ...]
    """What meetings are about."""
    things: tuple[str, ...]
    """What people order."""


def table(*keys: str) -> tuple[str, ...]:
    """One list of strings."""
    found: Any = TABLES
    for key in keys:
        found = found[key]
    return tuple(found)


def _groups(key: str) -> tuple[Group, ...]:
    return tuple(Group(tuple(row["names"]), tuple(row["texts"])) for row in TABLES[key])


DOMAINS: tuple[Domain, ...] = tuple(
    Domain(
        tuple(row["names"]),
        tuple(tuple(thing.split(" / ")) for thing in row["things"]),
        tuple(row["problems"]),
    )
    for row in TABLES["domain"]
)
PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        key: Problem(tuple(row["names"]), tuple(row["said"]), row["sorry"])
        for key, row in TABLES["problem"].items()
    }
)
FAMILIES, FEELINGS = _groups("family"), _groups("feeling")
FIELDS: Mapping[str, Field] = MappingProxyType(
    {key: Field(row["kind"], tuple(row["said"]), tuple(row["asked"])) for key, row in TABLES["field"].items()}
)
FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {key: tuple(row) for key, row in TABLES["forms"].items()}
)
NAMES = Names(
    things=tuple(word for thing in DOMAINS[0].things for word in thing),
    **{key: tuple(row) for key, row in TABLES["names"].items()},
)
UNSEEN_NAMES = Names(**{key: tuple(row) for key, row in TABLES["unseen_names"].items()})
"""Kept out of the exercises; the probes draw from them."""
