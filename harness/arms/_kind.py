"""What an arm is: something that answers every item of the same split under the same protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from advisor.engagement.folder import Engagement
from advisor.engagement.progress import OnProgress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Prediction


@dataclass(frozen=True)
class ArmData:
    """What every arm of a comparison is given."""

    train: list[Example]
    """Rows to learn from."""
    validation: list[Example]
    """Rows for choices."""
    test: list[Example]
    """Held-out rows."""
    task: str
    """classification or generation."""
    labels: list[str]
    """All labels in alphabetical order; empty for generation."""
    digest: str
    """sha256 of all rows in order."""


class Answer(NamedTuple):
    """What an arm says to one item."""

    output: str | None
    """The answer, possibly empty; an empty or unknown one is wrong. None: the request failed."""
    tokens_in: int = 0
    """Prompt tokens."""
    tokens_out: int = 0
    """Tokens generated or scored."""
    logprobs: dict[str, float] = {}  # noqa: RUF012
    """Log-probability by label, nats."""
    finish_reason: str = "stop"
    """stop, length or error."""
    error: str | None = None
    """Why the request failed."""
    retrieved: tuple[str, ...] = ()
    """Ids of the documents found, best first."""
    shown: int = 0
    """Passages in the prompt."""
    cited: tuple[str, ...] = ()
    """Ids of the documents that the answer names."""
    tokens_estimated: bool = False
    """Whether the tokens are estimated from the words."""
    thinking: str = ""
    """What the model wrote for itself before the answer."""
    near_ties: int | None = None
    """Choices of a token or label that another batch could make otherwise; None where they are not seen."""


@dataclass(frozen=True)
class Prepared:
    """An arm that has made its choices and is ready to answer."""

    batches: list[list[Example]]
    """All items, in batches that depend on the spec only."""
    answer: Callable[[Sequence[Example]], list[Answer]]
    """Answers of one batch, in order."""
    choices: dict[str, str] = field(default_factory=dict)
    """What was chosen on validation, in words."""
    prompt: str = ""
    """The prompt with `{input}` in place of client text."""
    price: Callable[[int, int], float] | None = None
    """USD of input and output tokens, where answers are paid by the token."""
    stream: Callable[[Sequence[Example]], Iterator[tuple[Example, Answer, float]]] | None = None
    """Where items are answered one by one: of those given, each with its answer and seconds as it comes."""


@dataclass(frozen=True)
class Work:
    """What an arm is given."""

    data: ArmData
    """Splits, labels, task."""
    instruction: str
    """Task in words."""
    seed: int
    """Seed of whatever it draws."""
    model: str | None
    """Base model as the plan names it."""
    adapter: Path | None
    """Trained files, for trained arms."""
    quantised: bool
    """Whether the base is held in 4-bit, as it was in training."""
    max_new_tokens: int
    """Longest generated answer."""
    on_progress: OnProgress
    """Where to say how far it is."""
    plan: Plan
    """What was agreed, with the settings of each kind of arm."""
    engagement: Engagement
    """For what lies beside the rows: documents, preferences, settings of the client."""
    answered: Sequence[Prediction] = ()
    """Rows that earlier sessions have written."""

    @property
    def items(self) -> list[Example]:
        """Validation items, then test items: choices need the former, the verdict the latter."""
        return [*self.data.validation, *self.data.test]


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One option of the comparison."""

    name: str
    """As in plans and folder names."""
    title: str
    """In words, for reports."""
    approach: str
    """prompting, rag, fine_tuning, fine_tuning_rag, or none for baselines."""
    method: str | None
    """Training method it needs, if any."""
    objective: str = "sft"
    """What is learnt, as the trainers name it."""
    needs_model: bool
    """Whether a language model answers."""
    tasks: tuple[str, ...]
    """Task kinds it can do."""
    version: int
    """Raised by hand when its answers change."""
    prepare: Callable[[Work], Prepared]
    """Make choices, load what is needed."""
    settings: Callable[[Plan, Engagement], Mapping[str, str]] | None = None
    """What else changes its answers, by name, such as a digest of documents: part of its identity."""
    retrieves: bool = False
    """Whether it searches the documents: a trained arm then learns with the passages that it would find."""
    remote: bool = False
    """Whether another machine answers, which is paid otherwise than by the hours of this one."""


def chunks(items: Sequence[Example], size: int) -> list[list[Example]]:
    """Consecutive batches."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
