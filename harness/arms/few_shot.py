"""The task in words with one worked example of every label; which draw is settled on validation."""

from __future__ import annotations

import random
from collections import defaultdict

from advisor.engagement.records.examples import Example
from harness.arms._kind import Arm, Prepared, Work

DRAWS = 3
JUDGED = 120
WITHOUT_LABELS = 4
LONGEST_WORDS = 60


def prepare(work: Work) -> Prepared:
    """Compare three seeded draws on at most 120 validation items, keep the best."""
    from harness.prompted import language_of, prepare_with, prompted_accuracy

    language = language_of(work)
    draws = [
        draw(work.data.train, seed=f"{work.seed}/{number}", labelled=bool(work.data.labels))
        for number in range(DRAWS)
    ]
    judged = work.data.validation[:JUDGED]
    scores = [prompted_accuracy(work, language, shots, judged) for shots in draws]
    best = max(range(DRAWS), key=lambda number: (scores[number], -number))
    prepared = prepare_with(work, language, draws[best])
    told = ", ".join(f"{score:.3f}" for score in scores)
    chosen = {
        "examples": f"draw {best + 1} of {DRAWS}, {len(draws[best])} examples; validation scores {told} (n={len(judged)})"
    }
    return Prepared(prepared.batches, prepared.answer, {**prepared.choices, **chosen}, prepared.prompt)


def draw(train: list[Example], *, seed: str, labelled: bool) -> list[Example]:
    """One example of every label in random order, of moderate length where there is a choice; else four."""
    generator = random.Random(f"few_shot/{seed}")
    moderate = [example for example in train if len(example.input_text().split()) <= LONGEST_WORDS] or train
    if not labelled:
        return generator.sample(moderate, min(WITHOUT_LABELS, len(moderate)))
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in [*moderate, *train]:
        by_label[example.output].append(example)
    chosen = [generator.choice(by_label[label]) for label in sorted(by_label)]
    generator.shuffle(chosen)
    return chosen


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
