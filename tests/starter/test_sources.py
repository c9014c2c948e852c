"""Where the training text may come from."""

from __future__ import annotations

import re
from pathlib import Path

from trainers.starter.sources import (
    ALLOWED,
    CHATS,
    EVERYDAY,
    HELD_OUT,
    MEASURED_ONLY,
    PROSE,
    SOURCES,
    intents,
)


def test_every_licence_is_one_we_may_use() -> None:
    assert SOURCES
    assert {licence for source in SOURCES for licence in source.licences} <= ALLOWED
    assert not [licence for licence in ALLOWED if re.search("SA|NC|ND|GPL", licence)]


def test_every_source_is_attributed() -> None:
    assert all(source.licences and source.attribution and source.used_for for source in SOURCES)


def test_only_train_splits_and_no_set_that_is_kept_for_measurement() -> None:
    paths = [path for source in SOURCES for path in source.paths]
    assert not [path for path in paths if path.split("/")[0] in MEASURED_ONLY]
    assert not [path for path in paths if "test" in path or "validation" in path]
    assert all("train" in path for path in paths if not path.startswith("open_text/"))


def test_every_file_that_is_read_belongs_to_a_source() -> None:
    listed = {path for source in SOURCES for path in source.paths}
    read = {f"open_text/prose/{name}.jsonl.gz" for name in (*PROSE, *EVERYDAY)}
    read |= {f"open_text/tasks/{name}.jsonl.gz" for name in (*CHATS, "business_glossary")}
    named = {path for path in listed if path.startswith("open_text/")}
    assert read == named


def test_held_out_intents_are_not_among_those_trained_on(data: Path) -> None:
    for name in HELD_OUT:
        trained, kept = set(intents(data, name)), set(intents(data, name, held_out=True))
        assert len(kept) == len(HELD_OUT[name])
        assert not trained & kept


def test_every_source_lies_where_it_says_and_its_card_agrees(data: Path) -> None:
    for source in SOURCES:
        for path in source.paths:
            assert (data / path).is_file()
        folder = source.paths[0].split("/")[0] if source.paths else "open_text"
        if folder != "open_text":
            card = (data / folder / "CARD.md").read_text(encoding="utf-8")
            assert f"**Licence:** {source.licences[0]}" in card
            assert "**Licence tier:** A" in card
