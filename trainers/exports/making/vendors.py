"""Training files for hosted services: conversations and pairs, refused where a published rule is broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Message, Preference
from trainers.exports._kind import Material
from trainers.exports.making import chat


class Limits(NamedTuple):
    """A service's published rules, beside those of the conversation."""

    service: str
    """Who takes the file."""
    fewest: int
    """Training rows or pairs at least."""
    most_bytes: int
    """Size of one file at most."""
    rules: Sequence[chat.Rule]
    """Of one conversation."""
    source: str
    """Where the rules are published."""


def files(material: Material, limits: Limits) -> dict[str, str]:
    """All files of the service by name; those for pairs only where there are pairs.

    Raises DataError with the ids of the rows that break a rule.
    """
    _refuse(material, limits)
    train, validation = chat.used(material.train), chat.used(material.validation)
    found = {"train.jsonl": chat.lines(_rows(material, train))}
    if validation:
        found["validation.jsonl"] = chat.lines(_rows(material, validation))
    if material.pairs:
        found["preferences_train.jsonl"] = chat.lines(_pairs(material, material.pairs))
    if material.pairs and material.held_out_pairs:
        found["preferences_validation.jsonl"] = chat.lines(_pairs(material, material.held_out_pairs))
    for name, content in found.items():
        size = len(content.encode("utf-8"))
        if size > limits.most_bytes:
            raise DataError(
                f"{name} has {size:,} bytes; {limits.service} takes {limits.most_bytes:,}",
                fix="check a file with fewer or shorter rows",
            )
    return found


def _refuse(material: Material, limits: Limits) -> None:
    train = chat.used(material.train)
    few = [("training rows", len(train))] + ([("pairs", len(material.pairs))] if material.pairs else [])
    for what, count in few:
        if count < limits.fewest:
            raise DataError(
                f"{count} {what}; {limits.service} takes {limits.fewest} or more",
                fix="check a file with more rows",
            )
    talks = [(row.id, chat.conversation(material, row)) for row in (*train, *chat.used(material.validation))]
    for pair in (*material.pairs, *material.held_out_pairs):
        talks += [(pair.id, _talk(material, pair, answer)) for answer in (pair.chosen, pair.rejected)]
    broken = dict(chat.broken_rows(talks, limits.rules))
    chat.refuse(
        list(broken.items()),
        whose=limits.service,
        fix="correct or remove those rows and run `tunecase check` again",
    )


def _talk(material: Material, pair: Preference, answer: str) -> list[Message]:
    return [*chat.asked(material, pair), Message(role="assistant", content=answer)]


def _rows(material: Material, examples: Iterable[Example]) -> Iterable[dict[str, Any]]:
    for example in examples:
        talk = chat.conversation(material, example)
        yield {"messages": chat.weighted(talk, material.plan.training.turns)}


def _pairs(material: Material, pairs: Iterable[Preference]) -> Iterable[dict[str, Any]]:
    for pair in pairs:
        yield {
            "input": {"messages": [chat.plain(message) for message in chat.asked(material, pair)]},
            "preferred_output": [{"role": "assistant", "content": pair.chosen}],
            "non_preferred_output": [{"role": "assistant", "content": pair.rejected}],
        }


def words(material: Material, limits: Limits, written: dict[str, str]) -> dict[str, Any]:
    """What the instructions beside the files speak of."""
    return {
        "title": material.title,
        "limits": limits,
        "rows": {name: content.count("\n") for name, content in written.items()},
        "turns": material.plan.training.turns,
        "epochs": material.plan.training.epochs,
        "rank": material.plan.training.rank,
        "batch_size": material.plan.training.batch_size,
        "confined": material.confined,
    }
