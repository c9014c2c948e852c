"""Every call to trl: its trainers with our ids, our order of rows, and nothing sent anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    RewardConfig,
    RewardTrainer,
    RLOOConfig,
    RLOOTrainer,
)

from advisor.engagement.folder import ModelFolder
from trainers.pairs import PairRow

Reward = Callable[[Sequence[Sequence[int]], Sequence[Sequence[int]]], list[float]]
"""Prompt ids and answer ids to one reward each."""


class _InOrder:
    """Rows as given: the order is ours, so that a resumed run sees the same ones."""

    def _get_train_sampler(self, *_: Any, **__: Any) -> torch.utils.data.Sampler[int]:
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[attr-defined]

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


class _Dpo(_InOrder, DPOTrainer):  # type: ignore[misc]
    pass


class _Reward(_InOrder, RewardTrainer):  # type: ignore[misc]
    pass


class _OwnPrompts(_InOrder):
    """Prompts rendered by us: a column holds their ids, trl's own template is never asked."""

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [[int(token) for token in prompt.split()] for prompt in prompts], None, {}


class _Rloo(_OwnPrompts, RLOOTrainer):  # type: ignore[misc]
    pass


class _Grpo(_OwnPrompts, GRPOTrainer):  # type: ignore[misc]
    pass


def common(
    folder: ModelFolder, *, steps: int, batch_size: int, learning_rate: float, seed: int, save_steps: int
) -> dict[str, Any]:
    """Arguments that all of trl's trainers take: as our own fine-tuning, nothing reported."""
    cuda = torch.cuda.is_available()
    return {
        "output_dir": str(folder.checkpoint_path),
        "max_steps": steps,
        "per_device_train_batch_size": batch_size,
        "learning_rate": learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(max(1, steps // 10), max(0, steps - 1)),
        "max_grad_norm": 1.0,
        "weight_decay": 0.0,
        "seed": seed,
        "data_seed": seed,
        "use_cpu": not cuda,
        "bf16": cuda and torch.cuda.is_bf16_supported(),
        "activation_checkpointing": False,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": save_steps,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
        "optim": "adamw_torch_fused",
    }


def dpo(
    network: Any,
    tokenizer: Any,
    rows: Sequence[PairRow],
    *,
    arguments: dict[str, Any],
    beta: float,
    reference: Any,
    callbacks: list[Any],
) -> Any:
    """Direct preference optimisation; the reference of an adapter is a copy of how it began."""
    dataset = Dataset.from_list(
        [
            {
                "prompt_ids": row.chosen.input_ids[: row.shared],
                "chosen_ids": row.chosen.input_ids[row.shared :],
                "rejected_ids": row.rejected.input_ids[row.shared :],
            }
            for row in rows
        ]
    )
    return _quiet(
        _Dpo(
            model=network,
            ref_model=reference,
            args=DPOConfig(beta=beta, max_length=None, disable_dropout=True, **arguments),
            train_dataset=dataset,
            processing_class=tokenizer,
            callbacks=callbacks,
        )
    )


def reward(
    network: Any,
    tokenizer: Any,
    rows: Sequence[PairRow],
    *,
    arguments: dict[str, Any],
    callbacks: list[Any],
) -> Any:
    """A reward model: -log sigmoid of better minus worse (arXiv 1706.03741)."""
    dataset = Dataset.from_list(
        [{"chosen_ids": row.chosen.input_ids, "rejected_ids": row.rejected.input_ids} for row in rows]
    )
    return _quiet(
        _Reward(
            model=network,
            args=RewardConfig(max_length=None, **arguments),
            train_dataset=dataset,
            processing_class=tokenizer,
            callbacks=callbacks,
        )
    )


def policy(
    network: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    rewarded: Reward,
    *,
    algorithm: str,
    arguments: dict[str, Any],
    generations: int,
    kl: float,
    temperature: float,
    max_new_tokens: int,
    callbacks: list[Any],
) -> Any:
    """A policy optimised against a reward, held by its divergence from how it began.

    `prompts` has one entry per drawn answer: each prompt `generations` times in a row.
    """
    kinds = {"rloo": (_Rloo, RLOOConfig), "grpo": (_Grpo, GRPOConfig)}
    trainer, config = kinds[algorithm]
    dataset = Dataset.from_list([{"prompt": " ".join(map(str, prompt))} for prompt in prompts])

    def scored(prompts: list[str], completion_ids: list[list[int]], **_: Any) -> list[float]:
        return rewarded([[int(token) for token in prompt.split()] for prompt in prompts], completion_ids)

    return _quiet(
        trainer(
            model=network,
            reward_funcs=scored,
            args=config(
                num_generations=generations,
                max_completion_length=max_new_tokens,
                temperature=temperature,
                beta=kl,
                steps_per_generation=1,
                num_iterations=1,
                # dropout would part the policy from the one that drew the answers
                disable_dropout=True,
                **arguments,
            ),
            train_dataset=dataset,
            processing_class=tokenizer,
            callbacks=callbacks,
        )
    )


def drop_reference(network: Any) -> None:
    """Forget the copy of how an adapter began, so that only what was learnt is saved."""
    if "ref" in getattr(network, "peft_config", {}):
        network.delete_adapter("ref")


def _quiet(trainer: Any) -> Any:
    """With its bars off, Trainer prints every log to standard output, which belongs to the answer."""
    trainer.remove_callback(PrinterCallback)
    return trainer
