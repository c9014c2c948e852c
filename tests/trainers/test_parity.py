"""Loss per step beside trl.SFTTrainer: the same rows in the same order, adapter, optimizer and schedule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainers._fits import LABELS, ROWS, SMALL, fit, replace
from trainers.language.loading import load_network, load_tokenizer
from trainers.rows import TrainingRow, order, render_rows

STEPS = 8


def rows_in_order(model: Path) -> list[TrainingRow]:
    """As our own training sees them, two epochs."""
    options = {"instruction": "Sort the message:", "labels": LABELS, "max_length": 1024}
    kept = render_rows(load_tokenizer(str(model)), ROWS, **options).kept  # type: ignore[arg-type]
    return [kept[place] for place in order(kept, epochs=2, batch_size=8, seed=0)]


def trl_losses(model: Path, out: Path, *, size: int, accumulation: int) -> list[float]:
    """Loss of each of trl's steps, on our ids, in our order, from our first adapter."""
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from trl import SFTConfig, SFTTrainer

    class InOrder(SFTTrainer):  # type: ignore[misc]
        def _get_train_sampler(self, *_: Any, **__: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    base = load_network(model).requires_grad_(False)
    torch.manual_seed(0)
    network = get_peft_model(
        base, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    rows = rows_in_order(model)
    trainer = InOrder(
        model=network,
        args=SFTConfig(
            output_dir=str(out),
            max_steps=STEPS,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=accumulation,
            learning_rate=SMALL.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=1,
            max_grad_norm=1.0,
            weight_decay=0.0,
            optim="adamw_torch_fused",
            activation_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            report_to="none",
            disable_tqdm=True,
            dataset_kwargs={"skip_prepare_dataset": True},
            seed=1,
        ),
        train_dataset=Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in rows]),
        processing_class=load_tokenizer(str(model)),
    )
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.parametrize(("size", "accumulation"), [(8, 1), (2, 4)])
def test_losses_are_those_of_trl(size: int, accumulation: int, tiny_model: Path, tmp_path: Path) -> None:
    fit(tmp_path / "ours", tiny_model, settings=replace(SMALL, evaluations=0))
    lines = (tmp_path / "ours" / "steps.jsonl").read_text(encoding="utf-8").splitlines()
    ours = [json.loads(line)["loss"] for line in lines]
    theirs = trl_losses(tiny_model, tmp_path / "theirs", size=size, accumulation=accumulation)
    assert len(ours) == len(theirs) == STEPS
    assert ours[-1] < ours[0] - 0.5
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < 1e-5, (ours, theirs)
