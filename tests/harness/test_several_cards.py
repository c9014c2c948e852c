"""Answers of a model that one GPU does not hold: its layers on several, or a refusal before it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from advisor.engagement.errors import RunFailed
from advisor.engagement.progress import silent
from harness.models.scoring import Scorer
from tests.harness.test_scoring import LABELS, gap, prompts
from trainers.language import loading

BYTES = 2
"""Of a weight in bf16."""


@pytest.fixture
def need(tiny_model: Path) -> int:
    """Bytes that answering takes."""
    held = AutoModelForCausalLM.from_pretrained(tiny_model).state_dict()
    assert loading.stored_parameters(tiny_model) == sum(weight.numel() for weight in held.values())
    return int(loading.BESIDES * BYTES * loading.stored_parameters(tiny_model))


def with_cards(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    """A machine whose GPUs have so many bytes free."""
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number: (free[number], 2 * free[number]))


def test_layers_go_to_several_gpus_only_where_one_does_not_hold_them(
    tiny_model: Path, need: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cards(monkeypatch, need, need)
    assert loading.several_cards(tiny_model, quantised=False) == {}
    with_cards(monkeypatch, need - 1, need - 1)
    several = {"device_map": "balanced", "max_memory": {0: need - 1, 1: need - 1}}
    assert loading.several_cards(tiny_model, quantised=False) == several
    assert loading.several_cards(tiny_model, quantised=True) == {}
    # one of a crew has its own GPU and leaves those of the others alone
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert loading.several_cards(tiny_model, quantised=False) == {}


def test_what_all_gpus_together_do_not_hold_is_refused_before_it_is_loaded(
    tiny_model: Path, need: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cards(monkeypatch, need // 4, need // 4)
    with pytest.raises(RunFailed, match="free on 2 GPUs of this process") as told:
        loading.several_cards(tiny_model, quantised=False)
    assert "arm endpoint" in told.value.fix


def test_a_spread_model_scores_as_one_in_one_place(tiny_model: Path, tmp_path: Path) -> None:
    places: dict[str, Any] = {
        "model.embed_tokens": "cpu",
        "model.layers.0": "cpu",
        "model.layers.1": "disk",
        "model.norm": "cpu",
        "model.rotary_emb": "cpu",
        "lm_head": "cpu",
    }
    whole = AutoModelForCausalLM.from_pretrained(tiny_model).eval()
    spread = AutoModelForCausalLM.from_pretrained(
        tiny_model, device_map=places, offload_folder=tmp_path
    ).eval()
    assert [loading.is_spread(network) for network in (whole, spread)] == [False, True]
    asked = prompts(shared=12, count=4)
    one, other = (Scorer(network, asked, LABELS, on_progress=silent) for network in (whole, spread))
    assert other.fallback is None
    assert gap(one.score(asked), other.score(asked)) < 1e-5
