"""`transformers.Trainer` with our batches, our loss and a checkpoint that says when it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from advisor.engagement import codec
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import ModelFolder
from trainers.rows import TrainingRow, answer_loss, collate

COMPLETE = "complete"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `steps.jsonl`."""

    step: int
    """Optimizer step, from 1."""
    loss: float
    """Mean loss per trained token, nats."""
    learning_rate: float
    """Rate of this step."""
    grad_norm: float
    """Norm before clipping."""
    seconds: float
    """Training time so far, over all sessions."""


class SupervisedTrainer(Trainer):  # type: ignore[misc]
    """Rows in the given order; the loss is the sum over the trained tokens of a step, over their number."""

    def __init__(self, *, pad: int, share: bool, **arguments: Any) -> None:
        def collator(rows: list[TrainingRow]) -> dict[str, Any]:
            return {**collate(rows, pad, share=share), "rows": [row.id for row in rows]}

        super().__init__(data_collator=collator, **arguments)
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, *_: Any, **__: Any) -> torch.utils.data.Sampler[int]:
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Sum of token losses over the trained tokens of the whole optimizer step."""
        rows = inputs.pop("rows")
        total = answer_loss(model, inputs)
        if not torch.isfinite(total):
            raise RunFailed(
                f"loss is {float(total)} in a batch with rows {', '.join(rows[:4])}",
                fix="lower learning_rate in plan.toml",
            )
        count = num_items_in_batch if num_items_in_batch is not None else len(inputs["labels"])
        return total / count


class Keeper(TrainerCallback):  # type: ignore[misc]
    """Writes steps, marks whole checkpoints, and tells how far it is."""

    def __init__(
        self, folder: ModelFolder, clock: Callable[[], float], tell: Callable[[int, int, float], None]
    ) -> None:
        self._folder, self._clock, self._tell = folder, clock, tell

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """One line per optimizer step."""
        if not logs or "loss" not in logs:
            return
        step = Step(
            step=state.global_step,
            loss=logs["loss"],
            learning_rate=logs.get("learning_rate", 0.0),
            grad_norm=float(logs.get("grad_norm", 0.0)),
            seconds=self._clock(),
        )
        with self._folder.steps_path.open("ab") as out:
            out.write(codec.encode(step) + b"\n")
        self._tell(state.global_step, state.max_steps, step.loss)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The marker comes last: a checkpoint without it does not count."""
        folder = self._folder.checkpoint_path / f"checkpoint-{state.global_step}"
        codec.write_text(folder / COMPLETE, f"{state.global_step}\n")
        for older in self._folder.checkpoint_path.glob("checkpoint-*"):
            if older != folder:
                shutil.rmtree(older)


def last_checkpoint(folder: ModelFolder) -> tuple[Path | None, int]:
    """The newest whole checkpoint and its step; broken ones are removed."""
    whole: list[tuple[int, Path]] = []
    for path in folder.checkpoint_path.glob("checkpoint-*"):
        if (path / COMPLETE).exists():
            whole.append((int(path.name.rsplit("-", 1)[1]), path))
        else:
            shutil.rmtree(path)
    if not whole:
        return None, 0
    step, path = max(whole)
    return path, step


def keep_steps(folder: ModelFolder, until: int) -> list[Step]:
    """Cut `steps.jsonl` back to the checkpoint's step."""
    codec.cut_torn_line(folder.steps_path)
    if not folder.steps_path.exists():
        return []
    kept = [step for step in codec.iter_lines(folder.steps_path, Step) if step.step <= until]
    codec.write_bytes(folder.steps_path, b"".join(codec.encode(step) + b"\n" for step in kept))
    return kept


def arguments(
    folder: ModelFolder,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    device_type: str,
    save_steps: int,
) -> TrainingArguments:
    """Settings of the run; warm-up over the first tenth, then a cosine to zero."""
    return TrainingArguments(
        output_dir=str(folder.checkpoint_path),
        max_steps=steps,
        per_device_train_batch_size=batch_size,
        learning_rate=learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, steps // 10),
        weight_decay=0.0,
        max_grad_norm=1.0,
        seed=seed,
        data_seed=seed,
        use_cpu=device_type == "cpu",
        bf16=device_type == "cuda" and torch.cuda.is_bf16_supported(),
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=save_steps,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=device_type == "cuda",
        eval_strategy="no",
        optim="adamw_torch_fused",
    )


def dataset(rows: list[TrainingRow], sequence: list[int]) -> list[TrainingRow]:
    """The rows in the order they are seen, all epochs in one list of references."""
    return [rows[index] for index in sequence]
