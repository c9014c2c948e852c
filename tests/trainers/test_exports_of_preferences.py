"""Preference pairs for Axolotl and LLaMA-Factory, where the plan learns from pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import PreferenceSettings
from tests.trainers import exporting as made


def with_pairs(root: Path, **changes: Any) -> Engagement:
    """The arm dpo, eight pairs to learn from, two to choose on, two to test."""
    pairs = [
        msgspec.structs.replace(pair, meta={"split": "validation"}) if pair.id in ("p8", "p9") else pair
        for pair in made.pairs()
    ]
    return made.engagement(root, agreed=made.plan(arms=["lora", "dpo"], **changes), preferences=pairs)


@pytest.mark.parametrize(("name", "folder"), [("axolotl", ""), ("llamafactory", "data/")])
def test_pairs_go_along_where_the_plan_learns_from_them_and_none_to_test_is_among_them(
    name: str, folder: str, tmp_path: Path
) -> None:
    found = made.render(with_pairs(tmp_path), name)
    pairs = made.lines(found.files[f"{folder}preferences_train.jsonl"])
    assert pairs[0] == {
        "messages": [{"role": "system", "content": made.INSTRUCTION}, {"role": "user", "content": "say 0"}],
        "chosen": {"role": "assistant", "content": "gladly"},
        "rejected": {"role": "assistant", "content": "no"},
    }
    assert len(pairs) == 8
    assert len(made.lines(found.files[f"{folder}preferences_validation.jsonl"])) == 2
    assert not any("say 10" in content or "say 11" in content for content in found.files.values())
    assert not any("not exported" in note for note in found.notes)
    assert "dpo.yaml" in found.files["README.md"]


def test_preferences_are_learnt_elsewhere_with_the_numbers_of_the_plan(tmp_path: Path) -> None:
    client = with_pairs(tmp_path, preferences=PreferenceSettings(beta=0.3, epochs=2.0))
    shared = {"learning_rate": 5e-6, "gradient_accumulation_steps": 4, "warmup_steps": 1, "seed": 7}
    axolotl = made.parsed(made.render(client, "axolotl").files["dpo.yaml"])
    wanted: dict[str, Any] = shared | {"rl": "dpo", "rl_beta": 0.3, "num_epochs": 2.0, "adapter": "lora"}
    assert {key: axolotl[key] for key in wanted} == wanted
    assert axolotl["datasets"][0]["path"] == "preferences_train.jsonl"
    assert axolotl["test_datasets"][0]["path"] == "preferences_validation.jsonl"
    files = made.render(client, "llamafactory").files
    factory, about = made.parsed(files["dpo.yaml"]), json.loads(files["data/dataset_info.json"])
    wanted = shared | {"stage": "dpo", "pref_beta": 0.3, "pref_loss": "sigmoid", "num_train_epochs": 2.0}
    assert {key: factory[key] for key in wanted} == wanted
    # LLaMA-Factory refuses these two outside supervised fine-tuning
    assert not {"mask_history", "train_on_prompt"} & set(factory)
    for name in (factory["dataset"], factory["eval_dataset"]):
        assert about[name]["ranking"] is True
        assert f"data/{about[name]['file_name']}" in files
    full = made.parsed(made.render(client, "axolotl", arm="full").files["dpo.yaml"])
    assert full["learning_rate"] == 5e-7


def test_without_the_arm_or_without_pairs_nothing_is_said_of_preferences(tmp_path: Path) -> None:
    plain = made.engagement(tmp_path / "plain", preferences=made.pairs())
    bare_plan = made.engagement(tmp_path / "bare", agreed=made.plan(arms=["lora", "dpo"]))
    for client in (plain, bare_plan):
        for name in ("axolotl", "llamafactory"):
            files = made.render(client, name).files
            assert "dpo.yaml" not in files
            assert not any("preferences" in path for path in files)
            assert "dpo.yaml" not in files["README.md"]
