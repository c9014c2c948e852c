"""A trained model goes to servers with its own template, and its card says what was measured and no more."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.engagement import codec
from advisor.engagement.errors import FileError, NotReady, PlanError, RecordError
from advisor.engagement.records.comparison import Verdict
from advisor.engagement.records.plan import PreferenceSettings
from advisor.engagement.records.runs import TrainingSpec
from tests.trainers import exporting as made
from trainers.exports import model_card, vllm
from trainers.exports.making.writing import write_all

TARGETS = ("vllm", "ollama", "model_card")


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_trained_is_not_ready(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="nothing is trained yet") as refused:
        made.render(made.engagement(tmp_path), name)
    assert refused.value.fix == "run `tunecase compare`"


@pytest.mark.parametrize("name", TARGETS)
def test_the_same_model_gives_the_same_files(name: str, tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    made.compare(client)
    assert made.render(client, name) == made.render(client, name)


def verdict(winner: str | None) -> Verdict:
    """A verdict with that winner."""
    return Verdict(
        decision="inconclusive", winner=winner, winner_approach=None, advised=None, sentence="", because="",
        needed_n=None, caveats=[], next_step="",
    )  # fmt: skip


def test_the_winner_is_exported_or_the_only_trained_arm_or_the_one_named(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    made.compare(client)
    codec.write_json(client.verdict_path, verdict("zero_shot"))
    assert "(arm lora)" in made.render(client, "vllm").files["README.md"]
    with pytest.raises(PlanError, match=r"no trained model of the arm `lore`. Did you mean `lora`\?"):
        made.render(client, "vllm", arm="lore")
    both = client.comparison()
    assert both is not None
    other = msgspec.structs.replace(both.arms[1], name="qlora")
    codec.write_json(client.comparison_path, msgspec.structs.replace(both, arms=[*both.arms, other]))
    with pytest.raises(PlanError, match="the winner, zero_shot, was not trained"):
        made.render(client, "vllm")
    codec.write_json(client.verdict_path, verdict("qlora"))
    assert "(arm qlora)" in made.render(client, "vllm").files["README.md"]


@pytest.mark.parametrize("name", ["../secrets", "/etc", "a/b", ".."])
def test_a_record_that_leads_out_of_the_engagement_is_refused(name: str, tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    found = made.compare(client)
    arms = [msgspec.structs.replace(found.arms[1], models=[name])]
    codec.write_json(client.comparison_path, msgspec.structs.replace(found, arms=arms))
    with pytest.raises(RecordError, match="is no folder of `models/`"):
        made.render(client, "vllm")


def test_vllm_serves_the_adapter_over_its_base_with_the_base_s_template(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    files = made.render(client, "vllm").files
    config = made.parsed(files["vllm.yaml"])
    assert config["enable-lora"] is True
    assert config["max-lora-rank"] == 16
    (module,) = [json.loads(one) for one in config["lora-modules"]]
    where = (client.root / "export" / "vllm" / module["path"]).resolve()
    assert (where / "adapter_config.json").is_file()
    assert Path(config["model"], "config.json").is_file()
    own = Path(config["model"], "chat_template.jinja").read_text(encoding="utf-8")
    assert files[config["chat-template"]] == own
    request = json.loads(files["request.json"])
    assert request["model"] == module["name"]
    assert request["messages"][0]["content"].startswith(made.INSTRUCTION)


@pytest.mark.parametrize(
    ("adapter", "why"),
    [
        ({"modules_to_save": ["lm_head"]}, "lm_head"),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "biases"),
        ({"r": 600}, "600"),
        ({"rank_pattern": {"q_proj": 1024}}, "1024"),
    ],
)
def test_what_vllm_cannot_load_gets_no_config_and_the_reason(
    adapter: dict[str, Any], why: str, tmp_path: Path
) -> None:
    client = made.engagement(tmp_path)
    made.train(client, adapter=adapter)
    found = made.render(client, "vllm")
    assert "vllm.yaml" not in found.files
    assert "vLLM-servable: **no**" in found.files["README.md"]
    assert any(why in note for note in found.notes)


def test_a_fully_trained_model_is_served_without_an_adapter(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client, adapter={})
    config = made.parsed(made.render(client, "vllm").files["vllm.yaml"])
    assert config["model"] == f"../../models/{made.FOLDER}/weights"
    assert "enable-lora" not in config
    assert (
        made.render(client, "ollama")
        .files["Modelfile"]
        .startswith(f"FROM ../../models/{made.FOLDER}/weights\n")
    )


def test_a_rank_that_vllm_has_no_value_for_takes_the_next(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client, adapter={"r": 33})
    assert made.parsed(made.render(client, "vllm").files["vllm.yaml"])["max-lora-rank"] == 64
    assert list(vllm.RANKS) == sorted(vllm.RANKS)


def test_the_card_says_what_the_records_say(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    result = made.train(client, best_step=6, notes=["Loss rose after step 6."])
    made.compare(client)
    card = made.render(client, "model_card").files["README.md"]
    for said in (
        "0.3750 on validation", "Weights of step 6", f"sha256 `{result.weights}`",
        "| accuracy | 0.8125 | 0.5625 | 0.9375 | 6 |", "+0.2500 (+0.1250 to", "n = 6): better",
        "3 rows repeat an earlier input", "Loss rose after step 6", "torch 2.13.0", "61 seconds on cpu",
        "rank 12, alpha 24", "Learning rate 3e-05", "test: 6 rows",
    ):  # fmt: skip
        assert said in card, said
    front = made.parsed(card.split("---\n")[1])
    assert front["library_name"] == "peft"
    assert front["license"] == "apache-2.0"


def test_the_card_of_a_preference_model_shows_the_settings_that_it_was_trained_with(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client, objective="dpo")
    path = client.root / "models" / made.FOLDER / "spec.json"
    spec = codec.read_json(path, TrainingSpec)
    chosen = PreferenceSettings(beta=0.25)
    codec.write_json(path, msgspec.structs.replace(spec, objective="dpo", pairs="f" * 64, preferences=chosen))
    card = made.render(client, "model_card").files["README.md"]
    assert "beta 0.25" in card
    assert "Learning rate" not in card
    assert f"Preference pairs: sha256 `{'f' * 64}`" in card


@pytest.mark.parametrize(
    ("model", "licence"),
    [
        ("Qwen/Qwen3-8B", {"license": "apache-2.0"}),
        ("meta-llama/Llama-3.1-8B", {"license": "other"}),
    ],
)
def test_a_listed_base_brings_its_licence(model: str, licence: dict[str, str], tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    target, trained = made.material(client, "model_card"), made.plan(model=model)
    material = dataclasses.replace(target, plan=trained, base=model, base_is_folder=False)
    front = made.parsed(model_card.render(material).files["README.md"].split("---\n")[1])
    assert front["base_model"] == model
    assert front["license"] == licence["license"]


def test_the_card_of_an_unmeasured_model_says_so_and_invents_nothing(
    tmp_path: Path, tiny_model: Path
) -> None:
    client = made.engagement(tmp_path, agreed=made.plan(model=str(tiny_model)))
    made.train(client)
    found = made.render(client, "model_card")
    card = found.files["README.md"]
    assert "Not measured" in card
    assert "| accuracy" not in card
    assert "test:" not in card
    assert "**to be filled in by a person**" in card
    assert "license" not in made.parsed(card.split("---\n")[1])
    assert any("licence" in note for note in found.notes)


def test_files_appear_together_and_a_changed_one_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "export" / "x"
    files = {"a.txt": "one", "data/b.txt": "two"}
    written = write_all(folder, files, replace=False)
    assert [path.read_text(encoding="utf-8") for path in written] == ["one", "two"]
    assert write_all(folder, files, replace=False) == written
    written[1].write_text("by hand", encoding="utf-8")
    (folder / "own.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NotReady, match="there is another version already"):
        write_all(folder, files | {"a.txt": "new"}, replace=False)
    assert [path.read_text(encoding="utf-8") for path in written] == ["one", "by hand"]
    write_all(folder, files | {"a.txt": "new"}, replace=True)
    assert [path.read_text(encoding="utf-8") for path in written] == ["new", "two"]
    assert (folder / "own.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["x"]


def test_a_write_that_fails_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "x"
    write_all(folder, {"a.txt": "one", "b.txt": "two"}, replace=False)
    writes = codec.write_bytes

    def full(path: Path, content: bytes) -> None:
        if path.name == "b.txt":
            raise OSError(28, "No space left on device")
        writes(path, content)

    monkeypatch.setattr(codec, "write_bytes", full)
    with pytest.raises(FileError, match="No space left on device"):
        write_all(folder, {"a.txt": "new", "b.txt": "new"}, replace=True)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {
        "a.txt": "one",
        "b.txt": "two",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_file_in_the_way_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    with pytest.raises(FileError, match="expected a folder"):
        write_all(tmp_path / "x", {"a": "b"}, replace=False)


def test_what_an_arm_with_retrieval_needs_is_said_wherever_its_weights_go(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    both = made.compare(client)
    prompt = "<|user|> [1] {passage}\n\n[2] {passage} {input}"
    told = {"search": "by words (BM25) over 31 passages"}
    arms = [msgspec.structs.replace(both.arms[1], name="lora_rag", prompt=prompt, choices=told)]
    codec.write_json(client.comparison_path, msgspec.structs.replace(both, arms=arms))
    for name in TARGETS:
        found = made.render(client, name)
        assert "with 2 before each question" in " ".join(found.files["README.md"].split()), name
        assert "over 31 passages" in found.files["README.md"]
        if name != "model_card":
            assert any("lora_rag answers from passages" in note for note in found.notes)
            (_, asked) = json.loads(found.files["request.json"])["messages"]
            assert asked["content"].startswith("Passages:\n\n[1] {passage}\n\n[2] {passage}")
            assert asked["content"].endswith("{input}")
    made.compare(client)
    assert "passages" not in made.render(client, "vllm").files["README.md"]


def test_vllm_gets_no_option_that_is_not_explained_and_listens_here_only(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    for device, adapter in (("cpu", None), ("NVIDIA H100", None), ("NVIDIA H100", {})):
        made.train(client, device=device, adapter=adapter)
        config = made.parsed(made.render(client, "vllm").files["vllm.yaml"])
        assert config.keys() <= vllm.OPTIONS.keys()
        assert (config["host"], config["generation-config"]) == ("127.0.0.1", "vllm")
        assert ("max-model-len" in config) == (device != "cpu")
