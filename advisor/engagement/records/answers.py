"""What the client told us, with how sure they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Certainty = Literal["known", "assumed", "unknown"]
Value = str | int | float

UNKNOWN = "unknown"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: an option's id or a number, how certain, and who said so."""

    value: Value
    """Option id, or a number in the question's unit, or `unknown`."""
    certainty: Certainty = "known"
    """Known, assumed by the consultant, or unknown."""
    note: str = ""
    """Who said it, when, in which words."""

    @property
    def is_known(self) -> bool:
        """Whether the answer says anything."""
        return self.certainty != "unknown" and self.value != UNKNOWN


class Answers(msgspec.Struct, frozen=True):
    """All answers by question id; an absent one is unknown."""

    by_question: Mapping[str, Answer] = {}
    """Answer of each question that has one."""

    def value(self, question: str) -> Value | None:
        """The value, or None where it is unknown."""
        answer = self.by_question.get(question)
        return answer.value if answer is not None and answer.is_known else None

    def number(self, question: str) -> float | None:
        """The value as a number, or None."""
        value = self.value(question)
        return float(value) if isinstance(value, int | float) else None

    def with_answer(self, question: str, answer: Answer) -> Answers:
        """A copy with one answer changed."""
        return Answers({**self.by_question, question: answer})
