"""Whether the examples suffice: by their number, or, where a learning curve was measured, by the curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from advisor.engagement.records.advice import Flip, Reason
from advisor.engagement.records.answers import Answer, Answers
from advisor.engagement.records.curve import LearningCurve

QUESTION = "labelled_examples"
"""What the rule by volume asks."""


class Suffices(NamedTuple):
    """What a curve says of the rows at hand, in the words of that question."""

    reading: str
    """The number of examples that usually suffices as these do."""
    said: str
    """The measurement in words."""
    because: str
    """What follows from it."""
    source: str
    """Which curve."""


def suffices(curve: LearningCurve | None) -> Suffices | None:
    """By the target: reached, within reach, or beyond twice the rows. None without a curve or a target."""
    if curve is None or not curve.points or curve.target is None:
        return None
    last = curve.points[-1]
    if last.score.value is None:
        return None
    if last.score.value >= curve.target:
        reading, because = "n_10000_plus", "measured: training on the rows at hand reaches the target"
    elif curve.needed is not None:
        reading, because = "n_100_999", "measured: about twice the rows or fewer reach the target"
    else:
        reading, because = "n_50_99", "measured: twice the rows do not reach the target"
    said = f"{last.rows:,} rows gave {100 * last.score.value:.1f} % of a target of {100 * curve.target:g} %"
    source = f"learning curve of {curve.arm} over {len(curve.points)} amounts, n = {last.score.n}"
    return Suffices(reading, said, because, source)


def weighed(answers: Answers, found: Suffices | None) -> Answers:
    """The answers as the approaches are weighed by: what the curve says instead of a count."""
    if found is None:
        return answers
    return answers.with_answer(QUESTION, Answer(value=found.reading, note=found.source))


def told(reasons: Sequence[Reason], found: Suffices | None) -> list[Reason]:
    """The reasons, with the measurement where the rule by volume would speak."""
    if found is None:
        return list(reasons)
    return [
        msgspec.structs.replace(
            one,
            question_text="Do the examples at hand suffice?",
            answer=found.said,
            because=found.because,
            source=found.source,
        )
        if one.question == QUESTION
        else one
        for one in reasons
    ]


def without_count(flips: Sequence[Flip], found: Suffices | None) -> list[Flip]:
    """Another count changes nothing once the curve is measured."""
    return [one for one in flips if found is None or one.question != QUESTION]
