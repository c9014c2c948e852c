"""What an objective is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import OnProgress
from advisor.engagement.records.examples import Example, Preference
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.runs import TrainingResult, TrainingSpec

Measure = Callable[[Any, Any], tuple[str, float]]
"""Network and tokenizer to the task metric's name and its value on the validation split."""


class Said(NamedTuple):
    """What a teacher says to one row."""

    text: str
    """As it says it."""
    unfinished: bool = False
    """Whether its limit cut it off."""
    refused: str = ""
    """Why it will never answer this row; empty where it does."""
    tokens_in: int = 0
    """Tokens it read, where they are paid for."""
    tokens_out: int = 0
    """Tokens it wrote; as above."""


Teacher = Callable[[Sequence[Example]], Sequence[str | Said]]
"""Rows to answers, in order; plain text is a whole answer."""


@dataclass(frozen=True)
class Job:
    """One training, ready to run."""

    spec: TrainingSpec
    """What is asked; its digest names the folder."""
    folder: ModelFolder
    """Where everything is written."""
    model: str
    """Base model as the plan names it."""
    train: Sequence[Example]
    """Rows to learn from."""
    validation: Sequence[Example]
    """Rows to choose on."""
    on_progress: OnProgress
    """Where to say how far it is."""
    pairs: Sequence[Preference] = ()
    """Preference pairs to learn from."""
    held_out_pairs: Sequence[Preference] = ()
    """Preference pairs to measure on."""
    begin_with: Path | None = None
    """Adapter that training goes on from."""
    measure: Measure | None = None
    """The task metric, where somebody brings one."""
    teacher: Teacher | None = None
    """Answers of a larger model, for distillation."""
    texts: Sequence[str] = ()
    """Raw texts to read before the rows are learnt."""
    held_out_texts: Sequence[str] = ()
    """Raw texts to measure perplexity on."""
    old: Sequence[Example] = ()
    """Rows that the weights in `begin_with` were trained on, for replay."""
    test: Sequence[Example] = ()
    """Held-out rows; they are compared with old rows, so that none of them is replayed."""
    expected: Expected | None = None
    """The forecast made before."""
    tracker: str = ""
    """tensorboard, mlflow or wandb; empty for none."""
    may_upload: bool = False
    """Whether losses and settings may go to another machine."""


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What is learnt from what."""

    name: str
    """As in plans and records."""
    title: str
    """In words, for people."""
    needs: tuple[Literal["examples", "pairs", "texts", "teacher"], ...]
    """What it cannot do without."""
    train: Callable[[Job], TrainingResult]
    """Train, save to `folder.weights_path`, measure; called only where there is no result yet."""
