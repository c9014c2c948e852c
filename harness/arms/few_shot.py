"""The task in words with worked examples; how they are chosen, and how many, is settled on validation."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.records.examples import Example
from harness.arms._kind import Arm, Prepared, Work
from harness.choosing import Option, choose, prepared_with
from harness.shots import Nearest, covering, drawn, same

COVERING = 2
"""Draws with one example of every label."""
NEAREST = (4, 8)
"""Numbers of nearest rows."""
AT_RANDOM = (4, 8)
"""Numbers of rows drawn at random."""
MOST_LABELS = 100
"""With more labels one example of each makes every request very long: our choice."""


def prepare(work: Work) -> Prepared:
    """Compare ways to choose examples on validation rows, keep the best (ties: the first)."""
    from harness.prompted import language_of

    language = language_of(work)
    found = choose(work, language, options(work, work.instruction), stage="few_shot")
    prepared = prepared_with(work, language, found.option, work.items)
    choices = {"examples": f"{found.option.told}; {found.told}", **prepared.choices}
    return Prepared(prepared.batches, prepared.answer, choices, prepared.prompt)


def options(work: Work, instruction: str) -> list[Option]:
    """Ways to choose worked examples from the training rows, cheap ones first."""
    train, labelled = work.data.train, work.data.task == "classification"
    found = []
    if labelled and len(work.data.labels) <= MOST_LABELS:
        for number in range(COVERING):
            rows = covering(train, seed=f"{work.seed}/{number}")
            told = f"one of each label ({len(rows)}), draw {number + 1}"
            found.append(_fixed(told, instruction, rows))
    for count in AT_RANDOM[:1] if labelled else AT_RANDOM:
        found.append(_fixed(f"{count} at random", instruction, drawn(train, count, seed=f"{work.seed}/0")))
    nearest = Nearest(train)
    for count in NEAREST:
        found.append(Option(f"the {count} nearest", instruction, nearest.shots(count), shared=False))
    return found


def _fixed(told: str, instruction: str, rows: Sequence[Example]) -> Option:
    return Option(told, instruction, same(rows), shared=True)


ARM = Arm(
    name="few_shot",
    title="Prompting with examples",
    approach="prompting",
    method=None,
    needs_model=True,
    tasks=("classification", "generation"),
    version=2,
    prepare=prepare,
)
