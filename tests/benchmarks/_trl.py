"""trl.SFTTrainer on token ids of ours: at its defaults, and at the setting that is fastest here."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from typing import Any

import torch

from trainers.language.loading import device, load_network, load_tokenizer, tidy_memory
from trainers.language.resolving import snapshot
from trainers.rows import TrainingRow

DEFAULTS: dict[str, Any] = {}
"""Nothing said: batches of 8, no packing, activations computed again."""
PACKED: list[dict[str, Any]] = [
    {"packing": True, "max_length": length, "per_device_train_batch_size": size}
    for length, size in ((128, 1), (256, 1), (512, 1), (1024, 1))
]
UNPACKED: list[dict[str, Any]] = [{"per_device_train_batch_size": size} for size in (2, 4, 8, 16)]
TRIED = 96
"""Rows on which settings are tried."""


def best(rows: Sequence[TrainingRow], *, packed: bool) -> dict[str, Any]:
    """The fastest setting of those tried, none of them computing activations again."""
    settings = [{**one, "activation_checkpointing": False} for one in (PACKED if packed else UNPACKED)]
    return min(settings, key=lambda one: min(seconds(rows[:TRIED], one) for _ in range(2)))


def seconds(rows: Sequence[TrainingRow], settings: dict[str, Any], *, model: str = "starter") -> float:
    """One epoch over the rows; loading and preparing them left out.

    On a CPU of the processor, not of the clock.
    """
    from datasets import Dataset, disable_progress_bars
    from peft import LoraConfig, get_peft_model
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    disable_progress_bars()
    tidy_memory(device())
    on_card = device().type == "cuda"
    torch.manual_seed(0)
    network = get_peft_model(
        load_network(snapshot(model)).requires_grad_(False),
        LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    dataset = Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in rows])
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder,
            num_train_epochs=1,
            learning_rate=2e-4,
            use_cpu=not on_card,
            bf16=on_card,
            report_to="none",
            disable_tqdm=True,
            seed=0,
            **settings,
        )
        trainer = SFTTrainer(
            model=network,
            args=arguments,
            train_dataset=dataset,
            processing_class=load_tokenizer(model),
        )
        trainer.remove_callback(PrinterCallback)
        clock = time.perf_counter if on_card else time.process_time
        started = clock()
        trainer.train()
        if on_card:
            torch.cuda.synchronize()
        return clock() - started
