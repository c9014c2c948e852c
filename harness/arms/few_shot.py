"""The task in words with one worked example of every label; which draw is settled on validation."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example
from harness.arms._kind import Arm, Prepared, Work
from harness.prompted import JUDGED, evenly

if TYPE_CHECKING:
    from trainers.language.loading import Language

DRAWS = 3
WITHOUT_LABELS = 4
LONGEST_WORDS = 60


def prepare(work: Work) -> Prepared:
    """Compare three seeded draws on at most 120 validation items, keep the best (ties: the first)."""
    from harness.prompted import language_of, prepare_with

    language = language_of(work)
    labelled = work.data.task == "classification"
    draws = [
        draw(work.data.train, seed=f"{work.seed}/{number}", labelled=labelled) for number in range(DRAWS)
    ]
    judged = evenly(work.data.validation, JUDGED)
    best, told = 0, "no validation rows to compare on"
    if judged:
        scores = []
        for number, shots in enumerate(draws):
            work.on_progress(Progress("few_shot: choosing examples", number, DRAWS))
            scores.append(_score(work, language, shots, judged))
        best = max(range(DRAWS), key=lambda number: (scores[number], -number))
        listed = ", ".join(f"{score:.3f}" for score in scores)
        told = f"{'accuracy' if labelled else 'token F1'} on validation {listed} (n={len(judged)})"
    prepared = prepare_with(work, language, draws[best], work.items)
    chosen = f"draw {best + 1} of {DRAWS}, {len(draws[best])} examples; {told}"
    choices = {"examples": chosen, **prepared.choices}
    return Prepared(prepared.batches, prepared.answer, choices, prepared.prompt)


def draw(train: list[Example], *, seed: str, labelled: bool) -> list[Example]:
    """One example of every label in random order, of moderate length where there is a choice; else four."""
    generator = random.Random(f"few_shot/{seed}")
    moderate = [example for example in train if len(example.input_text().split()) <= LONGEST_WORDS]
    if not labelled:
        return generator.sample(moderate or train, min(WITHOUT_LABELS, len(moderate or train)))
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in moderate:
        by_label[example.output].append(example)
    for example in train:
        if example.output not in by_label:
            by_label[example.output] = [example]
    chosen = [generator.choice(by_label[label]) for label in sorted(by_label)]
    generator.shuffle(chosen)
    return chosen


def _score(work: Work, language: Language, shots: Sequence[Example], items: Sequence[Example]) -> float:
    from harness.metrics.accuracy import METRIC as ACCURACY
    from harness.metrics.token_f1 import METRIC as TOKEN_F1
    from harness.prompted import prepare_with

    rate = (ACCURACY if work.data.task == "classification" else TOKEN_F1).score
    assert rate is not None
    prepared = prepare_with(work, language, shots, items)
    total = sum(
        rate(answer.output, example) or 0.0
        for batch in prepared.batches
        for example, answer in zip(batch, prepared.answer(batch), strict=True)
        if answer.output is not None
    )
    return total / len(items)


ARM = Arm(
    name="few_shot",
    title="Prompting with examples",
    approach="prompting",
    method=None,
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
)
