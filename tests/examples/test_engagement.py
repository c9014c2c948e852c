"""The example is an engagement: its records read, it copies, and its data passes `check`."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from advisor import examples as bundled
from advisor.cli.main import group, run
from advisor.engagement import codec
from advisor.engagement.records.examples import Example, Preference
from advisor.engagement.records.settings import Settings
from tests.conftest import tunecase

from .conftest import FOLDER

COPIED = ("answers.toml", "examples.jsonl", "engagement.toml", "README.md")


def test_the_example_is_on_offer() -> None:
    assert "support-triage" in bundled.names()


def test_the_settings_read_and_say_that_the_client_is_invented() -> None:
    settings = codec.read_toml(FOLDER / "engagement.toml", Settings)
    assert (settings.title, settings.client, settings.currency) == (
        "Support triage",
        "Quillbrook (fictional)",
        "USD",
    )


def test_rows_are_canonical_to_the_last_line(examples: list[Example], questions: list[Example]) -> None:
    for name, kind in (("examples", Example), ("questions", Example), ("preferences", Preference)):
        path = FOLDER / f"{name}.jsonl"
        rows: list[Example | Preference] = list(codec.iter_lines(path, kind))
        assert len(rows) == len(path.read_bytes().splitlines())


def test_the_read_me_counts_right(
    examples: list[Example], preferences: list[Preference], questions: list[Example], noise: dict[str, str]
) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for title, rows in (("tickets", examples), ("preference pairs", preferences), ("questions", questions)):
        counted = Counter(row.meta["split"] for row in rows)
        said = re.search(rf"^\| {title} \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
        assert said is not None, title
        assert [int(number) for number in said.groups()] == [
            counted[name] for name in ("train", "validation", "test")
        ], title
    assert (
        f"{len(noise)} of {len(examples)} tickets ({len(noise) / len(examples):.1%})".replace("%", " %")
        in text
    )
    assert f"{len(list(FOLDER.glob('documents/*.md')))} pages" in text
    others = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert not [name for name in others if f"`{name}" not in text]


def test_it_copies_and_its_tickets_pass_check(tmp_path: Path, examples: list[Example]) -> None:
    target = tmp_path / "triage"
    assert run(group, ["init", str(target), "--example", "support-triage"], name="tunecase") == 0
    for name in COPIED:
        assert (target / name).read_bytes() == (FOLDER / name).read_bytes()
    assert not (target / "noise.json").exists()
    checked = tunecase("check", "examples.jsonl", "--json", folder=target)
    assert checked.returncode == 0, checked.stderr
    intake = json.loads(checked.stdout)
    assert intake["status"] in ("accepted", "accepted_with_warnings")
    assert intake["task"] == "classification"
    assert intake["rows_kept"] == len(examples)
    assert intake["splits"] == Counter(row.meta["split"] for row in examples)
