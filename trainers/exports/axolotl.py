"""Axolotl: one YAML file and the rows as conversations, trained with the base's own chat template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import chat, settings, text
from trainers.exports.making.yaml_out import Node, document


def render(material: Material) -> Rendered:
    """Config, training and validation rows, and how to run them."""
    files = {
        "config.yaml": document(config(material)),
        "train.jsonl": _rows(material, material.train),
        "README.md": text.fill("axolotl.md.j2", settings.words(material)),
    }
    if material.validation:
        files["validation.jsonl"] = _rows(material, material.validation)
    preferring = settings.preferences(material)
    if preferring is not None:
        files["dpo.yaml"] = document(preference_config(material, preferring))
        files |= {
            f"preferences_{split}.jsonl": chat.pair_lines(material, pairs)
            for split in ("train", "validation")
            if (pairs := settings.pairs_of(material, split))
        }
    notes = chat.weight_note(material.train, "Axolotl") + settings.notes(material)
    return Rendered(files, notes)


def config(material: Material) -> dict[str, Node]:
    """Keys as in Axolotl's configuration reference (checked against the schema of 0.19.0)."""
    found: dict[str, Node] = {
        **_shared(material, settings.examples(material)),
        "datasets": [_dataset("train.jsonl")],
        "dataset_prepared_path": "prepared",
        "excess_length_strategy": "truncate",
        "output_dir": "out",
    }
    if material.validation:
        found |= {"test_datasets": [_dataset("validation.jsonl")], "evals_per_epoch": 1}
    return found


def preference_config(material: Material, course: settings.Course) -> dict[str, Node]:
    """Direct preference optimisation from the base, as in our own; pairs too long are left out."""
    found: dict[str, Node] = {
        **_shared(material, course),
        "rl": "dpo",
        "rl_beta": material.plan.preferences.beta,
        "datasets": [_pair_dataset("preferences_train.jsonl")],
        "dataset_prepared_path": "prepared_dpo",
        "excess_length_strategy": "drop",
        "output_dir": "out_dpo",
    }
    if settings.pairs_of(material, "validation"):
        found |= {"test_datasets": [_pair_dataset("preferences_validation.jsonl")], "evals_per_epoch": 1}
    return found


def _shared(material: Material, course: settings.Course) -> dict[str, Node]:
    asked = material.plan.training
    return {
        "base_model": material.base,
        **_adapter(material),
        "sequence_len": asked.max_length,
        "sample_packing": False,
        "attn_implementation": "sdpa",
        "num_epochs": course.epochs,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": course.batch_size,
        "learning_rate": course.rate,
        "lr_scheduler": "cosine",
        "warmup_steps": course.warmup_steps,
        "optimizer": "adamw_torch_fused",
        "weight_decay": asked.weight_decay,
        "max_grad_norm": 1.0,
        "gradient_checkpointing": True,
        "bf16": "auto",
        "logging_steps": 1,
        "saves_per_epoch": 1,
        "seed": material.plan.seeds[0],
    }


def _adapter(material: Material) -> dict[str, Node]:
    asked, method = material.plan.training, material.method
    if not method.adapter:
        return {}
    found: dict[str, Node] = {
        "adapter": "qlora" if method.quantised else "lora",
        "lora_r": asked.rank,
        "lora_alpha": 2 * asked.rank,
        "lora_dropout": asked.dropout,
        "lora_target_linear": True,
    }
    variants: dict[str, dict[str, Node]] = {
        "rslora": {"peft_use_rslora": True},
        "dora": {"peft_use_dora": True},
        "pissa": {"peft_init_lora_weights": "pissa"},
    }
    quantised: dict[str, Node] = {"load_in_4bit": True} if method.quantised else {}
    return found | variants.get(asked.variant, {}) | quantised


def _dataset(path: str) -> dict[str, Node]:
    return {
        "path": path,
        "ds_type": "json",
        "split": "train",
        "type": "chat_template",
        "chat_template": "tokenizer_default",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "message_field_training": "training",
        "roles_to_train": [],
        "train_on_eos": "turn",
    }


def _pair_dataset(path: str) -> dict[str, Node]:
    return {
        "path": path,
        "ds_type": "json",
        "split": "train",
        "type": "chat_template.default",
        "chat_template": "tokenizer_default",
        "field_messages": "messages",
        "field_chosen": "chosen",
        "field_rejected": "rejected",
        "message_property_mappings": {"role": "role", "content": "content"},
    }


def _rows(material: Material, examples: Sequence[Example]) -> str:
    return chat.lines(_row(material, example) for example in chat.used(examples))


def _row(material: Material, example: Example) -> dict[str, Any]:
    messages = chat.conversation(material, example)
    trained = chat.learnt(messages, material.plan.training.turns)
    return {
        "messages": [
            chat.plain(message) | {"training": is_trained}
            for message, is_trained in zip(messages, trained, strict=True)
        ]
    }


TARGET = Target(name="axolotl", title="Axolotl", needs=("data",), uploads=False, render=render)
