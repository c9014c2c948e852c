"""What is exported is what the plan and the data say, and no text of a client can break out of its quotes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.catalogue import items
from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Message, Preference
from advisor.engagement.records.plan import TrainingSettings
from tests.trainers import exporting as made
from tests.trainers.exporting import NASTY
from trainers import exports
from trainers.exports._kind import Target
from trainers.exports.making import text, yaml_out
from trainers.language.prompting import task_messages

FAST = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    "name",
    [
        "axolotl",
        "llamafactory",
        "openai_jsonl",
        "together",
        "promptfoo",
        "skypilot",
        "slurm",
        "kubernetes",
        "hf_jobs",
    ],
)
def test_the_same_engagement_gives_the_same_files(name: str, tmp_path: Path) -> None:
    client = made.engagement(tmp_path, rows=made.examples(48), preferences=made.pairs())
    assert made.render(client, name) == made.render(client, name)


def test_every_target_of_the_contract_is_a_file() -> None:
    known = items(exports, Target)
    assert {
        "axolotl",
        "llamafactory",
        "openai_jsonl",
        "together",
        "vllm",
        "ollama",
        "skypilot",
        "promptfoo",
    } < set(known)
    assert all(target.name == name and target.title for name, target in known.items())


def seen_in_training(client: Any, ids: list[str]) -> list[list[dict[str, str]]]:
    """The messages that our own training makes of these rows."""
    rows, plan = client.examples(), client.plan()
    talks = [
        [*task_messages(plan.instruction, made.LABELS, rows[id].input), Message("assistant", rows[id].output)]
        for id in ids
    ]
    return [[{"role": one.role, "content": one.content} for one in talk] for talk in talks]


def bare(row: dict[str, Any]) -> list[dict[str, str]]:
    """Role and content of a row's messages."""
    return [{"role": one["role"], "content": one["content"]} for one in row["messages"]]


@pytest.mark.parametrize(
    ("name", "folder"), [("axolotl", ""), ("llamafactory", "data/"), ("openai_jsonl", ""), ("together", "")]
)
def test_rows_are_those_that_training_sees_and_no_test_row_is_among_them(
    name: str, folder: str, tmp_path: Path
) -> None:
    client = made.engagement(tmp_path)
    files, splits = made.render(client, name).files, client.splits()
    for part, ids in (("train", splits.train), ("validation", splits.validation)):
        found = [bare(row) for row in made.lines(files[f"{folder}{part}.jsonl"])]
        assert found == seen_in_training(client, ids)
    for id in splits.test:
        assert not any(client.examples()[id].input in content for content in files.values())


def test_axolotl_has_the_numbers_of_the_plan(tmp_path: Path) -> None:
    config = made.parsed(made.render(made.engagement(tmp_path), "axolotl").files["config.yaml"])
    wanted = {
        "adapter": "lora", "lora_r": 12, "lora_alpha": 24, "learning_rate": 3e-5, "num_epochs": 2.5,
        "sequence_len": 768, "micro_batch_size": 1, "gradient_accumulation_steps": 4, "seed": 7,
        "warmup_steps": 1, "lora_target_linear": True, "sample_packing": False,
    }  # fmt: skip
    assert {key: config[key] for key in wanted} == wanted
    assert isinstance(config["learning_rate"], float)
    assert config["datasets"][0]["path"] == "train.jsonl"
    assert config["test_datasets"][0]["path"] == "validation.jsonl"
    assert Path(config["base_model"], "config.json").is_file()


def test_llamafactory_has_the_numbers_of_the_plan(tmp_path: Path) -> None:
    files = made.render(made.engagement(tmp_path), "llamafactory").files
    config, about = made.parsed(files["config.yaml"]), json.loads(files["data/dataset_info.json"])
    wanted = {
        "finetuning_type": "lora", "lora_rank": 12, "lora_alpha": 24, "learning_rate": 3e-5, "stage": "sft",
        "num_train_epochs": 2.5, "cutoff_len": 768, "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 4, "seed": 7, "mask_history": True, "lora_target": "all",
    }  # fmt: skip
    assert {key: config[key] for key in wanted} == wanted
    assert "template" not in config
    for name in (config["dataset"], config["eval_dataset"]):
        assert f"{config['dataset_dir']}/{about[name]['file_name']}" in files


@pytest.mark.parametrize(
    ("method", "axolotl", "llamafactory"),
    [
        (
            "qlora",
            {"adapter": "qlora", "load_in_4bit": True},
            {"quantization_bit": 4, "quantization_type": "nf4"},
        ),
        ("full", {"adapter": None}, {"finetuning_type": "full", "lora_rank": None}),
    ],
)
def test_the_method_asked_for_is_the_one_configured(
    method: str, axolotl: dict[str, Any], llamafactory: dict[str, Any], tmp_path: Path
) -> None:
    agreed = made.plan(training=TrainingSettings())
    client = made.engagement(tmp_path, agreed=agreed)
    for name, wanted in (("axolotl", axolotl), ("llamafactory", llamafactory)):
        config = made.parsed(made.render(client, name, arm=method).files["config.yaml"])
        assert {key: config.get(key) for key in wanted} == wanted
        assert config["learning_rate"] == {"qlora": 2e-4, "full": 2e-5}[method]


