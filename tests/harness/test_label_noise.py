"""Planted flips are found; clean and tiny files are left alone."""

from __future__ import annotations

from advisor.engagement.records.examples import Example
from harness.intake.audits.label_noise import look
from tests.benchmarks._plants_labels import flip

from .conftest import tickets
from .corpora import corpus_of


def rows(count: int) -> list[Example]:
    return [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(count)]


def test_planted_flips_are_found() -> None:
    flipped, planted = flip(rows(400), 3, 0.05)
    (finding,) = look(corpus_of(flipped, "classification")).found
    right = len(set(finding.numbers) & set(planted))
    assert right >= 0.7 * len(planted)
    assert right >= 0.7 * len(finding.numbers)


def test_clean_and_tiny_files_give_nothing() -> None:
    assert look(corpus_of(rows(400), "classification")).found == ()
    assert look(corpus_of(flip(rows(99), 3, 0.05)[0], "classification")).found == ()
