"""What the data were, from the records of `check`."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.intake import Intake

from .numbers import count

LABELS_SHOWN = 30


class DataFacts(NamedTuple):
    """The data section."""

    facts: list[tuple[str, str]]
    """Name and value."""
    warnings: list[str]
    """Findings with their counts and lines."""
    notes: list[str]
    """Advice on size and balance."""
    labels: list[tuple[str, str]]
    """Label and rows, largest first."""
    labels_left_out: int
    """Labels not listed."""


def data_facts(engagement: Engagement, intake: Intake | None, comparison: Comparison) -> DataFacts:
    """Format, rows, splits, findings; what is absent is left out."""
    profile = engagement.profile()
    facts = []
    if intake is not None:
        facts.append(("taken for", f"{intake.format}, {intake.task}"))
        facts.append(("rows", f"{count(intake.rows_kept)} kept of {count(intake.rows_in)} read"))
    used = (comparison.n_train, comparison.n_validation, comparison.n_test)
    facts.append(("used here", "train {}, validation {}, held out {}".format(*map(count, used))))
    if engagement.splits_path.exists():
        facts.append(("split", engagement.splits().how))
    if profile is not None:
        facts.append(
            (
                "words per input",
                f"mean {profile.input_words_mean:.0f}, 95 % up to {profile.input_words_p95:.0f}",
            )
        )
    labels = list(profile.labels.items()) if profile else []
    return DataFacts(
        facts=facts,
        warnings=_warnings(intake),
        notes=profile.notes if profile else [],
        labels=[(label, count(rows)) for label, rows in labels[:LABELS_SHOWN]],
        labels_left_out=max(0, len(labels) - LABELS_SHOWN),
    )


def _warnings(intake: Intake | None) -> list[str]:
    told = []
    for one in intake.warnings if intake else []:
        where = f" (lines {', '.join(map(str, one.lines))})" if one.lines else ""
        told.append(f"{one.message}{where}")
    return told
