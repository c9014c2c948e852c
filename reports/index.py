"""One page over many engagements: what was asked, advised and measured, and where each report is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from advisor.engagement.afterwards import iterations
from advisor.engagement.errors import FileError, NotReady, TunecaseError
from advisor.engagement.folder import MARKER, Engagement

from .figures import Figure
from .numbers import count, percent
from .titles import APPROACHES, DECISIONS, capital


class Entry(NamedTuple):
    """One engagement."""

    place: str
    """Folder below the one that was searched, with forward slashes."""
    client: str
    """Who it is for."""
    question: str
    """Title of the engagement."""
    task: str
    """The task in words; empty where nobody wrote it down."""
    approach: str
    """What the advice names, in words; empty before it."""
    confidence: float | None
    """Probability of it, 0 to 1."""
    decision: str
    """What the measurement says of the advice, in words; empty before it."""
    sentence: str
    """The verdict in one sentence with its number."""
    iterations: int
    """Comparisons on new data."""
    date: str
    """ISO date of the advice or of the last comparison, whichever is later; empty before both."""
    link: str
    """Relative address of its report; empty where none is written."""


class Broken(NamedTuple):
    """A folder that could not be read."""

    place: str
    """As for entries."""
    problem: str
    """What is wrong."""
    fix: str
    """The way out."""


class View(NamedTuple):
    """Everything the index shows."""

    headline: str
    """How many, and how far they are."""
    entries: list[Entry]
    """Latest first."""
    rows: list[tuple[str, str]]
    """Advice and verdict of each entry, as shown."""
    broken: list[Broken]
    """In order of their folders."""


def collect(folder: Path, *, beside: Path) -> tuple[list[Entry], list[Broken]]:
    """Every engagement at or below the folder; links are relative to the folder `beside`.

    Raises FileError where it is no folder, NotReady where it holds no engagement at all.
    """
    if not folder.is_dir():
        raise FileError(f"{folder}: no such folder", fix="name the folder that holds the engagements")
    entries: list[Entry] = []
    broken: list[Broken] = []
    for root in _roots(folder, broken, folder):
        try:
            entries.append(_entry(Engagement(root), folder, beside))
        except TunecaseError as wrong:
            # the page goes to others: the folders above are nobody's business
            problem = wrong.problem.replace(f"{folder}{os.sep}", "")
            broken.append(Broken(_place(root, folder), problem, wrong.fix))
    if not entries and not broken:
        raise NotReady(f"{folder}: no {MARKER} in it or below", fix="run `tunecase init DIR` for each client")
    entries.sort(key=lambda one: (one.client.casefold(), one.question.casefold()))
    entries.sort(key=lambda one: one.date, reverse=True)
    return entries, broken


def view(entries: list[Entry], broken: list[Broken]) -> View:
    """What the template needs."""
    rows = [(_advice(one), _verdict(one)) for one in entries]
    return View(_headline(entries, broken), entries, rows, broken)


def figures(entries: list[Entry], broken: list[Broken]) -> list[Figure]:
    """One line per statement."""
    found: list[Figure] = []
    for one in entries:
        item = one.place
        found += [
            Figure("index", item, "client", one.client),
            Figure("index", item, "question", one.question, note=one.task),
            Figure("index", item, "advice", one.approach or "none yet"),
            Figure("index", item, "probability of the advice", one.confidence, unit="share"),
            Figure("index", item, "verdict", one.decision or "not measured yet", note=one.sentence),
            Figure("index", item, "iterations", one.iterations),
            Figure("index", item, "date", one.date),
        ]
    return found + [Figure("index", one.place, "cannot be read", one.problem, note=one.fix) for one in broken]


def _roots(folder: Path, broken: list[Broken], top: Path) -> Iterator[Path]:
    """Folders with the marker, in order; an engagement is not searched for others inside it."""
    try:
        if (folder / MARKER).is_file():
            yield folder
            return
        inner = sorted(one for one in folder.iterdir() if one.is_dir() and not one.is_symlink())
    except OSError as wrong:
        broken.append(Broken(_place(folder, top), str(wrong.strerror), "check the folder's permissions"))
        return
    for one in inner:
        if not one.name.startswith("."):
            yield from _roots(one, broken, top)


def _entry(engagement: Engagement, top: Path, beside: Path) -> Entry:
    settings, advice, verdict = engagement.settings(), engagement.recommendation(), engagement.verdict()
    compared = iterations(engagement)
    return Entry(
        place=_place(engagement.root, top),
        client=settings.client,
        question=settings.title,
        task=settings.instruction,
        approach=APPROACHES[advice.approach] if advice else "",
        confidence=advice.confidence if advice else None,
        decision=DECISIONS[verdict.decision] if verdict else "",
        sentence=verdict.sentence if verdict else "",
        iterations=len(compared),
        date=max(advice.as_of if advice else "", compared[-1].date if compared else ""),
        link=_link(engagement.report_path, beside) if engagement.report_path.is_file() else "",
    )


def _place(root: Path, top: Path) -> str:
    return root.relative_to(top).as_posix() if root != top else root.resolve().name


def _link(path: Path, beside: Path) -> str:
    """Quoted whole, so that no folder's name can be a scheme of its own."""
    try:
        return quote(Path(os.path.relpath(path, beside)).as_posix())
    except ValueError:  # another drive of Windows
        return path.resolve().as_uri()


def _headline(entries: list[Entry], broken: list[Broken]) -> str:
    measured = sum(bool(one.decision) for one in entries)
    advised = sum(bool(one.approach) and not one.decision for one in entries)
    begun = len(entries) - measured - advised
    parts = ((measured, "measured"), (advised, "advised"), (begun, "begun"))
    told = ", ".join(f"{count(number)} {word}" for number, word in parts if number) or "none can be read"
    noun = "engagement" if len(entries) + len(broken) == 1 else "engagements"
    lost = f"; {count(len(broken))} cannot be read" if broken and entries else ""
    return f"{count(len(entries) + len(broken))} {noun}: {told}{lost}"


def _advice(one: Entry) -> str:
    if not one.approach or one.confidence is None:
        return "none yet"
    return f"{capital(one.approach)}, {percent(one.confidence)}"


def _verdict(one: Entry) -> str:
    return f"{one.decision}: {one.sentence}" if one.decision else "not measured yet"
