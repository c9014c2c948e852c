"""A merged model answers as the adapter on its base did, whatever kind of adapter it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.plan import TrainingSettings
from advisor.engagement.records.runs import TrainingResult, TrainingSpec
from tests.trainers.test_training import CHECKS, LABELS, ROWS, fit
from trainers import merging
from trainers.language.loading import attach, load_network, load_tokenizer
from trainers.language.prompting import task_messages
from trainers.language.rendering import prompt_ids
from trainers.merging import Merged, merge
from trainers.objectives._kind import Job
from trainers.training import train

PROMPTS = [row.input_text() for row in CHECKS[:4]]


def trained(folder: Path, model: Path, method: str, **settings: Any) -> ModelFolder:
    """A finished training of the tiny model."""
    spec = TrainingSpec(
        method=method, weights="w", tokenizer="t", data="d", instruction="Sort the message:", labels=LABELS,
        settings=TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=8, **settings),
        seed=0, renderer=1, trainer=2,
    )  # fmt: skip
    job = Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=ROWS,
        validation=CHECKS,
        on_progress=lambda _: None,
    )
    train(job)
    return job.folder


def logits(network: Any, model: Path) -> torch.Tensor:
    """Of the first prompt."""
    messages = task_messages("Sort the message:", LABELS, PROMPTS[0])
    ids = prompt_ids(load_tokenizer(str(model)), messages)
    with torch.inference_mode():
        return network.eval()(input_ids=torch.tensor([ids])).logits[0].float()


def apart(wanted: torch.Tensor, got: torch.Tensor) -> float:
    """Relative distance."""
    return float((got - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("variant", ["lora", "rslora", "dora", "pissa"])
def test_every_kind_of_adapter_is_the_same_model_after_merging(
    variant: str, tiny_model: Path, tmp_path: Path
) -> None:
    folder = trained(tmp_path / "m", tiny_model, "lora", variant=variant)
    merged = merge(folder, str(tiny_model), tmp_path / "whole", prompts=PROMPTS)
    wanted = logits(attach(load_network(tiny_model), folder.weights_path), tiny_model)
    assert apart(wanted, logits(load_network(tmp_path / "whole"), tiny_model)) < 1e-5
    assert (merged.modules, merged.prompts, merged.same_answers) == (14, 4, 4)
    assert merged.logit_error < 1e-5 < merged.adapter_effect
    assert merged.least_change > 0
    assert not merged.dequantised


def test_qlora_goes_into_the_opened_4_bit_base_and_not_onto_the_original(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = trained(tmp_path / "m", tiny_model, "qlora")
    merged = merge(folder, str(tiny_model), tmp_path / "whole", prompts=PROMPTS)
    measured = logits(attach(load_network(tiny_model, quantised=True), folder.weights_path), tiny_model)
    original = logits(attach(load_network(tiny_model), folder.weights_path), tiny_model)
    ours = apart(measured, logits(load_network(tmp_path / "whole"), tiny_model))
    assert merged.dequantised
    assert ours < 1e-5
    assert apart(measured, original) > 1000 * ours
    config = json.loads((tmp_path / "whole" / "config.json").read_text(encoding="utf-8"))
    assert "quantization_config" not in config


def test_tokenizer_and_template_are_copied_byte_for_byte_and_the_record_lies_beside(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = trained(tmp_path / "m", tiny_model, "lora")
    merged = merge(folder, str(tiny_model), tmp_path / "whole")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (tmp_path / "whole" / name).read_bytes() == (tiny_model / name).read_bytes()
    assert codec.read_json(tmp_path / "whole" / "merged.json", Merged) == merged
    assert not list(tmp_path.glob("*.part"))
    stamp = (tmp_path / "whole" / "model.safetensors").stat().st_mtime_ns
    assert merge(folder, str(tiny_model), tmp_path / "whole") == merged
    assert (tmp_path / "whole" / "model.safetensors").stat().st_mtime_ns == stamp


def test_half_precision_is_rounded_once_after_a_merge_in_fp32(tiny_model: Path, tmp_path: Path) -> None:
    folder = trained(tmp_path / "m", tiny_model, "lora")
    merged = merge(folder, str(tiny_model), tmp_path / "half", precision="bf16", prompts=PROMPTS)
    assert merged.dtype == "bfloat16"
    assert 1e-5 < merged.logit_error < merged.adapter_effect
    exact = merge(folder, str(tiny_model), tmp_path / "whole", precision="fp32", prompts=PROMPTS)
    whole = load_network(tmp_path / "whole").state_dict()
    half = load_network(tmp_path / "half", full_precision=True).state_dict()
    assert exact.dtype == "float32"
    for name, weight in whole.items():
        torch.testing.assert_close(half[name], weight.bfloat16().float(), rtol=0, atol=0)


@pytest.mark.parametrize("targets", [["lm_head", "q_proj"], ["embed_tokens", "q_proj"]])
def test_tied_embeddings_become_two_matrices_where_the_adapter_changed_one(
    targets: list[str], tiny_model: Path, tmp_path: Path
) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    base = tmp_path / "tied"
    config = LlamaConfig.from_pretrained(tiny_model)
    config.tie_word_embeddings = True
    torch.manual_seed(1)
    LlamaForCausalLM(config).save_pretrained(base)
    for path in tiny_model.glob("*token*"):
        (base / path.name).write_bytes(path.read_bytes())
    (base / "chat_template.jinja").write_bytes((tiny_model / "chat_template.jinja").read_bytes())
    folder = trained(tmp_path / "m", base, "lora")
    lora = LoraConfig(r=4, target_modules=targets, init_lora_weights=False, task_type="CAUSAL_LM")
    torch.manual_seed(2)
    get_peft_model(load_network(base), lora).save_pretrained(folder.weights_path)
    merged = merge(folder, str(base), tmp_path / "whole", prompts=PROMPTS)
    wanted = logits(attach(load_network(base), folder.weights_path), base)
    again = load_network(tmp_path / "whole")
    assert merged.untied
    assert apart(wanted, logits(again, base)) < 1e-5
    assert not torch.equal(again.get_input_embeddings().weight, again.get_output_embeddings().weight)


def test_a_layer_that_does_not_change_is_an_error_that_names_it(tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = trained(tmp_path / "m", tiny_model, "lora")
    path = folder.weights_path / "adapter_model.safetensors"
    weights = load_file(path)
    name = next(key for key in weights if "layers.1.mlp.up_proj.lora_B" in key)
    save_file(weights | {name: torch.zeros_like(weights[name])}, path)
    with pytest.raises(RunFailed, match=r"layers\.1\.mlp\.up_proj: merging changed no weight"):
        merge(folder, str(tiny_model), tmp_path / "whole")
    assert not (tmp_path / "whole").exists()


def test_a_merge_that_answers_otherwise_is_refused_and_leaves_nothing(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained(tmp_path / "m", tiny_model, "lora")

    def careless(network: Any, staging: Path, *rest: Any, **named: Any) -> None:
        with torch.no_grad():
            network.get_output_embeddings().weight.mul_(-1)
        written(network, staging, *rest, **named)

    written = merging._write
    monkeypatch.setattr(merging, "_write", careless)
    with pytest.raises(RunFailed, match="answers otherwise than the adapter"):
        merge(folder, str(tiny_model), tmp_path / "whole")
    assert not list(tmp_path.glob("whole*"))


def test_what_cannot_be_merged_says_so(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="training is not finished"):
        merge(ModelFolder(tmp_path / "none"), str(tiny_model), tmp_path / "whole")
    result = fit(tmp_path / "full", tiny_model, "full")
    assert isinstance(result, TrainingResult)
    with pytest.raises(NotReady, match="holds whole weights"):
        merge(ModelFolder(tmp_path / "full"), str(tiny_model), tmp_path / "whole")
    folder = ModelFolder(tmp_path / "full")
    spec = codec.read_json(folder.spec_path, TrainingSpec)
    codec.write_json(folder.spec_path, msgspec.structs.replace(spec, objective="reward"))
    with pytest.raises(PlanError, match="numbers, not answers"):
        merge(folder, str(tiny_model), tmp_path / "whole")
