"""What a model is asked: each request a pure function of the spec, its label and its number."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

import msgspec

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.records.augment import AugmentSpec
from advisor.engagement.records.examples import Example, Message

AUGMENT_VERSION = 1
ROWS_PER_CALL = 5
"""New rows asked for at once."""
SHOWN = 4
"""Client rows in one request."""
TRIES = 4
"""Requests for a label are at most so many times those that it would take if every row were taken."""
MARKS = ("instruction", "count", "examples")
"""Marks that a template cannot do without."""


class Request(NamedTuple):
    """One request."""

    label: str
    """Label that is asked for; empty for tasks without labels."""
    call: int
    """Its number for that label."""
    messages: list[Message]
    """What is sent."""
    seeds: list[str]
    """Ids of the rows shown."""


def template_of(task: str, own: str | None = None) -> str:
    """The request's text; a template of one's own is refused where it lacks a mark."""
    text = own or (files("harness.augmenting") / f"{task}.txt").read_text(encoding="utf-8")
    missing = [mark for mark in MARKS if "{" + mark + "}" not in text]
    if missing:
        raise PlanError(
            f"the template lacks {', '.join('{' + mark + '}' for mark in missing)}",
            fix="write each mark where its text belongs",
        )
    return text


def wanted_rows(train: Sequence[Example], count: int | None, *, balance: bool) -> dict[str, int]:
    """Rows to write per label.

    `balance` brings every label up to the most frequent one; with a count it is shared by what is missing.
    Without, a count is shared by the labels' own shares, with largest remainders.
    """
    sizes = Counter(row.label or "" for row in train)
    if not sizes:
        raise NotReady("there are no training rows to write more from", fix="run `tunecase check FILE`")
    if balance:
        if len(sizes) < 2:
            raise PlanError("there are no labels to balance", fix="name a number with --count")
        most = max(sizes.values())
        needed = {label: most - size for label, size in sorted(sizes.items()) if size < most}
        if not needed:
            raise PlanError("every label has as many rows as the others", fix="name a number with --count")
        if count is None or count >= sum(needed.values()):
            return needed
        return _shared(needed, count)
    return _shared(dict(sorted(sizes.items())), count if count is not None else 100)


def _shared(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    total = sum(sizes.values())
    exact = {name: count * size / total for name, size in sizes.items()}
    parts = {name: int(part) for name, part in exact.items()}
    short = count - sum(parts.values())
    for name in sorted(exact, key=lambda name: (parts[name] - exact[name], name))[:short]:
        parts[name] += 1
    return {name: part for name, part in parts.items() if part}


def most_calls(spec: AugmentSpec, label: str) -> int:
    """Requests for a label at most."""
    return TRIES * -(-spec.wanted[label] // ROWS_PER_CALL)


def request(
    spec: AugmentSpec, label: str, call: int, train: Sequence[Example], labels: Sequence[str]
) -> Request:
    """The request of that number; rows of the label are drawn without repetition until all were shown."""
    own = [row for row in train if (row.label or "") == label]
    draw = random.Random(f"{spec.seed}/{label}/{call}")
    shown = draw.sample(own, min(SHOWN, len(own)))
    text = spec.template
    # one by one: client text may hold braces
    for mark, value in (
        ("instruction", spec.instruction),
        ("labels", "\n".join(f"- {name}" for name in labels)),
        ("label", label),
        ("count", str(ROWS_PER_CALL)),
        ("examples", "\n".join(_shown(row, labelled=bool(label)) for row in shown)),
    ):
        text = text.replace("{" + mark + "}", value)
    return Request(label, call, [Message(role="user", content=text)], [row.id for row in shown])


class _Pair(msgspec.Struct):
    """An example as it is shown and as it is asked for."""

    input: str
    """Its input."""
    output: str
    """Its output."""


def _shown(row: Example, *, labelled: bool) -> str:
    if labelled:
        return " ".join(row.input_text().split())
    return codec.encode(_Pair(row.input_text(), row.output)).decode()
