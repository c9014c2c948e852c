"""Client data in its one canonical form."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]
Task = Literal["classification", "generation"]


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
    """The wanted answer; for classification, the label."""
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
    prompt: str
    """What was asked."""
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


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the data that its owner should know."""

    code: str
    """Stable word, such as `duplicate` or `leak`."""
    message: str
    """One sentence."""
    count: int
    """Rows concerned."""
    lines: list[int] = []
    """First lines, at most ten, 1-based."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why data was rejected, with the way out."""

    message: str
    """What is wrong and where."""
    line: int | None
    """1-based line, where one is to blame."""
    fix: str
    """What to do."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What the data looks like, in numbers: `data/profile.json`."""

    schema: str = "profile/1"
    """Name and number of this record's form."""
    task: Task
    """What kind of answer is wanted."""
    rows: dict[str, int]
    """Rows per split."""
    labels: dict[str, int] = {}
    """Rows per label over all splits, largest first."""
    input_words_mean: float
    """Mean words per input."""
    input_words_p95: float
    """95th percentile of words per input."""
    output_words_mean: float
    """Mean words per output."""
    minimum_detectable: float | None
    """Smallest paired accuracy difference the test split can show (power 0.8, 20 % discordant), or None."""
    notes: list[str] = []
    """Advice on size and balance, in sentences."""


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` prints."""

    schema: str = "intake/1"
    """Name and number of this record's form."""
    status: Literal["accepted", "accepted_with_warnings", "rejected"]
    """The verdict on the file."""
    format: str
    """What the file was taken for."""
    task: str
    """classification or generation."""
    rows_in: int
    """Rows read."""
    rows_kept: int
    """Rows that entered the splits."""
    warnings: list[Finding] = []
    """Things to look at."""
    errors: list[Refusal] = []
    """Why it was rejected."""
    profile: Profile | None = None
    """Absent when rejected."""
    splits: dict[str, int] = {}
    """Rows per split."""
