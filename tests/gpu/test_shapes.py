"""1B and 8B of random weights on a card; the measuring itself on whatever is there, with a tiny shape."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from advisor.costing.setup import Shape
from tests.benchmarks.__main__ import RESULTS, machine, versions
from tests.gpu import shapes, short_rows

torch = pytest.importorskip("torch")
needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
TINY = Shape(
    params_b=0.0003,
    active_b=0.0003,
    hidden=64,
    intermediate=128,
    layers=2,
    vocab=512,
    heads=4,
    kv_heads=2,
    head_dim=16,
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int]]:
    """Each shape's folder and multiplying parameters, built when first asked for."""

    class Built(dict[str, tuple[Path, int]]):
        def __missing__(self, name: str) -> tuple[Path, int]:
            folder = tmp_path_factory.mktemp(name) / "model"
            self[name] = (folder, shapes.build(folder, shapes.SHAPES[name]))
            return self[name]

    return Built()


def keep(name: str, found: dict[str, Any]) -> None:
    """Beside the benchmarks' results, each case under its name."""
    path = RESULTS / "gpu_shapes.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"result": {}}
    record |= {
        "benchmark": "gpu_shapes",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
    }
    record["result"][name] = found
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


@needs_card
@pytest.mark.parametrize("case", shapes.CASES, ids=lambda case: case.title)
def test_a_shape_trains_on_the_card_within_our_band(
    case: shapes.Case, models: dict[str, tuple[Path, int]], tmp_path: Path
) -> None:
    model, multiplying = models[case.shape]
    found = shapes.measure(tmp_path, model, case, multiplying=multiplying)
    keep(case.title, found)
    low, _, high = found["estimated_memory_gib"]
    assert low / 2 <= found["peak_memory_gib"] <= high, found
    assert found["last_loss"] < found["first_loss"], found
    if case.title == "8B-lora" and found["mfu"] is not None:
        assert found["mfu"] >= shapes.AIM, found


@needs_card
def test_packed_rows_lose_what_separate_rows_lose_on_the_card(models: dict[str, tuple[Path, int]]) -> None:
    found = shapes.parity(models["1B"][0])
    keep("parity", found)
    assert found["attention"] == "packed"
    for name in ("end to end", "shared prefix"):
        assert found[name]["loss_gap"] < 1e-2, found
        assert found[name]["gradient_cosine"] > 0.99, found


@needs_card
def test_short_rows_train_faster_packed_than_trl_trains_them_unpacked(
    models: dict[str, tuple[Path, int]], tmp_path: Path
) -> None:
    found = short_rows.measure(tmp_path, models["1B"][0], count=1536)
    keep("short rows", found)
    assert found["times_faster_than"]["trl, best unpacked"] >= short_rows.LEAST, found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The tiny shape as a model's folder."""
    folder = tmp_path_factory.mktemp("tiny-shape") / "model"
    return folder, shapes.build(folder, TINY)


def test_the_short_rows_are_measured_by_every_way(tiny: tuple[Path, int], tmp_path: Path) -> None:
    found = short_rows.measure(tmp_path, tiny[0], count=32, sizes=(8,))
    assert set(found["tokens_per_second"]) == {"ours", "ours, padded", "trl, 8 rows"}
    assert all(speed > 0 for speed in found["tokens_per_second"].values())
    lengths = [len(row.input_ids) for row in short_rows.rows(200)]
    assert 28 < sum(lengths) / 200 < 42


def test_every_case_is_kept_under_its_own_name() -> None:
    assert len({one.title for one in shapes.CASES}) == len(shapes.CASES)


@pytest.mark.parametrize("method", ["lora", "qlora", "qlora-4-bit", "full"])
def test_the_measuring_measures_what_it_says(
    method: str, tiny: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shapes.SHAPES, "tiny", TINY)
    model, multiplying = tiny
    inner = 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128 + 2 * 64) + 64
    assert multiplying == inner + 512 * 64
    kept = method.endswith("4-bit")
    case = shapes.Case("tiny", method.removesuffix("-4-bit"), 32, 2, keep_4bit=kept)
    found = shapes.measure(tmp_path, model, case, multiplying=multiplying, steps=5)
    assert found["steps_timed"] == 3
    assert found["tokens_per_second"] > 0
    factor = {"lora": 4, "qlora": 4, "full": 6}[case.method]
    wanted = factor * multiplying * found["tokens_per_second"] / 1e12
    assert found["tflops"] == pytest.approx(wanted, rel=0.02)
    assert found["peak_memory_gib"] > 0
    assert 0 < found["estimated_memory_gib"][0] <= found["estimated_memory_gib"][2]
    assert (found["quantised_layers"] > 0) == (case.method == "qlora")


def test_parity_is_measured_on_both_ways_of_packing(tiny: tuple[Path, int]) -> None:
    found = shapes.parity(tiny[0])
    for name in ("end to end", "shared prefix"):
        assert found[name]["loss_gap"] < 1e-2
        assert found[name]["gradient_cosine"] > 0.99
