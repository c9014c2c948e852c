"""One base in memory for many arms: loaded once, never handed out with anything left in it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from advisor.engagement.errors import RunFailed
from trainers.language import holding, loading
from trainers.language.loading import load_language

ASKED = torch.tensor([[5, 6, 7, 8, 9]])


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """No base of another test before, none left behind."""
    holding.release()
    yield
    holding.release()


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every network that is read from disk."""
    read: list[Path] = []
    real = loading.load_network

    def counted(folder: Path, **options: Any) -> Any:
        read.append(folder)
        return real(folder, **options)

    monkeypatch.setattr(loading, "load_network", counted)
    return read


def adapter(model: Path, folder: Path, **options: Any) -> Path:
    """An adapter with random weights."""
    torch.manual_seed(len(options))
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", **options)
    wrapped = get_peft_model(loading.load_network(model), config)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_" in name and "magnitude" not in name:
                weight.normal_(std=0.2)
    wrapped.save_pretrained(folder)
    return folder


def logits(model: Path, given: Path | None = None, *, held: bool, quantised: bool = False) -> torch.Tensor:
    """As the model answers."""
    language = load_language(str(model), adapter=given, held=held, quantised=quantised)
    with torch.no_grad():
        return torch.as_tensor(language.network(input_ids=ASKED, use_cache=False).logits)


@pytest.mark.parametrize("quantised", [False, True])
def test_arms_on_one_base_load_it_once_and_answer_to_the_bit_as_if_alone(
    quantised: bool, tiny_model: Path, tmp_path: Path, loads: list[Path]
) -> None:
    plain = adapter(tiny_model, tmp_path / "lora")
    dora = adapter(tiny_model, tmp_path / "dora", use_dora=True)
    order = [None, None, plain, dora, None, plain]
    wanted = [logits(tiny_model, one, held=False, quantised=quantised) for one in order]
    assert not torch.equal(wanted[0], wanted[2])
    assert not torch.equal(wanted[2], wanted[3])
    loads.clear()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "error", UserWarning
        )  # peft warns of a second adapter on a base that still has the first
        found = [logits(tiny_model, one, held=True, quantised=quantised) for one in order]
    assert len(loads) == 1
    for one, other in zip(found, wanted, strict=True):
        assert torch.equal(one, other)


def test_a_base_that_was_written_to_is_loaded_anew(tiny_model: Path, loads: list[Path]) -> None:
    wanted = logits(tiny_model, held=True)
    language = load_language(str(tiny_model), held=True)
    with torch.no_grad():
        next(language.network.parameters()).mul_(1.5)
    assert torch.equal(logits(tiny_model, held=True), wanted)
    assert len(loads) == 2


def test_an_adapter_that_changes_the_base_below_it_leaves_nothing_behind(
    tiny_model: Path, tmp_path: Path
) -> None:
    wanted = logits(tiny_model, held=True)
    language = load_language(str(tiny_model), held=True)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights="pissa")
    holding.lend(get_peft_model(language.network, config))
    assert torch.equal(logits(tiny_model, held=True), wanted)


def test_an_adapter_that_does_not_fit_leaves_nothing_behind(tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    wanted = logits(tiny_model, held=True)
    folder = adapter(tiny_model, tmp_path / "lora")
    path = folder / "adapter_model.safetensors"
    weights = load_file(path)
    weights["strange"] = torch.zeros(1)
    save_file(weights, path)
    with pytest.raises(RunFailed, match="does not fit the base"):
        load_language(str(tiny_model), adapter=folder, held=True)
    assert torch.equal(logits(tiny_model, held=True), wanted)


def test_another_base_under_the_same_path_is_loaded(
    tiny_model: Path, tmp_path: Path, loads: list[Path]
) -> None:
    from safetensors.torch import load_file, save_file

    place = tmp_path / "model"
    shutil.copytree(tiny_model, place)
    before = logits(place, held=True)
    (path,) = place.glob("*.safetensors")
    changed = {name: 1.5 * weight for name, weight in load_file(path).items()}
    save_file(changed, path, metadata={"format": "pt"})
    assert not torch.equal(logits(place, held=True), before)
    assert len(loads) == 2


def test_training_has_the_memory_to_itself(tiny_model: Path, loads: list[Path]) -> None:
    logits(tiny_model, held=True)
    loading.load_network(tiny_model, full_precision=True, training=True)
    loads.clear()
    logits(tiny_model, held=True)
    assert len(loads) == 1
