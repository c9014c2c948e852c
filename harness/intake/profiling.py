"""The data in numbers, and what its size allows, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisor.engagement.records.intake import Profile

from .corpus import SPLITS, TEST, TRAIN, Corpus
from .enough import curve_hint, thresholds
from .noticing import ANSWERLESS
from .rows import Content
from .surveying import Survey

USUAL_DISCORDANCE = 0.2
RARE = 5
THIN_TEST_CLASS = 20
FEW_TO_TRAIN = 100


def profile(
    corpus: Corpus,
    seen: Survey,
    contents: Sequence[Content],
    facts: Mapping[str, Any],
) -> Profile:
    """Counts and lengths over all splits; size advice goes to the notes."""
    used = corpus.numbers()
    rows = {name: int((corpus.split == code).sum()) for code, name in enumerate(SPLITS)}
    words, answers = seen.input_words[used], seen.output_words[used]
    detectable = _detectable(rows["test"]) if corpus.task not in ANSWERLESS else None
    codes = corpus.label[used]
    counts: list[int] = np.bincount(codes, minlength=len(corpus.labels)).tolist() if corpus.labels else []
    order = sorted(range(len(counts)), key=lambda code: (-counts[code], corpus.labels[code]))
    trained = _per_class(corpus, TRAIN)
    return Profile(
        task=corpus.task,
        rows=rows,
        labels={corpus.labels[code]: counts[code] for code in order if counts[code]},
        input_words_mean=float(words.mean()),
        input_words_p95=float(np.sort(words)[min(len(words) - 1, int(0.95 * len(words)))]),
        output_words_mean=float(answers.mean()),
        minimum_detectable=detectable,
        notes=[*_size(corpus, rows, detectable), *_kept_apart(seen, contents, facts), *_classes(corpus)],
        thresholds=thresholds(
            corpus.task,
            train_rows=rows["train"],
            smallest_class_rows=min(trained, default=None),
            pairs=rows["train"] if corpus.task == "preference" else 0,
        ),
        **facts,
    )


def _per_class(corpus: Corpus, split: int) -> list[int]:
    """Rows of each class in a split, classes without a row included."""
    codes = corpus.label[corpus.numbers(split)]
    return np.bincount(codes, minlength=len(corpus.labels)).tolist() if corpus.labels else []


def _detectable(n: int) -> float | None:
    from harness.statistics.power import minimum_detectable

    return minimum_detectable(n, USUAL_DISCORDANCE)


def _size(corpus: Corpus, rows: Mapping[str, int], detectable: float | None) -> list[str]:
    if corpus.task in ANSWERLESS:
        return []
    notes = []
    if detectable is None and rows["test"]:
        notes.append(f"{rows['test']} held-out rows are too few to show any difference (paired, power 0.8)")
    if rows["train"] < FEW_TO_TRAIN:
        notes.append(f"{rows['train']} training rows: fine-tuning usually needs {FEW_TO_TRAIN} or more")
    else:
        notes.append(curve_hint(rows["train"]))
    if not rows["validation"]:
        notes.append("no validation rows: nothing can be chosen, every arm runs with its first choice")
    return notes


def _kept_apart(seen: Survey, contents: Sequence[Content], facts: Mapping[str, Any]) -> list[str]:
    notes = []
    unwanted = sum(content.unwanted for content in contents)
    if unwanted:
        notes.append(
            f"{unwanted} rows are marked as answers that people do not want: they are kept apart, "
            "never learnt from and never scored"
        )
    passages = int(seen.context.sum())
    if passages:
        read = (
            "it is not shown, the arms that retrieve look for it in the documents"
            if "documents" in facts
            else "every arm reads it before the input"
        )
        notes.append(f"{passages} rows have a `context`: {read}")
    named = int(seen.gold.sum())
    if named and "documents" not in facts:
        notes.append(f"{named} rows name documents with their answer: give the documents with --documents")
    return notes


def _classes(corpus: Corpus) -> list[str]:
    notes = []
    trained, judged = _per_class(corpus, TRAIN), _per_class(corpus, TEST)
    rare = [label for label, count in zip(corpus.labels, trained, strict=bool(trained)) if count < RARE]
    if rare:
        notes.append(
            f"{len(rare)} labels have fewer than {RARE} training rows, such as {', '.join(rare[:5])}"
        )
    thin = sum(0 < count < THIN_TEST_CLASS for count in judged)
    if thin:
        notes.append(
            f"{thin} labels have fewer than {THIN_TEST_CLASS} held-out rows: no claim about them alone"
        )
    return notes
