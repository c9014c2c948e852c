"""`estimate` as people and scripts meet it: JSON of the contract, sizes by hand, tables, cards, errors."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.cli.main import group, run
from advisor.costing.setup import TECHNIQUES
from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.calibration import Calibration
from advisor.engagement.records.settings import Settings

FIELDS = set(
    "peak_memory_gib device_memory_gib breakdown_gib fits fits_safely tokens_per_second_per_gpu hours usd "
    "sources".split()
)
PARTS = set("weights adapters gradients optimizer activations logits buffers context".split())


def estimate(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON of one estimate."""
    assert run(group, ["estimate", *arguments, "--json"], name="tunecase") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def likely(found: dict[str, Any]) -> float:
    """Likely allocated memory."""
    value: float = found["peak_memory_gib"]["likely"]
    return value


def test_the_object_has_every_field_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate(
        capsys, "--model", "Qwen/Qwen3-8B", "--technique", "qlora", "--gpu", "RTX4090", "--examples", "1000"
    )
    assert FIELDS <= set(found) and set(found["breakdown_gib"]) == PARTS
    for name in ("peak_memory_gib", "device_memory_gib", "tokens_per_second_per_gpu", "hours", "usd"):
        assert 0 < found[name]["low"] <= found[name]["likely"] <= found[name]["high"]
    assert found["sources"] and isinstance(found["fits"], bool)
    assert found["fits"] or not found["fits_safely"]


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_technique_has_an_estimate(technique: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert likely(estimate(capsys, "--params-b", "7", "--technique", technique)) > 0


def test_less_is_moved_and_less_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    model = ("--model", "meta-llama/Llama-3.1-8B", "--seq-len", "2048", "--technique")
    full, lora, qlora = (likely(estimate(capsys, *model, one)) for one in ("full", "lora", "qlora"))
    assert qlora < lora < full


def test_sizes_given_by_hand_replace_those_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    model = ("--model", "meta-llama/Llama-3.1-8B", "--seq-len", "4096")
    small = estimate(capsys, *model, "--vocab-size", "32000")
    assert likely(small) < likely(estimate(capsys, *model))


def test_an_unknown_model_by_its_parameters_has_a_wider_band(capsys: pytest.CaptureFixture[str]) -> None:
    def width(found: dict[str, Any]) -> float:
        band = found["peak_memory_gib"]
        share: float = band["high"] / band["low"]
        return share

    known = estimate(capsys, "--model", "meta-llama/Llama-3.1-8B")
    guessed = estimate(capsys, "--params-b", "8.03")
    assert width(guessed) > width(known)


def test_what_does_not_fit_comes_with_ways_out_that_end_in_one_that_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = estimate(
        capsys,
        *("--model", "meta-llama/Llama-3.1-8B", "--technique", "full", "--gpu", "RTX4090"),
        *("--no-checkpointing", "--batch-size", "8", "--seq-len", "4096"),
    )
    assert found["fits"] is False
    changes = [one["change"] for one in found["remedies"]]
    assert "checkpointing" in changes[0]
    assert found["remedies"][-1]["fits_safely"]
    assert all(not one["fits_safely"] for one in found["remedies"][:-1])


def test_a_smaller_model_comes_before_more_cards(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate(capsys, "--params-b", "70", "--technique", "full", "--gpu", "T4", "--seq-len", "8192")
    changes = [one["change"] for one in found["remedies"]]
    kinds = [
        "tokens",
        "lora in place",
        "qlora in place",
        "a model of about 35",
        "a model of about 18",
        "2 cards",
    ]
    places = [next(number for number, one in enumerate(changes) if kind in one) for kind in kinds]
    assert places == sorted(places)


def test_cards_on_offer_are_priced_and_the_cheapest_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate(capsys, "--params-b", "8", "--technique", "lora", "--examples", "2000")
    prices = [one["usd"]["likely"] for one in found["offers"]]
    assert prices and prices == sorted(prices)
    assert found["hours"] is None and found["fits"] is None


def test_the_screen_says_memory_fit_and_what_to_rent(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--model", "Qwen/Qwen3-8B", "--technique", "full", "--gpu", "T4"]
    assert run(group, ["estimate", *arguments], name="tunecase") == 0
    shown = capsys.readouterr().out
    for words in ("Memory, GiB a card", "does not fit on 1 x T4", "least harm first", "What to rent"):
        assert words in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--model"),
        (["--model", "Qwen/Qwen3-8C"], "Qwen3-8B"),
        (["--params-b", "7", "--gpu", "A10O-80"], "A100-80"),
    ],
)
def test_what_cannot_be_estimated_says_what_to_give(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, ["estimate", *arguments], name="tunecase") == 3
    assert words.lower() in capsys.readouterr().err.lower()


def test_a_speed_measured_on_this_card_takes_the_place_of_the_prior(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    monkeypatch.chdir(made.root)
    arguments = ("--params-b", "7", "--gpu", "A100-80", "--examples", "1000")
    before = estimate(capsys, *arguments)
    measured = Calibration(
        device="NVIDIA A100-SXM4-80GB",
        processor="any",
        cores=8,
        threads=8,
        date="2026-11-20",
        versions={},
        matrix_tflops=100.0,
        copy_gb_per_second=1000.0,
        parameters=10_000_000,
        step_tokens=4096,
        full_tokens_per_second=200_000.0,
        lora_tokens_per_second=300_000.0,
        predicting_tokens_per_second=900_000.0,
        seconds=9.0,
    )
    codec.write_json(made.calibration_path, measured)
    after = estimate(capsys, *arguments)
    assert after["hours"] != before["hours"]
    assert after["warnings"] == ["speed measured on NVIDIA A100-SXM4-80GB on 2026-11-20"]
    assert 0 < after["hours"]["low"] <= after["hours"]["likely"] <= after["hours"]["high"]
    codec.write_json(made.calibration_path, msgspec.structs.replace(measured, device="A Card Nobody Lists"))
    assert estimate(capsys, *arguments)["hours"] == before["hours"]
    codec.write_json(made.calibration_path, measured)
    other = estimate(capsys, "--params-b", "7", "--gpu", "H100", "--examples", "1000")
    assert not any("measured on" in warning for warning in other["warnings"])


def table(tmp_path: Path, *rows: dict[str, str]) -> Path:
    """A CSV file of rows."""
    path = tmp_path / "rows.csv"
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_table_gives_one_row_each_and_keeps_ids_of_what_it_cannot_estimate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(
        tmp_path,
        {"id": "a", "model": "mistral-7b", "params_b": "7.242", "technique": "lora", "batch_size": "4",
         "seq_len": "2048", "gpu": "A100-80", "n_gpus": "1", "sharding": "none", "mem_metric": "allocated"},
        {"id": "b", "params_b": "13", "technique": "qlora", "mem_metric": "reserved"},
        {"id": "c", "technique": "telepathy", "params_b": "7"},
    )  # fmt: skip
    assert run(group, ["estimate", "--batch", str(path)], name="tunecase") == 0
    shown = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    for row in rows[:2]:
        low, middle, high = (float(row[f"memory_gib_{end}"]) for end in ("low", "likely", "high"))
        assert 0 < low <= middle <= high
    assert float(rows[0]["tokens_per_second_per_gpu_likely"]) > 0
    assert rows[0]["memory_gib_likely"] == rows[0]["peak_memory_gib_likely"]
    assert set(rows[2].values()) == {"c", ""}
    assert "line 4" in shown.err and "telepathy" in shown.err


def test_a_table_without_ids_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, {"model": "mistral-7b"})
    assert run(group, ["estimate", "--batch", str(path)], name="tunecase") == 3
    assert "no column `id`" in capsys.readouterr().err


def test_an_estimate_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom advisor.cli.main import group, run\n"
        "run(group, ['estimate', '--params-b', '7', '--gpu', 'A100-80', '--json'], name='tunecase')\n"
        "sys.stderr.write(','.join(sorted({'torch', 'numpy', 'transformers', 'rich'} & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
