"""Measures of overlap: by hand, and against the numbers of sacrebleu and rouge-score."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from advisor.engagement.catalogue import find
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings
from harness import metrics
from harness.marking import Marker, ready
from harness.metrics._kind import Basis, Metric
from harness.metrics._text import words
from harness.metrics.chrf import chrf
from harness.metrics.normalised_match import normalised_match
from harness.metrics.rouge_l import rouge_l
from harness.metrics.token_f1 import token_f1
from harness.statistics import pooled

PROSE = ["the pump has to be checked twice a year", "please close the valve, then call us"]
TEXTS = st.lists(
    st.sampled_from(["the", "pump", "is", "closed", "Valve", ",", "open.", "ventil", "é", "1,000"]),
    max_size=9,
).map(" ".join)


def rows(outputs: Sequence[str]) -> list[Example]:
    return [Example(id=str(place), input="x", output=output) for place, output in enumerate(outputs)]


def marker(name: str, outputs: Sequence[str] = PROSE) -> Marker | None:
    basis = Basis("generation", [], rows(outputs), [], MetricSettings(), None)
    return ready(find(metrics, Metric, name), basis)


def corpus(name: str, outputs: Sequence[str | None], targets: Sequence[str]) -> float:
    found = marker(name)
    assert found is not None and found.pooled is not None
    return pooled.value(found.pooled.counts(outputs, rows(targets))[None], found.pooled.value)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_pooled_overlap_equals_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    outputs, targets = [p[0] for p in pairs], [p[1] for p in pairs]
    expected = BLEU(force=True).corpus_score(outputs, [targets]).score / 100
    assert corpus("bleu", outputs, targets) == pytest.approx(expected, abs=1e-9)
    expected = CHRF(word_order=2).corpus_score(outputs, [targets]).score / 100
    assert corpus("corpus_chrf", outputs, targets) == pytest.approx(expected, abs=1e-9)


def test_bleu_by_hand() -> None:
    # 5 of 6 words, 3 of 5 pairs, 2 of 4 triples, 1 of 3 fours; one word fewer than wanted
    found = corpus("bleu", ["a b c d x e"], ["a b c d e f g"])
    assert found == pytest.approx(np.exp(1 - 7 / 6) * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert corpus("bleu", ["a b c"], ["a b c"]) == 0


def test_a_cut_answer_gives_nothing_to_pooled_overlap() -> None:
    targets = ["close the valve of the pump", "open the valve of the pump"]
    for name in ("bleu", "corpus_chrf"):
        assert corpus(name, targets, targets) == pytest.approx(1)
        assert corpus(name, [targets[0], None], targets) == corpus(name, [targets[0], ""], targets) < 1
        assert corpus(name, [None, None], targets) == 0


@settings(deadline=None, max_examples=80)
@given(TEXTS, TEXTS)
def test_rouge_l_equals_the_package_on_the_same_words(output: str, target: str) -> None:
    class Ours:
        def tokenize(self, text: str) -> list[str]:
            return words(text)

    package = RougeScorer(["rougeL"], tokenizer=Ours())
    expected = package.score(target, output)["rougeL"].fmeasure
    if words(output) or words(target):
        assert rouge_l(output, target) == pytest.approx(expected)


def test_rouge_l_equals_the_package_as_it_comes_for_english() -> None:
    output, target = "The cat, it sat on THE mat in 2024.", "the cat sat on the red mat"
    expected = RougeScorer(["rougeL"]).score(target, output)["rougeL"].fmeasure
    assert rouge_l(output, target) == pytest.approx(expected) == pytest.approx(12 / 16)
    assert rouge_l("größe prüfen", "Größe prüfen") == 1
    assert rouge_l("检查阀门", "检查泵") == pytest.approx(2 * 2 / 7)


@pytest.mark.parametrize(
    ("output", "target", "score"),
    [
        ("The Denver Broncos.", "denver broncos", 1),
        ("1,200.0", "1200", 1),
        ("$5", "5", 1),
        ("12%", "12 %", 1),
        ("12 %", "12", 0),
        ("-3", "3", 0),
        ("0.5", "5", 0),
        ("30 days", "thirty days", 0),
    ],
)
def test_normalised_match_forgives_how_an_answer_is_written(output: str, target: str, score: int) -> None:
    assert normalised_match(output, target) == score


def test_chrf_is_that_of_sacrebleu_with_word_pairs() -> None:
    output, target = "die Dichtung der Ventile", "die Dichtung des Ventils"
    expected = CHRF(word_order=2).sentence_score(output, [target]).score / 100
    assert chrf(output, target) == pytest.approx(expected)


def test_overlap_of_runs_of_words_is_for_running_text() -> None:
    answers, records = ["Denver", "in 1066"], ['{"a": 1, "b": "some words in here"}'] * 3
    calls = ["inform(name[Far Cry 3], release_year[2012], has_mac_release[no])"] * 3
    for name in ("bleu", "corpus_chrf", "rouge_l"):
        assert marker(name) is not None
        assert all(marker(name, outputs) is None for outputs in (answers, records, calls))
    assert marker("normalised_match", answers) is not None
    assert marker("normalised_match", records) is None


def test_chinese_is_counted_by_characters() -> None:
    targets = ["请检查泵的阀门是否关闭", "请打开阀门"]
    found = marker("bleu", targets)
    assert found is not None and found.pooled is not None
    counts = found.pooled.counts(["请检查阀门", "请打开阀门"], rows(targets))
    expected = BLEU(tokenize="char").corpus_score(["请检查阀门", "请打开阀门"], [targets]).score / 100
    assert pooled.value(counts[None], found.pooled.value) == pytest.approx(expected)


HOSTILE = ["", " \n", "\x00\ud800\udfff", "\u202e%s{", "9" * 5_000, "\U0001d518" * 3_000, "a " * 500_000]


@pytest.mark.parametrize("output", HOSTILE, ids=lambda text: f"{len(text)} characters")
def test_hostile_answers_are_measured_in_time(output: str) -> None:
    target = "close the valve of the pump"
    started = time.process_time()
    for score in (chrf, token_f1, rouge_l, normalised_match):
        assert 0 <= score(output, target) < 0.5
        assert 0 <= score(target, output) < 0.5
    for name in ("bleu", "corpus_chrf"):
        assert 0 <= corpus(name, [output], [target]) < 0.5
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", ["bleu", "corpus_chrf"])
def test_three_thousand_items_are_resampled_in_about_a_second(name: str) -> None:
    found = marker(name)
    assert found is not None and found.pooled is not None
    width = 24 if name == "corpus_chrf" else 10
    counts = np.random.default_rng(0).integers(0, 50, (2, 3000, width)).astype(np.float64)
    started = time.process_time()
    pooled.difference(counts[:1], counts[1:], found.pooled.value, np.arange(3000))
    assert time.process_time() - started < 4


def test_rows_may_name_further_targets() -> None:
    references = ["shut the valve at once", "the valve has to be closed now", 7, None]
    item = Example(id="1", input="x", output="close the valve now", meta={"references": references})
    output = "shut the valve now"
    texts = [item.output, *references[:2]]
    for name, score in (("chrf", chrf), ("rouge_l", rouge_l), ("token_f1", token_f1)):
        found = marker(name)
        assert found is not None and found.score is not None
        assert found.score(output, item) == max(score(output, str(text)) for text in texts)
        assert found.score("shut the valve at once", item) == pytest.approx(1)
    for name, package in (("bleu", BLEU(force=True)), ("corpus_chrf", CHRF(word_order=2))):
        found = marker(name)
        assert found is not None and found.pooled is not None
        value = pooled.value(found.pooled.counts([output], [item])[None], found.pooled.value)
        expected = package.corpus_score([output], [[str(text)] for text in texts]).score / 100
        assert value == pytest.approx(expected)
    plain = Example(id="2", input="x", output="close", meta={"references": "close"})
    exact = marker("exact_match")
    assert exact is not None and exact.score is not None and exact.score("c", plain) == 0
