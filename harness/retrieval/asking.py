"""Rows with the passages that were found for them in the input, and answers with what they cite."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from harness.arms._kind import Answer, ArmData
from harness.retrieval.searching import Choice, Found, Retriever, choose, query_of, retriever, searched
from trainers.language.prompting import with_passages

MARK = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
KEPT = 10
"""Documents kept in a prediction: as deep as the measures go."""


class Grounds(NamedTuple):
    """How rows get their passages."""

    searcher: Retriever
    """What finds them."""
    choice: Choice
    """How many each row gets."""
    cite: bool
    """Whether answers name them."""

    def found(self, row: Example) -> Found:
        """Passages and documents for a row."""
        return self.searcher.find(query_of(row))

    def asked(self, row: Example, most: int | None = None) -> Example:
        """The row as the model sees it, with at most so many passages."""
        count = self.choice.passages if most is None else min(most, self.choice.passages)
        passages = [searched(passage) for passage in self.found(row).passages[:count]]
        abstain = self.searcher.settings.abstain if self.cite else ""
        return msgspec.structs.replace(
            row, input=with_passages(row.input, passages, cite=self.cite, abstain=abstain)
        )

    def learnt(self, row: Example) -> Example:
        """The row as it is learnt: with passages, and the numbers of the gold ones after the answer."""
        asked = self.asked(row)
        if not self.cite or not row.gold_doc_ids:
            return asked
        shown = self.found(row).passages[: self.choice.passages]
        gold = [number for number, one in enumerate(shown, start=1) if one.doc_id in row.gold_doc_ids]
        marks = " ".join(f"[{number}]" for number in gold)
        return msgspec.structs.replace(asked, output=f"{row.output} {marks}") if gold else asked

    def answer_in_full(self, row: Example, said: Answer) -> Answer:
        """The same where every passage chosen was in the prompt; a request that failed showed none."""
        shown = 0 if said.error else min(self.choice.passages, len(self.found(row).passages))
        return self.answer(row, said, shown)

    def answer(self, row: Example, said: Answer, shown: int) -> Answer:
        """The answer without its marks, with what they name and what was found."""
        found = self.found(row)
        output = said.output
        cited: tuple[str, ...] = ()
        if output is not None and self.cite:
            output, cited = without_marks(output, [one.doc_id for one in found.passages[:shown]])
        return said._replace(output=output, retrieved=tuple(found.documents[:KEPT]), shown=shown, cited=cited)


def grounds(plan: Plan, engagement: Engagement, data: ArmData, *, arm: str) -> Grounds:
    """The search of this plan, with the number of passages settled on validation rows."""
    searcher = retriever(engagement, plan.retrieval, arm=arm)
    cite = plan.retrieval.cite and data.task != "classification"
    return Grounds(searcher, choose(searcher, data.validation), cite)


def grounded(data: ArmData, found: Grounds) -> ArmData:
    """The same splits as a model that retrieves is trained on them."""
    return ArmData(
        train=[found.learnt(row) for row in data.train],
        validation=[found.learnt(row) for row in data.validation],
        test=[found.asked(row) for row in data.test],
        task=data.task,
        labels=data.labels,
        digest=data.digest,
    )


def without_marks(text: str, documents: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """An answer without marks such as `[1]` or `[1, 2]`, and the documents that they name, each once.

    Numbers of no passage stay in the text: they are part of what is said.
    """
    named: list[str] = []

    def taken(mark: re.Match[str]) -> str:
        numbers = [int(number) for number in mark[1].split(",")]
        if not all(1 <= number <= len(documents) for number in numbers):
            return mark[0]
        named.extend(documents[number - 1] for number in numbers)
        return ""

    plain = MARK.sub(taken, text).strip()
    return plain, tuple(dict.fromkeys(named))


def settings(plan: Plan, engagement: Engagement, *, arm: str) -> Mapping[str, str]:
    """What names the answers of an arm that retrieves, besides model and rows."""
    asked = plan.retrieval
    return {
        **retriever(engagement, asked, arm=arm).identity,
        "passages": str(asked.passages),
        "cite": str(asked.cite),
        "abstain": asked.abstain,
    }
