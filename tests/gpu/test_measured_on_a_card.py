"""A model of some 300 M random weights on a CUDA card: bf16 and 4-bit training, scoring, memory, speed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.benchmarks.__main__ import RESULTS, machine, versions
from tests.gpu.measuring import METHODS, measure

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Measured once; each part is kept beside the benchmarks' results with date, versions and machine."""

    def keep(found: dict[str, Any]) -> None:
        record = {
            "benchmark": "gpu_check",
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "result": found,
            "machine": machine(),
            "versions": versions(),
        }
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "gpu_check.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    folder = tmp_path_factory.mktemp("card")
    return measure(folder, width=1024, layers=16, examples=512, words=60, keep=keep)


@pytest.mark.parametrize("method", METHODS)
def test_training_on_the_card_lowers_the_loss(measured: dict[str, Any], method: str) -> None:
    found = measured["training"][method]
    assert found["device"] == torch.cuda.get_device_name(0)
    assert found["last_loss"] < found["first_loss"]


def test_only_qlora_holds_the_base_in_four_bits(measured: dict[str, Any]) -> None:
    assert measured["training"]["qlora"]["quantised_layers"] > 0
    assert measured["training"]["lora"]["quantised_layers"] == 0


@pytest.mark.parametrize("method", METHODS)
def test_peak_memory_lies_in_our_band(measured: dict[str, Any], method: str) -> None:
    found = measured["training"][method]
    low, high = found["estimated_memory_gib"]
    assert low / 2 <= found["peak_memory_gib"] <= high, found


@pytest.mark.parametrize("method", METHODS)
def test_a_small_model_is_not_faster_than_our_fastest_estimate(measured: dict[str, Any], method: str) -> None:
    found = measured["training"][method]
    assert found["seconds"] >= found["estimated_seconds"][0], found


def test_packed_label_scores_name_the_labels_that_plain_ones_do(measured: dict[str, Any]) -> None:
    scoring = measured["scoring"]
    assert scoring["fallback"] is None
    # bf16 keeps three digits: near ties may swap
    assert scoring["same_label"] >= 0.9 * scoring["prompts"], scoring
