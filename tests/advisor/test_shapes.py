"""Models by name or by size, and rows of published tables as setups."""

from __future__ import annotations

import pytest

from advisor.costing.memory import estimate
from advisor.costing.rows import setup_from_row
from advisor.costing.shapes import find_row, find_shape, from_params, parameters_b, shape_table
from advisor.engagement.errors import DataError, PlanError


def test_sizes_of_the_table_add_up_to_its_parameters() -> None:
    for row in shape_table():
        # more than the sizes say: vision towers, tables of their own; gross slips are what this looks for
        assert 0.3 < parameters_b(row.shape) / row.shape.params_b < 1.03, row.hub_id
        assert row.source


@pytest.mark.parametrize(
    ("name", "hub_id"),
    [
        ("llama-3.1-8b", "meta-llama/Llama-3.1-8B"),
        ("META-LLAMA/llama-3.1-8b-instruct", "meta-llama/Llama-3.1-8B"),
        ("unsloth/mistral-7b-bnb-4bit", "mistralai/Mistral-7B-v0.1"),
        ("llama-2-7b", "meta-llama/Llama-2-7b-hf"),
        ("qwen-7b", "Qwen/Qwen-7B"),
        ("phi-1.5", "microsoft/phi-1_5"),
        ("mixtral-8x7b", "mistralai/Mixtral-8x7B-v0.1"),
    ],
)
def test_a_model_is_found_by_hub_id_or_bare_name(name: str, hub_id: str) -> None:
    row = find_row(name)
    assert row is not None and row.hub_id == hub_id


def test_an_unknown_model_is_refused_with_a_suggestion() -> None:
    with pytest.raises(PlanError, match=r"llama-3\.2-3b") as refused:
        find_shape("llama-3.2-4b")
    assert "--params-b" in refused.value.fix


@pytest.mark.parametrize("size", [0.1, 1.0, 7.0, 13.0, 34.0, 70.0, 405.0])
def test_a_guessed_shape_has_about_the_parameters_it_was_guessed_from(size: float) -> None:
    shape = from_params(size)
    assert shape.guessed
    assert parameters_b(shape) == pytest.approx(size, rel=0.12)


ROW = {
    "id": "m1",
    "model": "llama-3-8b",
    "technique": "qlora",
    "quant": "nf4-dq",
    "param_dtype": "bf16",
    "lora_rank": "8",
    "lora_targets": "q,v",
    "batch_size": "2",
    "seq_len": "2048",
    "grad_checkpointing": "0",
    "attention": "fa2",
    "fused_loss": "liger",
    "n_gpus": "2",
    "sharding": "fsdp",
    "gpu": "A100-80",
    "offload": "activations",
    "optimizer": "paged_adamw_8bit",
    "framework": "trl",
}


def test_a_row_of_a_table_becomes_a_setup() -> None:
    found = setup_from_row(ROW)
    assert (found.technique, found.quantisation, found.rank, found.targets) == (
        "qlora",
        "nf4_double",
        8,
        ("q", "v"),
    )
    assert (found.seq_len, found.batch_size, found.checkpointing, found.loss) == (2048, 2, False, "fused")
    assert (found.gpus, found.sharding, found.gpu, found.offload) == (2, "fsdp", "A100-80", "activations")
    assert (found.optimizer, found.attention) == ("paged_adamw8bit", "flash")


def test_an_empty_column_takes_a_sensible_default() -> None:
    found = setup_from_row({**dict.fromkeys(ROW, ""), "id": "m2", "params_b": "7"})
    assert found.shape.guessed and found.shape.params_b == 7
    assert (found.technique, found.checkpointing, found.gpus, found.sharding) == ("lora", True, 1, "none")
    assert estimate(found).allocated.likely > 0


def test_a_size_in_the_name_or_in_a_column_is_read() -> None:
    assert setup_from_row({"model": "someones-30b-a3b"}).shape.active_b == 3
    assert setup_from_row({"model": "someones-270m"}).shape.params_b == 0.27
    wide = setup_from_row({"model": "llama-3-8b", "vocab": "256000"}).shape
    assert wide.vocab == 256000 and wide.hidden == 4096


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "someones", "params_b": ""}, "someones"),
        ({"technique": "magic"}, "magic"),
        ({"seq_len": "long"}, "long"),
    ],
)
def test_a_row_that_cannot_be_estimated_says_why(change: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said) as refused:
        setup_from_row({**ROW, **change})
    assert "m1" in refused.value.problem
