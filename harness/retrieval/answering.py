"""How arms that retrieve answer: passages into the prompt, as many as fit, and the answer read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.engagement.records.examples import Example
from harness.arms._kind import Answer, Prepared, Work
from harness.prompted import INPUT_MARK, prepare_with, prompt_length, room_for
from harness.retrieval.asking import Grounds, grounds
from trainers.language.prompting import PASSAGE_MARK, with_passages

if TYPE_CHECKING:
    from trainers.language.loading import Language


def prepare_grounded(work: Work, language: Language, *, arm: str) -> Prepared:
    """Prompts with passages; where they do not fit the context, the last ones are left out."""
    found = grounds(work.plan, work.engagement, work.data, arm=arm)
    rows = {row.id: row for row in work.items}
    room = room_for(work, language)
    shown = {id: _that_fit(work, language, found, row, room) for id, row in rows.items()}
    items = [found.asked(row, shown[id]) for id, row in rows.items()]
    prepared = prepare_with(work, language, (), items, shown=template(found))

    def answer(batch: Sequence[Example]) -> list[Answer]:
        said = prepared.answer(batch)
        return [
            found.answer(rows[item.id], one, shown[item.id]) for item, one in zip(batch, said, strict=True)
        ]

    choices = {**told(found), **prepared.choices}
    fewer = sum(count < found.choice.passages for count in shown.values())
    if fewer:
        choices["passages left out"] = f"some, to fit the context, for {fewer} of {len(rows)} rows"
    return Prepared(prepared.batches, answer, choices, prepared.prompt)


def told(found: Grounds) -> dict[str, str]:
    """What has to be said of the search."""
    by = {"words": "by words (BM25)", "meaning": "by meaning", "both": "by words and meaning"}
    asked = found.searcher.settings
    again = f", the best ordered anew by {asked.reranker}" if asked.reranker else ""
    return {
        "passages": f"{found.choice.passages} in each prompt; {found.choice.told}",
        "search": f"{by[asked.by]} over {len(found.searcher.passages)} passages{again}",
    }


def template(found: Grounds) -> str:
    """The input as it is shown to people, without client text."""
    marks = [PASSAGE_MARK] * found.choice.passages
    abstain = found.searcher.settings.abstain if found.cite else ""
    shown = with_passages(INPUT_MARK, marks, cite=found.cite, abstain=abstain)
    assert isinstance(shown, str)
    return shown


def _that_fit(work: Work, language: Language, found: Grounds, row: Example, room: int) -> int:
    """Passages that fit the prompt; none at worst, and then the prompt may still be too long."""
    count = min(found.choice.passages, len(found.found(row).passages))
    while count and prompt_length(work, language, found.asked(row, count)) > room:
        count -= 1
    return count
