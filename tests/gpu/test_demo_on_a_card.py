"""The demo on a CUDA card: the same arms, the same job, on the device that real projects use."""

from __future__ import annotations

import pytest

from advisor.engagement import codec
from advisor.engagement.records.runs import TrainingResult
from tests.conftest import Demo

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def trainings(demo: Demo) -> dict[str, TrainingResult]:
    """What each method's training said."""
    paths = demo.engagement.root.glob("models/*/result.json")
    return {result.method: result for result in (codec.read_json(path, TrainingResult) for path in paths)}


def test_the_demo_runs_on_the_card(demo: Demo) -> None:
    assert demo.code == 0, demo.stderr
    machine = demo.engagement.machine()
    assert machine is not None
    assert machine.device == torch.cuda.get_device_name(0)


def test_trainings_name_the_card_and_its_peak_memory(demo: Demo) -> None:
    for result in trainings(demo).values():
        assert result.device == torch.cuda.get_device_name(0)
        assert result.peak_memory_gib > 0


def test_qlora_holds_four_bit_layers_and_lora_none(demo: Demo) -> None:
    found = trainings(demo)
    assert found["qlora"].quantised_layers > 0
    assert found["lora"].quantised_layers == 0


def test_weights_load_in_half_precision() -> None:
    from trainers.language.loading import load_language

    language = load_language("starter")
    kinds = {weight.dtype for weight in language.network.parameters()}
    assert language.device.type == "cuda"
    assert kinds == {torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16}
