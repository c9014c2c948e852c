"""Shared prefixes are exact, training resumes to the bit, and 4-bit training keeps its gradients."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import Progress, silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from tests.harness.conftest import WORDS, tickets
from trainers.language.loading import load_network, load_tokenizer
from trainers.objectives._kind import Job
from trainers.packing import answer_loss, collate
from trainers.rows import TrainingRow, order, render_rows
from trainers.training import train, training_spec

LABELS = sorted(WORDS)
ROWS = [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(32)]
CHECKS = [Example(id=row["id"], input=row["input"], output=row["output"]) for row in tickets(8, seed=1)]


def rendered(model: Path, examples: Sequence[Example]) -> list[TrainingRow]:
    """Rows of these examples."""
    options = {"instruction": "Sort the message:", "labels": LABELS, "max_length": 512}
    return render_rows(load_tokenizer(str(model)), examples, **options).kept


def gradients(network: Any, batches: list[Any]) -> dict[str, torch.Tensor]:
    """Gradient of the summed loss by parameter."""
    network.zero_grad()
    for batch in batches:
        answer_loss(network, batch).backward()
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def test_rows_that_share_their_prefix_have_the_loss_and_gradients_of_separate_rows(tiny_model: Path) -> None:
    network, rows = load_network(tiny_model), rendered(tiny_model, ROWS[:6])
    shared, padded = collate(rows, 0, share=True), collate(rows, 0, share=False)
    alone = [collate([row], 0, share=False) for row in rows]
    assert shared["input_ids"].numel() < padded["input_ids"].numel()
    expected = sum(float(answer_loss(network, one).detach()) for one in alone)
    wanted = gradients(network, alone)
    for batch in (shared, padded):
        assert float(answer_loss(network, batch).detach()) == pytest.approx(expected, abs=1e-4)
        found = gradients(network, [batch])
        for name, gradient in wanted.items():
            torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5)


def test_the_loss_counts_answer_tokens_only(tiny_model: Path) -> None:
    network, rows = load_network(tiny_model), rendered(tiny_model, ROWS[:2])
    batch = collate(rows, 0, share=False)
    logits = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    total = 0.0
    for number, row in enumerate(rows):
        for at, label in enumerate(row.labels):
            if label != -100:
                total -= float(torch.log_softmax(logits[number, at - 1], -1)[label])
    assert float(answer_loss(network, batch).detach()) == pytest.approx(total, rel=1e-4)


def test_the_order_is_a_function_of_the_seed_and_shows_every_row_each_epoch() -> None:
    rows = [TrainingRow(str(n), [0] * (5 + n % 7), [0]) for n in range(40)]
    sequence = order(rows, epochs=2, batch_size=8, seed=3)
    assert sequence == order(rows, epochs=2, batch_size=8, seed=3)
    assert sequence != order(rows, epochs=2, batch_size=8, seed=4)
    assert sorted(sequence[:40]) == sorted(sequence[40:]) == list(range(40))
    assert sequence[:40] != sequence[40:]


def fit(
    folder: Path, model: Path, method: str, *, rate: float = 5e-3, on_progress: Any = silent
) -> TrainingResult:
    """Two epochs over 32 rows: 8 steps."""
    settings = TrainingSettings(epochs=2, learning_rate=rate, rank=4, batch_size=8)
    plan = Plan(arms=[method], model=str(model), instruction="Sort the message:", training=settings)
    rows = {"train": ROWS, "validation": CHECKS}
    spec = training_spec(plan, method, 0, **rows, labels=LABELS, weights="w", tokenizer="t")
    return train(
        Job(spec=spec, folder=ModelFolder(folder), model=str(model), **rows, on_progress=on_progress)
    )


class Stopped(Exception):
    """The process is gone."""


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_stopped_after_any_step_it_resumes_to_the_same_weights(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    once = fit(tmp_path / "once", tiny_model, method)
    assert once.last_loss < once.first_loss
    for step in (1, 4, 7):

        def stop(progress: Progress, at: int = step) -> None:
            if progress.done == at:
                raise Stopped

        folder = tmp_path / f"stopped-{step}"
        with pytest.raises(Stopped):
            fit(folder, tiny_model, method, on_progress=stop)
        said: list[Progress] = []
        again = fit(folder, tiny_model, method, on_progress=said.append)
        assert again.weights == once.weights, f"stopped after step {step}"
        # of eight steps every second one is saved
        assert any("goes on after step" in one.stage for one in said) == (step > 2)
        assert again.validation_loss == once.validation_loss
        steps = (folder / "steps.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["step"] for line in steps] == list(range(1, 9))
        assert not (folder / "checkpoint").exists()


def test_another_process_writes_the_same_adapter(tiny_model: Path, tmp_path: Path) -> None:
    once = fit(tmp_path / "here", tiny_model, "lora")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.trainers.test_training import fit\n"
        "print(fit(Path(sys.argv[1]), Path(sys.argv[2]), 'lora').weights)\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed), str(tiny_model)],
            env={"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1", "PATH": "", "HF_HUB_OFFLINE": "1"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == once.weights


def test_no_kernel_is_fetched_from_a_hub_even_where_the_package_for_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    import trainers.language  # noqa: F401

    (tmp_path / "kernels.py").write_text("def get_kernel(*_, **__): raise SystemExit\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError):
        importlib.import_module("kernels")
    assert importlib.util.find_spec("kernels") is None
    assert sys.modules["kernels"] is None


def test_four_bit_training_keeps_its_gradients_after_an_evaluation(tiny_model: Path) -> None:
    from peft import LoraConfig, get_peft_model

    base = load_network(tiny_model, quantised=True).requires_grad_(False)
    torch.manual_seed(0)
    network = get_peft_model(
        base, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    )
    batch = collate(rendered(tiny_model, ROWS[:4]), 0, share=True)
    before = gradients(network.train(), [batch])
    with torch.no_grad():
        answer_loss(network.eval(), batch)
    after = gradients(network.train(), [batch])
    assert any(float(gradient.abs().sum()) > 0 for name, gradient in before.items() if "layers.0" in name)
    for name, gradient in before.items():
        torch.testing.assert_close(after[name], gradient, rtol=0, atol=0)


def test_qlora_holds_four_bits_and_both_adapters_load_in_peft(tiny_model: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    found = {method: fit(tmp_path / method, tiny_model, method) for method in ("lora", "qlora")}
    assert found["lora"].quantised_layers == 0
    assert found["qlora"].quantised_layers == 14
    assert found["lora"].total_parameters == found["qlora"].total_parameters
    for method in found:
        loaded = PeftModel.from_pretrained(load_network(tiny_model), tmp_path / method / "weights")
        assert loaded.peft_config["default"].r == 4


def test_the_counts_are_those_of_the_rows(tiny_model: Path, tmp_path: Path) -> None:
    found, rows = fit(tmp_path / "m", tiny_model, "lora"), rendered(tiny_model, ROWS)
    assert (found.rows, found.rows_truncated, found.rows_dropped, found.steps) == (32, 0, 0, 8)
    assert found.tokens == 2 * sum(len(row.input_ids) for row in rows)
    assert found.trained_tokens == 2 * sum(label != -100 for row in rows for label in row.labels)


def test_a_loss_that_is_not_finite_ends_the_training_with_the_rows(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trainers.supervised

    def broken(*_: Any) -> torch.Tensor:
        return torch.tensor(float("nan"), requires_grad=True)

    monkeypatch.setattr(trainers.supervised, "answer_loss", broken)
    with pytest.raises(RunFailed, match=r"loss is nan in a batch with rows t\d+"):
        fit(tmp_path / "m", tiny_model, "lora")
    assert not (tmp_path / "m" / "result.json").exists()
