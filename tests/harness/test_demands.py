"""Demands and thresholds say what was counted, and None where the data cannot say."""

from __future__ import annotations

from advisor.engagement.records.examples import Example
from harness.intake.audits import balance, lengths
from harness.intake.audits.label_noise import look as noise
from harness.intake.demands import demands
from harness.intake.enough import curve_hint, thresholds

from .conftest import tickets
from .corpora import corpus_of


def rows(outputs: list[str]) -> list[Example]:
    return [Example(id=str(n), input=f"text {n}", output=out) for n, out in enumerate(outputs)]


def test_clean_tickets_give_no_finding() -> None:
    clean = [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(200)]
    corpus = corpus_of(clean, "classification")
    assert [*balance.look(corpus).found, *lengths.look(corpus).found, *noise(corpus).found] == []


def test_codes_of_classes() -> None:
    def codes(outputs: list[str]) -> set[str]:
        return {one.finding.code for one in balance.look(corpus_of(rows(outputs), "classification")).found}

    assert codes(["a"] * 10) == {"single_label"}
    assert codes([f"c{n}" for n in range(10)]) == {"label_per_row"}
    assert codes([f"{n}.5" for n in range(10)]) == {"regression"}
    assert codes(["0", "1", "2"] * 5) == set()
    assert codes(["a"] * 50 + ["b"] * 3) == {"imbalance"}
    assert codes(["Refund", "refund"] * 10) == {"label_variants"}


def test_representing_is_unknown_without_a_test_file() -> None:
    corpus = corpus_of(rows(["a", "b"] * 20), "classification")
    answers = {one.name: one.met for one in demands(corpus, [], {})}
    assert answers["represents"] is None
    assert answers["balanced"] is True


def test_thresholds_compare_what_is_there() -> None:
    held = thresholds("classification", train_rows=120, smallest_class_rows=4, pairs=0)
    assert {one.needed: one.met for one in held} == {50: True, 100: True, 200: False, 500: False}
    assert "too few" in curve_hint(100) and "100, 200, 400" in curve_hint(400)


def test_histogram_counts_every_text_once() -> None:
    found, _ = lengths.lengths([("a b c", "d"), ("a " * 60, "b " * 60), ("", "")], None, 100)
    assert (sum(found.counts), found.over, len(found.edges)) == (3, 1, len(found.counts) + 1)
