"""What an export target is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from advisor.costing.setup import Shape
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.examples import Example, Message, Preference
from advisor.engagement.records.intake import Intake
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import TrainingResult, TrainingSpec
from advisor.engagement.records.settings import Prices
from trainers.methods._kind import Method

Need = Literal["data", "trained"]
"""Beside the plan, which every target needs."""
Say = Callable[[Sequence[Message], bool], str]
"""Messages, and whether the answer's beginning is wanted, to the text the chat template makes of them."""


@dataclass(frozen=True)
class Chat:
    """How the base model is talked to, from its own tokenizer files."""

    template: str
    """The Jinja text."""
    say: Say
    """The template applied."""
    start: str
    """Text of the token a text begins with; empty where there is none."""
    end: str
    """Text of the token an answer ends with."""
    adds_start: bool
    """Whether the tokenizer puts the start token there itself."""


@dataclass(frozen=True)
class Trained:
    """A finished model."""

    arm: str
    """Arm that was trained."""
    folder: str
    """Folder name under `models/`."""
    place: str
    """Its weights as seen from the export's folder, with forward slashes."""
    spec: TrainingSpec
    """What was asked."""
    result: TrainingResult
    """What came of it."""
    adapter: dict[str, Any] | None
    """peft's configuration; None where all weights moved."""
    chat: Chat
    """How its base is talked to."""
    passages: int = 0
    """Passages before each question, in training and when it was measured; 0 for an arm without retrieval."""
    search: str = ""
    """How they are found, in words."""


@dataclass(frozen=True)
class Material:
    """Everything a target may write of."""

    title: str
    """Of the engagement."""
    plan: Plan
    """What was agreed."""
    method: Method
    """How a tool that trains shall train."""
    base: str
    """Hub id of the base model; its folder as seen from the export's where it lies in the engagement."""
    base_is_folder: bool
    """Whether `base` is a path."""
    shape: Shape | None
    """Sizes of the base model, where they are known."""
    engagement: str
    """The engagement's folder as seen from the export's folder, with forward slashes."""
    prices: Prices = field(default_factory=Prices)
    """The engagement's own prices."""
    task: str = ""
    """classification or generation; empty without data."""
    labels: Sequence[str] = ()
    """Label list; empty for generation."""
    train: Sequence[Example] = ()
    """Rows to learn from."""
    validation: Sequence[Example] = ()
    """Rows to choose on."""
    test: Sequence[Example] = ()
    """Held-out rows."""
    pairs: Sequence[Preference] = ()
    """Preference pairs to learn from."""
    held_out_pairs: Sequence[Preference] = ()
    """Preference pairs to measure on."""
    trained: Trained | None = None
    """The model to export, for targets that need one."""
    recommendation: Recommendation | None = None
    """The advice."""
    intake: Intake | None = None
    """What `check` said of the data."""
    comparison: Comparison | None = None
    """The arms side by side."""
    confined: str = ""
    """Who said that data may not go anywhere, in a sentence; empty where nobody did."""


@dataclass(frozen=True)
class Rendered:
    """What a target writes."""

    files: dict[str, str]
    """Text by path inside the export's folder, with forward slashes."""
    notes: list[str] = field(default_factory=list)
    """What its owner should hear, in sentences."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One tool or service that files can be written for."""

    name: str
    """As on the command line."""
    title: str
    """In words, for people."""
    needs: tuple[Need, ...]
    """What it cannot do without."""
    uploads: bool
    """Whether using the files sends client text to somebody's machines."""
    render: Callable[[Material], Rendered]
    """A pure function: the same material gives the same files. Raises DataError where rows break rules."""
