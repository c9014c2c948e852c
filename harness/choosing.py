"""Ways to prompt compared on validation rows: all on a few of them, the best two on more."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example
from harness.arms._kind import Prepared, Work
from harness.prompted import JUDGED, evenly, prepare_with
from harness.shots import Shots

if TYPE_CHECKING:
    from trainers.language.loading import Language

FIRST = 40
"""Validation rows that every option is judged on; the best two then go on to `JUDGED` rows."""
FINALISTS = 2


class Option(NamedTuple):
    """A way to prompt."""

    told: str
    """In words."""
    instruction: str
    """The task in words."""
    shots: Shots
    """Worked examples of an item."""
    shared: bool
    """Whether all items have the same examples, so that the prompt begins alike for all."""


class Chosen(NamedTuple):
    """What came of it."""

    option: Option
    """The best; of equal ones the first."""
    told: str
    """What was compared, in words."""


def choose(work: Work, language: Language, options: Sequence[Option], *, stage: str) -> Chosen:
    """The option that answers validation rows best."""
    judged = evenly(work.data.validation, JUDGED)
    if not judged or len(options) == 1:
        why = "no validation rows to compare on" if not judged else "the only one"
        return Chosen(options[0], why)
    few = evenly(judged, FIRST)
    total = len(options) + (FINALISTS if len(few) < len(judged) else 0)

    def scored(option: Option, rows: Sequence[Example], number: int) -> float:
        work.on_progress(Progress(f"{stage}: comparing prompts", number, total))
        return score(work, language, option, rows)

    first = [scored(option, few, number) for number, option in enumerate(options)]
    order = sorted(range(len(options)), key=lambda number: (-first[number], number))
    metric = "accuracy" if work.data.task == "classification" else "token F1"
    listed = "; ".join(f"{option.told} {value:.3f}" for option, value in zip(options, first, strict=True))
    told = f"{metric} on {len(few)} validation rows: {listed}"
    best = order[0]
    if len(few) < len(judged):
        finalists = sorted(order[:FINALISTS])
        again = {
            number: scored(options[number], judged, len(options) + place)
            for place, number in enumerate(finalists)
        }
        best = max(finalists, key=lambda number: (again[number], -number))
        second = "; ".join(f"{options[number].told} {again[number]:.3f}" for number in finalists)
        told += f". On {len(judged)}: {second}"
    return Chosen(options[best], told)


def prepared_with(work: Work, language: Language, option: Option, items: Sequence[Example]) -> Prepared:
    """The option's prompts for these items."""
    asked = dataclasses.replace(work, instruction=option.instruction)
    return prepare_with(asked, language, option.shots, items)


def score(work: Work, language: Language, option: Option, items: Sequence[Example]) -> float:
    """Accuracy or token F1 over these items; a failed request counts as wrong."""
    from harness.metrics.accuracy import METRIC as ACCURACY
    from harness.metrics.token_f1 import METRIC as TOKEN_F1

    rate = (ACCURACY if work.data.task == "classification" else TOKEN_F1).score
    assert rate is not None
    prepared = prepared_with(work, language, option, items)
    total = sum(
        (rate(answer.output, example) or 0.0)
        for batch in prepared.batches
        for example, answer in zip(batch, prepared.answer(batch), strict=True)
        if answer.output is not None
    )
    return total / len(items)
