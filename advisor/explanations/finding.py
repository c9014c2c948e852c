"""All entries, and the ones a person means by a name: generous in spelling, exact in what is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache

from advisor.engagement.catalogue import items
from advisor.engagement.errors import NotReady

from . import subjects
from ._kind import Entry, Kind, Subject
from .asked import question_entries
from .weighed import approach_entries, technique_entries

KINDS: tuple[Kind, ...] = ("approach", "technique", "question", "arm", "metric", "term", "errors")
SUGGESTED = 3
ALL_NAMES = "`tunecase explain` lists all names"


@cache
def all_entries() -> tuple[Entry, ...]:
    """Every entry, by kind; within a kind in the order of its records."""
    written = [entry for subject in items(subjects, Subject).values() for entry in subject.entries]
    found = [*approach_entries(), *technique_entries(), *question_entries(), *written]
    return tuple(sorted(found, key=lambda entry: KINDS.index(entry.kind)))


def find(typed: str) -> list[Entry]:
    """All entries of the name meant, the term first; an unknown name is an error with the nearest ones."""
    name = _meant(plain(typed))
    if name is None:
        raise NotReady(f"no entry `{typed}`.{_suggestions(plain(typed))}", fix=ALL_NAMES)
    return sorted((one for one in all_entries() if one.name == name), key=lambda one: one.kind != "term")


def beginning_with(typed: str) -> dict[str, str]:
    """Names that begin so, with the title of the first entry of each."""
    found: dict[str, str] = {}
    for entry in all_entries():
        if entry.name.startswith(plain(typed)):
            found.setdefault(entry.name, entry.title)
    return found


def plain(typed: str) -> str:
    """Lower case; blanks, hyphens, underscores and other marks between words are equal."""
    return "_".join(re.findall(r"[^\W_]+", typed.casefold()))


@cache
def spellings() -> dict[str, frozenset[str]]:
    """Names by everything that leads to them: names, titles with and without their gloss, aliases."""
    found: dict[str, set[str]] = {}
    for entry in all_entries():
        for spelled in _spelled(entry):
            found.setdefault(plain(spelled), set()).add(entry.name)
    return {spelled: frozenset(names) for spelled, names in found.items()}


def _spelled(entry: Entry) -> Iterator[str]:
    yield from (entry.name, entry.title, entry.title.partition(" (")[0], *entry.aliases)


def _meant(wanted: str) -> str | None:
    """The name itself, else a spelling of one name, else the one name that some spelling begins with."""
    if any(entry.name == wanted for entry in all_entries()):
        return wanted
    exact = spellings().get(wanted, frozenset())
    if len(exact) == 1:
        return next(iter(exact))
    begun = _begun(wanted)
    return begun[0] if len(begun) == 1 else None


def _begun(wanted: str) -> list[str]:
    if len(wanted) < 2:
        return []
    found = [names for spelled, names in spellings().items() if spelled.startswith(wanted)]
    return list(dict.fromkeys(name for names in found for name in sorted(names)))


def _suggestions(wanted: str) -> str:
    """' Did you mean `x` or `y`?' or nothing."""
    near = difflib.get_close_matches(wanted, spellings(), n=SUGGESTED, cutoff=0.7)
    within = [spelled for spelled in spellings() if len(wanted) > 2 and f"_{wanted}" in spelled]
    listed = [*_begun(wanted), *(name for one in (*near, *within) for name in sorted(spellings()[one]))]
    names = [f"`{name}`" for name in dict.fromkeys(listed)][:SUGGESTED]
    return f" Did you mean {' or '.join(names)}?" if names else ""
