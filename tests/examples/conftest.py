"""The bundled example as its readers see it: rows as records, pages as text."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from advisor.engagement import codec
from advisor.engagement.records.examples import Example, Preference
from advisor.examples import EXAMPLES

FOLDER = EXAMPLES / "support-triage"


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """All tickets, in file order."""
    return list(codec.iter_lines(FOLDER / "examples.jsonl", Example))


@pytest.fixture(scope="session")
def tickets(examples: list[Example]) -> dict[str, list[Example]]:
    """Tickets per split."""
    found = defaultdict(list)
    for row in examples:
        found[row.meta["split"]].append(row)
    return dict(found)


@pytest.fixture(scope="session")
def preferences() -> list[Preference]:
    """All pairs of replies."""
    return list(codec.iter_lines(FOLDER / "preferences.jsonl", Preference))


@pytest.fixture(scope="session")
def questions() -> list[Example]:
    """Questions on the documents."""
    return list(codec.iter_lines(FOLDER / "questions.jsonl", Example))


@pytest.fixture(scope="session")
def documents() -> dict[str, str]:
    """Stem -> text of each page."""
    return {page.stem: page.read_text(encoding="utf-8") for page in sorted(documents_folder().glob("*.md"))}


@pytest.fixture(scope="session")
def noise() -> dict[str, str]:
    """Id of a misfiled ticket -> the category where it belongs."""
    found: dict[str, str] = json.loads((FOLDER / "noise.json").read_text(encoding="utf-8"))
    return found


def documents_folder() -> Path:
    """Where the pages lie."""
    return FOLDER / "documents"