@pytest.mark.parametrize("variant", ["rslora", "dora", "pissa"])
def test_the_kind_of_adapter_is_carried_over(variant: Any, tmp_path: Path) -> None:
    client = made.engagement(tmp_path, agreed=made.plan(training=TrainingSettings(variant=variant)))
    keys = {
        "axolotl": {"rslora": "peft_use_rslora", "dora": "peft_use_dora", "pissa": "peft_init_lora_weights"},
        "llamafactory": {"rslora": "use_rslora", "dora": "use_dora", "pissa": "pissa_init"},
    }
    for name, by_variant in keys.items():
        config = made.parsed(made.render(client, name).files["config.yaml"])
        assert config[by_variant[variant]] in (True, "pissa")
        assert not any(other in config for kind, other in by_variant.items() if kind != variant)


CONVERSATION = [Message("user", "hi"), Message("assistant", "hello"), Message("user", "my card?")]


@pytest.mark.parametrize(("turns", "trained"), [("last", [False, True]), ("all", [True, True])])
def test_only_the_answers_that_are_learnt_are_marked_so(
    turns: Any, trained: list[bool], tmp_path: Path
) -> None:
    rows = made.examples(48, input=CONVERSATION)
    client = made.engagement(tmp_path, rows=rows, agreed=made.plan(training=TrainingSettings(turns=turns)))
    row = made.lines(made.render(client, "axolotl").files["train.jsonl"])[0]
    assert [one["training"] for one in row["messages"] if one["role"] == "assistant"] == trained
    hosted = made.lines(made.render(client, "openai_jsonl").files["train.jsonl"])[0]
    weights = [one.get("weight", 1) for one in hosted["messages"] if one["role"] == "assistant"]
    assert weights == [int(one) for one in trained]
    config = made.parsed(made.render(client, "llamafactory").files["config.yaml"])
    assert config["mask_history"] is (turns == "last")


def test_what_the_other_trainer_will_not_do_is_said(tmp_path: Path) -> None:
    agreed = made.plan(limit=5, seeds=[3, 4], training=TrainingSettings(patience=2))
    client = made.engagement(tmp_path, agreed=agreed, preferences=made.pairs())
    found = made.render(client, "axolotl")
    for said in ("limits each split to 5 rows", "the first is written", "patience", "pairs are not exported"):
        assert any(said in note for note in found.notes)
        assert said in found.files["README.md"]
    assert made.parsed(found.files["config.yaml"])["seed"] == 3


def test_a_row_of_weight_0_is_left_out_and_other_weights_are_said(tmp_path: Path) -> None:
    rows = [
        Example(
            id=row.id,
            input=row.input,
            output=row.output,
            meta={"weight": {"t0": 0, "t1": 2.0}.get(row.id, 1)},
        )
        for row in made.examples()
    ]
    found = made.render(made.engagement(tmp_path, rows=rows), "axolotl")
    assert len(made.lines(found.files["train.jsonl"])) == 11
    assert any("1 rows count as 1" in note for note in found.notes)


@pytest.mark.parametrize("name", ["openai_jsonl", "together"])
def test_pairs_are_written_as_inputs_with_two_outputs(name: str, tmp_path: Path) -> None:
    client = made.engagement(tmp_path, rows=made.examples(48), preferences=made.pairs())
    files = made.render(client, name).files
    pairs = made.lines(files["preferences_train.jsonl"])
    assert [len(pairs), len(made.lines(files["preferences_validation.jsonl"]))] == [10, 2]
    assert pairs[0] == {
        "input": {
            "messages": [
                {"role": "system", "content": made.INSTRUCTION},
                {"role": "user", "content": "say 0"},
            ]
        },
        "preferred_output": [{"role": "assistant", "content": "gladly"}],
        "non_preferred_output": [{"role": "assistant", "content": "no"}],
    }
    formats = (
        {"messages"},
        {"prompt", "completion"},
        {"text"},
        {"input", "preferred_output", "non_preferred_output"},
    )
    for content in (one for path, one in files.items() if path.endswith(".jsonl")):
        for row in made.lines(content):
            assert sum(bool(wanted & set(row)) for wanted in formats) == 1


def test_openai_takes_10_rows_or_more_and_its_closing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="6 training rows; OpenAI takes 10 or more"):
        made.render(made.engagement(tmp_path / "few", rows=made.examples(12)), "openai_jsonl")
    found = made.render(made.engagement(tmp_path / "many"), "openai_jsonl")
    assert "6 January 2027" in found.files["README.md"]
    assert any("6 January 2027" in note for note in found.notes)


