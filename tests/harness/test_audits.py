"""Every audit over all rows has a case that it finds and a clean one that it leaves alone."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from advisor.engagement.records.examples import Example
from harness.intake.audits import balance, consistency, drift, fields, language, lengths
from harness.intake.audits.consistency import form_of
from harness.intake.checking import check_files
from harness.intake.corpus import Seen, Training
from harness.intake.token_lengths import count

from .conftest import tickets, write_rows
from .corpora import corpus_of

SHARED = Path(__file__).parents[3] / "shared" / "data"
ENGLISH = "please tell me when the parcel number {} that was ordered last week will arrive at my new address"
GERMAN = "bitte sagen Sie mir, wann das Paket Nummer {} aus der letzten Woche an meiner Adresse ankommen wird"
RUSSIAN = "скажите пожалуйста когда посылка номер {} заказанная на прошлой неделе придёт на мой новый адрес"


def rows(inputs: list[str], outputs: list[str] | None = None) -> list[Example]:
    told = outputs or [f"answer {n} is here" for n in range(len(inputs))]
    return [Example(id=str(n), input=one, output=told[n]) for n, one in enumerate(inputs)]


def codes(seen: Seen) -> set[str]:
    return {one.finding.code for one in seen.found}


@pytest.mark.parametrize(
    ("output", "form"),
    [
        ("42", "a number"),
        ("1,234.50", "a number"),
        ("2026-11-25", "a date"),
        ('{"b": 1, "a": []}', "a JSON object with the keys a, b"),
        ('{"a": 1', "text"),
        ("[1, 2]", "a JSON array"),
        ("<a><b>x</b></a>", "XML"),
        ("inform(name[Dirt (new)], genres[a, b])", "a call such as name(key[value], ...)"),
        ("- one\n- two", "a Markdown list"),
        ("def f(x):\n    return x", "code"),
        ("It was fine (mostly), thank you.", "text"),
        ("", "text"),
    ],
)
def test_forms_of_outputs(output: str, form: str) -> None:
    assert form_of(output) == form


def test_outputs_that_break_the_majority_form_are_named() -> None:
    outputs = [json.dumps({"name": str(n), "arguments": {}}) for n in range(100)]
    inputs = [f"call {n}" for n in range(100)]
    clean = consistency.look(corpus_of(rows(inputs, outputs), "generation"))
    assert clean.found == ()
    assert clean.facts["output_form_share"] == 1.0
    outputs[7] = outputs[70] = "sorry, I cannot"
    (one,) = consistency.look(corpus_of(rows(inputs, outputs), "generation")).found
    assert (one.finding.code, list(one.numbers)) == ("format", [7, 70])
    prose = consistency.look(corpus_of(rows(inputs, ["it is fine"] * 90 + ["7"] * 10), "generation"))
    assert prose.found == () and prose.facts["output_form"] == "text"


def test_labels_are_one_form() -> None:
    facts = consistency.look(corpus_of(rows(["a", "b"], ["x", "y"]), "classification")).facts
    assert facts == {"output_form": "one of 2 labels", "output_form_share": 1.0}


def test_context_of_some_rows_only() -> None:
    some = [Example(id=str(n), input=str(n), output="x", context="c" if n % 2 else None) for n in range(20)]
    (one,) = fields.look(corpus_of(some, "generation")).found
    assert (one.finding.code, one.finding.count) == ("missing_context", 10)
    assert fields.look(corpus_of(rows([str(n) for n in range(20)]), "generation")).found == []


def test_a_beginning_that_all_inputs_share() -> None:
    start = "You answer questions about parcels. " * 6
    assert codes(fields.look(corpus_of(rows([f"{start}{n}" for n in range(20)]), "generation"))) == {
        "constant_prefix"
    }
    assert codes(fields.look(corpus_of(rows([start] * 20), "generation"))) == set()


def test_mixed_languages_and_scripts() -> None:
    english, german, russian = ([text.format(n) for n in range(100)] for text in (ENGLISH, GERMAN, RUSSIAN))
    clean = language.look(corpus_of(rows(english), "generation"))
    assert clean.found == [] and clean.facts["languages"] == {"en": 1.0}
    mixed = language.look(corpus_of(rows(english + german), "generation"))
    assert codes(mixed) == {"languages"} and mixed.facts["languages"]["de"] == pytest.approx(0.5, abs=0.02)
    assert codes(language.look(corpus_of(rows(english + russian), "generation"))) == {"languages", "scripts"}
    assert language.look(corpus_of(rows(["你好½", "?"]), "generation")).facts["scripts"] == {
        "Chinese and Japanese": 1.0
    }


def test_scripts_without_spaces_are_counted_by_characters() -> None:
    counts, how = count(["我想退货", "two words", ""], None)
    assert counts == [4, 3, 0] and "per character" in how
    assert "per character" not in count(["two words"], None)[1]


def test_lengths_over_a_limit_and_far_outliers() -> None:
    corpus = corpus_of(rows([f"word {n}" for n in range(50)] + ["word " * 900]), "generation")
    seen = lengths.look(corpus._replace(training=Training(limit=500)))
    assert codes(seen) == {"truncated", "long_rows"}
    assert seen.facts["inputs"].over == seen.facts["outputs"].over == 1
    assert codes(lengths.look(corpus_of(rows([f"word {n}" for n in range(50)]), "generation"))) == set()


def test_rows_are_counted_by_the_models_tokenizer_and_with_the_context_that_is_read(tmp_path: Path) -> None:
    vocabulary = {"[UNK]": 0, "word": 1}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    texts = [Example(id=str(n), input="word " * 10, output="word x", context="word " * 10) for n in range(30)]
    corpus = corpus_of(texts, "generation")
    for training, over in (
        (Training(tmp_path, 22), 0),
        (Training(tmp_path, 21), 30),
        (Training(tmp_path, 21, reads_context=False), 0),
    ):
        seen = lengths.look(corpus._replace(training=training))
        inputs = seen.facts["inputs"]
        assert (inputs.p50, inputs.over, inputs.limit) == (10, over, training.limit)
        assert inputs.unit == "tokens, counted with the model's tokenizer"
        assert codes(seen) == ({"truncated"} if over else set())
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    unit = lengths.look(corpus._replace(training=Training(tmp_path, 99))).facts["inputs"].unit
    assert unit.startswith("tokens, 1.4 tokens per word")


def test_drift_names_words_that_tell_the_sides_apart() -> None:
    draw = random.Random(0)
    common = [" ".join(draw.choices("abcdefgh", k=6)) for _ in range(400)]
    texts = [f"{' '.join(c * 3 for c in one.split())} {n}" for n, one in enumerate(common)]
    moved = texts[:300] + [f"{text} voicebot" for text in texts[300:]]
    split = [0] * 300 + [2] * 100
    seen = drift.look(corpus_of(rows(moved), "generation", split, True))
    assert codes(seen) == {"drift"} and "voicebot" in seen.found[0].finding.message
    assert codes(drift.look(corpus_of(rows(texts), "generation", split, True))) == set()


def test_shares_of_classes_that_shift() -> None:
    split = [0] * 200 + [2] * 200
    names = ["a"] * 160 + ["b"] * 40 + ["a"] * 60 + ["b"] * 140
    inputs = [f"text {n}" for n in range(400)]
    shifted = drift.look(corpus_of(rows(inputs, names), "classification", split, True))
    assert "prior_shift" in codes(shifted) and "V" in shifted.found[0].finding.message
    same = drift.look(corpus_of(rows(inputs, ["a", "b"] * 200), "classification", split, True))
    assert "prior_shift" not in codes(same)


def test_one_answer_for_most_rows() -> None:
    inputs = [f"text {n}" for n in range(20)]
    assert codes(balance.look(corpus_of(rows(inputs, ["n/a"] * 20), "generation"))) == {"same_output"}
    assert codes(balance.look(corpus_of(rows(inputs), "generation"))) == set()


def test_clean_tickets_pass_the_whole_check(tmp_path: Path) -> None:
    checked = check_files(write_rows(tmp_path / "tickets.jsonl", tickets(100)))
    assert [one.finding.code for one in checked.found] == []


@pytest.mark.parametrize("name", ["control_canonical", "control_generation"])
def test_control_files_give_no_finding(name: str) -> None:
    path = SHARED / "malformed" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip("the shared data are not here")
    assert [one.finding.message for one in check_files(path).found] == []
