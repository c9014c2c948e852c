"""The data in numbers, and what its size allows, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from advisor.engagement.records.examples import Example, Task
from advisor.engagement.records.intake import Profile

from .splitting import Parts

USUAL_DISCORDANCE = 0.2
RARE = 5
THIN_TEST_CLASS = 20
FEW_TO_TRAIN = 100


def profile(rows: Mapping[str, Example], parts: Parts, task: Task) -> Profile:
    """Counts and lengths over all splits; size advice goes to the notes."""
    used = [rows[id] for ids in parts for id in ids]
    words = sorted(len(row.input_text().split()) for row in used)
    counts = Counter(row.output for row in used) if task == "classification" else Counter()
    detectable = _detectable(len(parts.test))
    return Profile(
        task=task,
        rows={name: len(ids) for name, ids in parts._asdict().items()},
        labels=dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))),
        input_words_mean=sum(words) / len(words),
        input_words_p95=float(words[min(len(words) - 1, int(0.95 * len(words)))]),
        output_words_mean=sum(len(row.output.split()) for row in used) / len(used),
        minimum_detectable=detectable,
        notes=[*_size(parts, detectable), *_unread(used), *(_classes(rows, parts) if counts else [])],
    )


def _detectable(n: int) -> float | None:
    """None too where the packages of the full install are absent: `compare` then gives the number."""
    try:
        from harness.statistics.power import minimum_detectable
    except ModuleNotFoundError:
        return None
    return minimum_detectable(n, USUAL_DISCORDANCE)


def _size(parts: Parts, detectable: float | None) -> list[str]:
    notes = []
    if detectable is not None:
        notes.append(
            f"{len(parts.test)} held-out rows can show a difference of {100 * detectable:.0f} points or more "
            "(paired, power 0.8, a fifth of the items answered differently)"
        )
    if len(parts.train) < FEW_TO_TRAIN:
        notes.append(f"{len(parts.train)} training rows: fine-tuning usually needs {FEW_TO_TRAIN} or more")
    if not parts.validation:
        notes.append("no validation rows: nothing can be chosen, every arm runs with its first choice")
    return notes


def _unread(rows: Sequence[Example]) -> list[str]:
    """Passages that belong to the inputs: the arms read `input` only."""
    count = sum(row.context is not None for row in rows)
    return [f"{count} rows have a `context`, which no arm reads: put it into `input`"] if count else []


def _classes(rows: Mapping[str, Example], parts: Parts) -> list[str]:
    notes = []
    trained = Counter(rows[id].output for id in parts.train)
    rare = sorted(label for label, count in trained.items() if count < RARE)
    if rare:
        notes.append(
            f"{len(rare)} labels have fewer than {RARE} training rows, such as {', '.join(rare[:5])}"
        )
    judged = Counter(rows[id].output for id in parts.test)
    thin = [label for label, count in judged.items() if count < THIN_TEST_CLASS]
    if thin:
        notes.append(
            f"{len(thin)} labels have fewer than {THIN_TEST_CLASS} held-out rows: no claim about them alone"
        )
    return notes
