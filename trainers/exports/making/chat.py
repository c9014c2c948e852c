"""Rows as conversations for other tools: the same messages that our own training sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Message, Preference
from trainers.exports._kind import Material
from trainers.language.prompting import task_messages

SHOWN = 10
"""Broken rows that an error names."""
Rule = Callable[[list[Message]], str | None]
"""A whole conversation to what is wrong with it, in words, or None."""


def conversation(material: Material, example: Example) -> list[Message]:
    """Task, input and answer, as training and every arm see them."""
    asked = task_messages(material.plan.instruction, material.labels, example.input)
    return [*asked, Message(role="assistant", content=example.output)]


def asked(material: Material, pair: Preference) -> list[Message]:
    """What both answers of a pair reply to; a prompt given as turns stands for itself."""
    if isinstance(pair.prompt, str):
        return task_messages(material.plan.instruction, [], pair.prompt)
    return list(pair.prompt)


def learnt(messages: Sequence[Message], turns: str) -> list[bool]:
    """Which messages are trained on: the last answer, or all of the assistant's."""
    last = len(messages) - 1
    return [
        message.role == "assistant" and (turns == "all" or number == last)
        for number, message in enumerate(messages)
    ]


def plain(message: Message) -> dict[str, Any]:
    """Role and content."""
    return {"role": message.role, "content": message.content}


def weighted(messages: Sequence[Message], turns: str) -> list[dict[str, Any]]:
    """Role and content; `weight` 0 on an answer leaves it untrained, and stands only on such answers."""
    return [
        plain(one) | ({"weight": 0} if one.role == "assistant" and not is_learnt else {})
        for one, is_learnt in zip(messages, learnt(messages, turns), strict=True)
    ]


def lines(rows: Iterable[object]) -> str:
    """One JSON object a line, for readers too that end a line at any Unicode line separator."""
    return "".join(_one_line(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def pair_lines(material: Material, pairs: Iterable[Preference]) -> str:
    """Turns before the answers, then both answers as messages of the assistant."""
    return lines(
        {
            "messages": [plain(message) for message in asked(material, pair)],
            "chosen": {"role": "assistant", "content": pair.chosen},
            "rejected": {"role": "assistant", "content": pair.rejected},
        }
        for pair in pairs
    )


def _one_line(text: str) -> str:
    return text.translate({ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"})


def used(rows: Sequence[Example]) -> list[Example]:
    """Rows that train: a weight of 0 leaves a row out."""
    return [row for row in rows if row.meta.get("weight", 1) != 0]


def weight_note(rows: Sequence[Example], tool: str) -> list[str]:
    """Says that weights per row are lost, where there are any."""
    count = sum(row.meta.get("weight", 1) not in (0, 1) for row in rows)
    return [f"{tool} has no weights per row: {count} rows count as 1"] if count else []


def limit_note(material: Material) -> list[str]:
    """Says that a limit in the plan, which is for trying out, does not hold for exports."""
    limit = material.plan.limit
    return (
        []
        if limit is None
        else [f"plan.toml limits each split to {limit} rows; the export holds all of them"]
    )


def refuse(broken: Sequence[tuple[str, str]], *, whose: str, fix: str) -> None:
    """Raise DataError with the ids of the rows that break a rule."""
    if not broken:
        return
    named = "; ".join(f"row {name}: {what}" for name, what in broken[:SHOWN])
    more = f"; and {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
    count = f"{len(broken)} rows break" if len(broken) > 1 else "1 row breaks"
    raise DataError(f"{count} the rules of {whose}: {named}{more}", fix=fix)


def broken_rows(
    conversations: Iterable[tuple[str, list[Message]]], rules: Sequence[Rule]
) -> list[tuple[str, str]]:
    """Id and fault of each conversation that breaks one of the rules."""
    found = []
    for name, messages in conversations:
        wrong = [said for rule in rules if (said := rule(messages)) is not None]
        if wrong:
            found.append((name, " and ".join(wrong)))
    return found


def no_empty_content(messages: list[Message]) -> str | None:
    """Every message says something."""
    empty = next((one.role for one in messages if not one.content.strip()), None)
    return f"the {empty}'s message is empty" if empty else None


def answered(messages: list[Message]) -> str | None:
    """The assistant has the last word, and somebody asked before."""
    if not messages or messages[-1].role != "assistant":
        return "the last message is not the assistant's"
    return None if any(one.role == "user" for one in messages) else "nobody asks"


def alternates(messages: list[Message]) -> str | None:
    """At most one system message, first; then user and assistant in turn."""
    talk = messages[1:] if messages and messages[0].role == "system" else messages
    for number, message in enumerate(talk):
        wanted = "user" if number % 2 == 0 else "assistant"
        if message.role != wanted:
            return f"turn {number + 1} is the {message.role}'s, expected the {wanted}'s"
    return None
