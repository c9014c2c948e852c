"""`transformers.Trainer` with our batches, our loss and a checkpoint that says when it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Trainer, TrainingArguments

from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import ModelFolder
from trainers.language.rendering import IGNORED
from trainers.packing import answer_loss
from trainers.passes import Passes, preserved_randomness
from trainers.rows import TrainingRow


class SupervisedTrainer(Trainer):  # type: ignore[misc]
    """Each item of the dataset is the rows of one optimizer step, parted into passes that fit memory.

    The loss of a step is the sum over its trained tokens over their number, however it is parted.
    """

    def __init__(self, *, passes: Passes, **arguments: Any) -> None:
        super().__init__(data_collator=only_step, **arguments)
        self.passes = passes
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, *_: Any, **__: Any) -> torch.utils.data.Sampler[int]:
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def get_batch_samples(
        self, epoch_iterator: Any, num_batches: int, device: Any
    ) -> tuple[list[Any], int | None]:
        """As many steps as asked; their trained tokens are counted when they are parted."""
        found = []
        for _ in range(num_batches):
            try:
                found.append(next(epoch_iterator))
            except StopIteration:
                break
        return found, None

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """All passes of one step; one that does not fit is parted again and the step begins anew."""
        model.train()
        rows = inputs["rows"]
        while True:
            try:
                with preserved_randomness():
                    return self._passes(model, rows)
            except torch.cuda.OutOfMemoryError:
                model.zero_grad(set_to_none=True)
                torch.cuda.empty_cache()
            self.passes.shrink(model, rows)

    def _passes(self, model: Any, rows: Sequence[TrainingRow]) -> torch.Tensor:
        total = torch.zeros((), device=self.args.device)
        weight = sum(row.weight * sum(label != IGNORED for label in row.labels[1:]) for row in rows)
        for batch in self.passes.batches(rows):
            with self.compute_loss_context_manager():
                loss = answer_loss(model, self._prepare_inputs(batch)) / weight
            if not torch.isfinite(loss):
                raise RunFailed(
                    f"loss is {float(loss)} in a batch with rows {', '.join(row.id for row in rows[:4])}",
                    fix="lower learning_rate in plan.toml",
                )
            self.accelerator.backward(loss)
            total += loss.detach()
        return total


def only_step(items: list[list[TrainingRow]]) -> dict[str, Any]:
    """A batch of the dataset is one step."""
    (rows,) = items
    return {"rows": rows}


def arguments(
    folder: ModelFolder,
    *,
    steps: int,
    learning_rate: float,
    weight_decay: float,
    seed: int,
    device_type: str,
    save_steps: int,
    tracker: str = "none",
) -> TrainingArguments:
    """Settings of the run; warm-up over the first tenth, then a cosine to zero."""
    return TrainingArguments(
        output_dir=str(folder.checkpoint_path),
        max_steps=steps,
        per_device_train_batch_size=1,
        learning_rate=learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(max(1, steps // 10), steps - 1),
        weight_decay=weight_decay,
        max_grad_norm=1.0,
        seed=seed,
        data_seed=seed,
        use_cpu=device_type == "cpu",
        bf16=device_type == "cuda" and torch.cuda.is_bf16_supported(),
        # what stays in fp32 under autocast: Ampere and newer, an error on older cards
        tf32=True if device_type == "cuda" and torch.cuda.get_device_capability()[0] >= 8 else None,
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=save_steps,
        report_to=tracker,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        eval_strategy="no",
        optim="adamw_torch_fused",
    )
