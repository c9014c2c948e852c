"""The model has not seen the demo: no run of eight words, no template, no category name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.examples import support_triage
from tests.source import ROOT
from trainers.starter import STARTER_PATH, corpus, dressing
from trainers.starter.overlap import contains_phrase, ngrams, shared_ngrams, texts_of, unwanted, words
from trainers.starter.word_tables import TABLES

CATEGORIES = tuple(support_triage.COUNTS)
OURS = (dict(TABLES), dict(dressing.TABLES))
SMALL = {"copy": 100_000, "short": 400_000, "main": 1_500_000, "long": 400_000}


def strings(value: Any) -> Iterator[str]:
    """All strings below a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)


def expansions(template: str) -> list[str]:
    """All ways to resolve `[a|b]`."""
    choice = re.search(r"\[([^\[\]]*)\]", template)
    if not choice:
        return [template]
    start, end = template[: choice.start()], template[choice.end() :]
    return [found for one in choice[1].split("|") for found in expansions(start + one + end)]


def template_words(template: str) -> str:
    """A template with every slot alike, in lower case, without punctuation."""
    return " ".join(words(re.sub(r"\{\w*\}", " SLOT ", template)))


def demo_templates() -> set[str]:
    """Templates of the demo of at least three words."""
    found: set[str] = set()
    for name in ("tickets.toml", "replies.toml"):
        table = tomllib.loads((ROOT / "advisor/examples" / name).read_text(encoding="utf-8"))
        table.pop("slots", None)
        found.update(template_words(one) for text in strings(table) for one in expansions(text))
    return {template for template in found if len(template.split()) >= 3}


def test_our_exercises_share_no_run_of_eight_words_with_the_demo(
    exercises: list[str], demo_files: list[Path], demo_texts: list[str]
) -> None:
    bundled = [path for path in demo_files if path.parent.name == str(support_triage.SEED)]
    refused = unwanted(bundled, CATEGORIES)
    kept = [text for text in exercises if not refused.refuses(text)]
    assert len(kept) > 5000
    # The tables meet the demo in one idle phrase ("swap the ... for a bigger one"); the filter takes it out.
    assert len(exercises) - len(kept) < 0.001 * len(exercises)
    assert not shared_ngrams(demo_texts, kept)


def test_our_exercises_hold_no_category_of_the_demo(exercises: list[str]) -> None:
    lines = {line for text in exercises for line in text.splitlines()}
    assert not [line for line in lines if contains_phrase(line, CATEGORIES)]
    assert not [text for text in strings(OURS) if contains_phrase(text, CATEGORIES)]


def test_no_template_is_in_both_tables() -> None:
    ours = {template_words(one) for text in strings(OURS) for one in expansions(text)}
    theirs = demo_templates()
    assert len(theirs) > 500
    assert not ours & theirs


def test_the_corpus_from_the_data_sets_is_clean(
    data: Path, demo_files: list[Path], demo_texts: list[str]
) -> None:
    refused = unwanted(demo_files, CATEGORIES)
    material = corpus.read_material(data, unwanted=refused)
    documents = corpus.build(material, seed=3, unwanted=refused, characters=SMALL)
    texts = [corpus.document_text(document) for document in documents]
    assert len(texts) > 2000
    assert not shared_ngrams(demo_texts, texts)
    assert not [text for text in texts if contains_phrase(text, CATEGORIES)]


def test_the_shipped_model_was_trained_without_the_demo(demo_files: list[Path]) -> None:
    record = json.loads((STARTER_PATH / "training.json").read_text(encoding="utf-8"))
    assert set(CATEGORIES) <= set(record["forbidden_names"])
    bundled = [
        text for path in demo_files if path.parent.name == str(support_triage.SEED) for text in texts_of(path)
    ]
    assert record["forbidden_ngrams"] >= len({gram for text in bundled for gram in ngrams(text)})


def test_the_filter_refuses_copies_and_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(
        json.dumps({"a": "one two three four five six seven eight\nnine", "b": {"c": "short"}}) + "\n",
        encoding="utf-8",
    )
    assert texts_of(path) == ["one two three four five six seven eight\nnine", "short"]
    refused = unwanted([path], ["wicket nine"])
    assert refused.refuses("Zero. Two THREE four, five six seven-eight nine!")
    assert refused.refuses("see wicket_nine")
    assert not refused.refuses("one two three four five six seven")
    assert not refused.refuses("wicket ninety")
