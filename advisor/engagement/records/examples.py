"""Client data in its one canonical form."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]
Task = Literal["classification", "generation", "retrieval", "preference", "prompts", "text", "documents"]
"""The last five: questions with documents but no answer, answers in pairs, and rows without any answer."""


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Role
    """Who speaks."""
    content: str
    """What is said."""


class Example(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input with its wanted output: a row of `data/examples.jsonl`."""

    id: str
    """Unique within the engagement."""
    input: str | list[Message]
    """A text, or the turns before the answer."""
    output: str
    """The wanted answer; for classification, the label; empty where the task has none."""
    label: str | None = None
    """The class, where the task is classification."""
    context: str | None = None
    """A passage that belongs to the input."""
    gold_doc_ids: list[str] = []
    """Documents that hold the answer, for retrieval."""
    meta: dict[str, Any] = {}
    """Whatever the client's rows carried besides; `meta.split` is honoured if every row has it."""

    def input_text(self) -> str:
        """The input as one string, turns joined by newlines."""
        if isinstance(self.input, str):
            return self.input
        return "\n".join(message.content for message in self.input)


class Preference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A prompt with a better and a worse answer."""

    id: str
    """Unique within the file."""
    prompt: str | list[Message]
    """What was asked, as a text or as turns."""
    chosen: str
    """The answer that people prefer."""
    rejected: str
    """The other answer."""
    meta: dict[str, Any] = {}
    """`split` = train | test where it is given."""


class Splits(msgspec.Struct, frozen=True, kw_only=True):
    """Which example is for what, frozen by `check`: `data/splits.json`."""

    schema: str = "splits/1"
    """Name and number of this record's form."""
    train: list[str]
    """Ids to learn from."""
    validation: list[str]
    """Ids for every choice: few-shot examples, checkpoints, the baseline."""
    test: list[str]
    """Held-out ids, touched by final scoring only."""
    seed: int
    """Seed of the shuffle, where we split ourselves."""
    how: str
    """In words: given test file, `meta.split`, or stratified by label."""
    digest: str
    """sha256 of the canonical rows of all three splits, in this order."""