@pytest.mark.parametrize("name", ["openai_jsonl", "together"])
def test_rows_that_break_a_rule_are_refused_by_id(name: str, tmp_path: Path) -> None:
    rows = [*made.examples(47), Example(id="t47", input=" ", output="card")]
    rows[44] = Example(id="t44", input="why?", output="")
    with pytest.raises(DataError, match="row t44: the assistant's message is empty"):
        made.render(made.engagement(tmp_path / "rows", rows=rows), name)
    empty = [*made.pairs(11), Preference(id="bad", prompt="say", chosen="yes", rejected=" ")]
    client = made.engagement(tmp_path / "pairs", rows=made.examples(48), preferences=empty)
    with pytest.raises(DataError, match="row bad: the assistant's message is empty"):
        made.render(client, name)


@pytest.mark.parametrize("name", ["together", "llamafactory"])
def test_turns_that_do_not_alternate_are_refused_where_the_tool_would_drop_them(
    name: str, tmp_path: Path
) -> None:
    odd = [Message("user", "hi"), Message("user", "again")]
    rows = [Example(id="odd", input=odd, output="card"), *made.examples(47)]
    with pytest.raises(DataError, match="row odd: turn 2 is the user's, expected the assistant's"):
        made.render(made.engagement(tmp_path, rows=rows), name)


def test_promptfoo_tests_are_the_test_rows_and_nothing_of_them_is_a_template(tmp_path: Path) -> None:
    hostile = "{{ env.HOME }} {% x %} file:///etc/passwd"
    client = made.engagement(tmp_path, rows=made.examples(24, input=hostile, output=hostile, label=None))
    files = made.render(client, "promptfoo").files
    tests = json.loads(files["tests.json"])
    assert [one["vars"]["row"]["id"] for one in tests] == client.splits().test
    assert all(one["vars"]["row"]["target"] == one["vars"]["row"]["text1"] == hostile for one in tests)
    assert all(list(one) == ["vars"] and list(one["vars"]) == ["row"] for one in tests)
    for name in ("promptfooconfig.yaml", "prompt.json"):
        assert "HOME" not in files[name] and "passwd" not in files[name]
    config = made.parsed(files["promptfooconfig.yaml"])
    assert "{{ env.TUNECASE_MODEL }}" in config["providers"][0]["id"]
    assert config["defaultTest"]["assert"] == [{"type": "equals", "value": "{{ row.target }}"}]


def test_conversations_of_other_lengths_get_a_prompt_of_their_own(tmp_path: Path) -> None:
    rows = [*made.examples(23), Example(id="long", input=CONVERSATION, output="card")]
    files = made.render(made.engagement(tmp_path, rows=rows), "promptfoo").files
    roles = [[one["role"] for one in json.loads(files[f"prompt{end}.json"])] for end in ("", "-2")]
    assert roles == [["system", "user"], ["system", "user", "assistant", "user"]]
    assert [one["vars"]["row"]["id"] for one in json.loads(files["tests-2.json"])] == ["long"]


def test_skypilot_runs_our_own_command_and_caps_the_price(tmp_path: Path) -> None:
    client = made.engagement(tmp_path, agreed=made.plan(model="Qwen/Qwen3-8B"))
    job = made.parsed(made.render(client, "skypilot").files["job.yaml"])
    (place,) = job["file_mounts"]
    assert job["run"] == f"tunecase compare -C {place}"
    assert job["file_mounts"][place]["source"] == "../.."
    assert job["resources"]["use_spot"] is True
    assert 0 < job["resources"]["max_hourly_cost"] < 20
    assert job["resources"]["accelerators"].endswith(":1")
    assert job["secrets"] == {"HF_TOKEN": None}


@FAST
@given(
    st.dictionaries(
        NASTY, st.one_of(NASTY, st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False))
    )
)
def test_yaml_reads_back_as_it_was_given(content: dict[str, Any]) -> None:
    whole = {
        "inner": content,
        "list": [*content.values(), content or "-"],
        "none": None,
        "yes": True,
        "empty": [],
    }
    assert yaml.safe_load(yaml_out.document(whole)) == whole


@FAST
@given(NASTY)
def test_a_code_block_ends_where_its_text_does(content: str) -> None:
    first, *middle, last = text.fenced(content).split("\n")
    assert "\n".join(middle) == content
    assert last == first.removesuffix("text")
    assert last not in content


@settings(max_examples=40, deadline=None)
@given(NASTY, NASTY)
def test_rows_and_configs_hold_any_text(instruction: str, said: str) -> None:
    rows = [Example(id=row.id, input=said + "?", output=said + "!") for row in made.examples()]
    with tempfile.TemporaryDirectory() as root:
        client = made.engagement(Path(root), rows=rows, agreed=made.plan(instruction=instruction))
        assert client.plan().instruction == instruction
        row = made.lines(made.render(client, "axolotl").files["train.jsonl"])[0]
        assert row["messages"][0]["content"] == instruction
        assert row["messages"][1]["content"] == said + "?"
        tested = json.loads(made.render(client, "promptfoo").files["tests.json"])[0]["vars"]["row"]
        assert [tested["text0"], tested["text1"]] == [instruction, said + "?"]
        assert made.parsed(made.render(client, "skypilot").files["job.yaml"])["name"].startswith("tunecase-")
