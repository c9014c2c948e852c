"""`check` counts tokens as the plan's model does, and says what training would cut at its length."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import group, run
from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.settings import Settings
from advisor.engagement.toml_out import to_toml
from tests.harness.conftest import tickets, write_rows
from trainers.language.resolving import at_hand
from trainers.starter import STARTER_PATH


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(group, ["check", "--json", *arguments], name="tunecase") == 0
    return dict(json.loads(capsys.readouterr().out))


def test_rows_are_counted_for_the_training_that_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = tickets(40)
    rows[3]["input"] += " word" * 900
    path = str(write_rows(tmp_path / "rows.jsonl", rows))
    found = checked(capsys, path)
    (cut,) = [one for one in found["warnings"] if one["code"] == "truncated"]
    assert (cut["count"], cut["lines"]) == (1, [4])
    assert "1,024 tokens" in cut["message"]
    assert "1.4 tokens per word, because the model's tokenizer is not at hand" in cut["message"]
    assert (
        "counted with the model's" in checked(capsys, path, "--model", "starter")["profile"]["inputs"]["unit"]
    )

    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    plan = Plan(arms=["lora"], instruction="Sort it:", training=TrainingSettings(max_length=4))
    codec.write_text(engagement.plan_path, to_toml(plan))
    inputs = checked(capsys, path, "-C", str(engagement.root))["profile"]["inputs"]
    assert (inputs["limit"], inputs["over"]) == (4, 40)
    assert inputs["unit"] == "tokens, counted with the model's tokenizer"


def test_a_model_is_at_hand_where_its_tokenizer_is_and_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    assert at_hand("starter") == STARTER_PATH
    cached = {"org/here": str(tmp_path / "tokenizer.json"), "org/away": None}
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, _: cached[name])
    assert (at_hand("org/here"), at_hand("org/away")) == (tmp_path, None)
