"""What a metric is: a score for each item, or counts for each item that are pooled over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings

ItemScore = Callable[[str, Example], float | None]
"""Output and its example to 0..1; None where the metric says nothing of the item, whatever the output."""


class Basis(NamedTuple):
    """What a metric may look up or learn from; never the held-out rows."""

    task: str
    """classification or generation."""
    labels: Sequence[str]
    """All labels; empty for generation."""
    train: Sequence[Example]
    """Training rows."""
    validation: Sequence[Example]
    """Validation rows."""
    settings: MetricSettings
    """As the plan has them."""
    root: Path | None
    """Folder of the engagement, where the settings name files; None reads no file."""
    may_execute: bool = False
    """Whether code that a model wrote may be executed: said on the command line, never in a file."""
    judged: Mapping[tuple[str, str], float] | None = None
    """Scores of a judge by example and sha256 of the output; None where the plan has no judge."""


class Pooled(NamedTuple):
    """A number over all items at once that depends on sums of counts only, so that it can be resampled."""

    counts: Callable[[Sequence[str | None], Sequence[Example]], Any]
    """Outputs and their examples to an array of items x counts; None is an answer that was cut, and wrong."""
    value: Callable[[Any], Any]
    """Sums of the counts along the last axis to one number each, at most 1."""
    lowest: float = 0.0
    """The least that the number can be."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A number per item, whose mean is the arm's number, or one over all items.

    Exactly one of `score`, `fit` and `pool` is given.
    """

    name: str
    """As in plans and records."""
    title: str
    """In words."""
    tasks: tuple[str, ...]
    """Task kinds it suits."""
    score: ItemScore | None = None
    """Where nothing but output and example is needed."""
    fit: Callable[[Basis], ItemScore | None] | None = None
    """Where settings or training rows decide how an item is scored; None: it does not apply to these data."""
    pool: Callable[[Basis], Pooled | None] | None = None
    """Where the number is defined over all items at once; None as above."""
    needs: str = ""
    """What the data or the plan must have for it to apply, in words; empty where it always does."""
    binary: bool = False
    """Whether a score is 0 or 1 only."""
