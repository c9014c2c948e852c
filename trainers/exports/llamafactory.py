"""LLaMA-Factory: one YAML file, the rows as conversations, and the file that tells it what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence

from advisor.engagement.records.examples import Example, Message
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import chat, settings, text
from trainers.exports.making.yaml_out import Node, document

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def render(material: Material) -> Rendered:
    """Config, data folder with its `dataset_info.json`, and how to run it.

    Raises DataError for turns that do not alternate: LLaMA-Factory drops such rows with a warning.
    """
    talks = [(row.id, chat.conversation(material, row)) for row in (*material.train, *material.validation)]
    preferring = settings.preferences(material)
    pairs = {split: settings.pairs_of(material, split) for split in ("train", "validation") if preferring}
    for pair in (one for part in pairs.values() for one in part):
        talks.append((pair.id, [*chat.asked(material, pair), Message(role="assistant", content=pair.chosen)]))
    chat.refuse(
        chat.broken_rows(talks, [chat.alternates]),
        whose="LLaMA-Factory",
        fix="correct those rows in the data and run `tunecase check` again",
    )
    parts = {"train": material.train} | ({"validation": material.validation} if material.validation else {})
    about = {name: _about(f"{name}.jsonl") for name in parts}
    files = {f"data/{name}.jsonl": _rows(material, part) for name, part in parts.items()}
    for split, part in pairs.items():
        if part:
            name = f"preferences_{split}"
            about[name] = _about(f"{name}.jsonl", pairs=True)
            files[f"data/{name}.jsonl"] = chat.pair_lines(material, part)
    if preferring is not None:
        files["dpo.yaml"] = document(preference_config(material, preferring))
    files |= {
        "config.yaml": document(config(material)),
        "data/dataset_info.json": json.dumps(about, indent=2) + "\n",
        "README.md": text.fill("llamafactory.md.j2", settings.words(material)),
    }
    notes = chat.weight_note(material.train, "LLaMA-Factory") + settings.notes(material)
    return Rendered(files, notes)


def config(material: Material) -> dict[str, Node]:
    """Keys as in LLaMA-Factory's argument classes (checked against 0.9.5); `template` is left out on purpose.

    Without it, the base's own chat template is used; its named templates differ from the base's now and then.
    """
    found: dict[str, Node] = {
        "stage": "sft",
        **_shared(material, settings.examples(material)),
        "dataset": "train",
        "mask_history": material.plan.training.turns == "last",
        "packing": False,
        "output_dir": "out",
    }
    return found | (_measured("validation") if material.validation else {})


def preference_config(material: Material, course: settings.Course) -> dict[str, Node]:
    """Direct preference optimisation from the base, as in our own; `mask_history` is refused there."""
    found: dict[str, Node] = {
        "stage": "dpo",
        **_shared(material, course),
        "pref_loss": "sigmoid",
        "pref_beta": material.plan.preferences.beta,
        "dataset": "preferences_train",
        "output_dir": "out_dpo",
    }
    held = settings.pairs_of(material, "validation")
    return found | (_measured("preferences_validation") if held else {})


def _measured(dataset: str) -> dict[str, Node]:
    return {"eval_dataset": dataset, "eval_strategy": "epoch", "per_device_eval_batch_size": 1}


def _shared(material: Material, course: settings.Course) -> dict[str, Node]:
    asked = material.plan.training
    return {
        "model_name_or_path": material.base,
        "do_train": True,
        **_adapter(material),
        "dataset_dir": "data",
        "cutoff_len": asked.max_length,
        "num_train_epochs": course.epochs,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": course.batch_size,
        "learning_rate": course.rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": course.warmup_steps,
        "optim": "adamw_torch_fused",
        "weight_decay": asked.weight_decay,
        "max_grad_norm": 1.0,
        "bf16": True,
        "logging_steps": 1,
        "save_strategy": "epoch",
        "seed": material.plan.seeds[0],
        "report_to": "none",
    }


def _adapter(material: Material) -> dict[str, Node]:
    asked, method = material.plan.training, material.method
    if not method.adapter:
        return {"finetuning_type": "full"}
    found: dict[str, Node] = {
        "finetuning_type": "lora",
        "lora_rank": asked.rank,
        "lora_alpha": 2 * asked.rank,
        "lora_dropout": asked.dropout,
        "lora_target": "all",
    }
    variants: dict[str, dict[str, Node]] = {
        "rslora": {"use_rslora": True},
        "dora": {"use_dora": True},
        "pissa": {"pissa_init": True, "pissa_iter": -1, "pissa_convert": True},
    }
    quantised: dict[str, Node] = {
        "quantization_method": "bnb",
        "quantization_bit": 4,
        "quantization_type": "nf4",
        "double_quantization": True,
    }
    return found | variants.get(asked.variant, {}) | (quantised if method.quantised else {})


def _about(path: str, *, pairs: bool = False) -> dict[str, object]:
    columns = {name: name for name in (("messages", "chosen", "rejected") if pairs else ("messages",))}
    found = {"file_name": path, "formatting": "sharegpt", "columns": columns, "tags": TAGS}
    return found | ({"ranking": True} if pairs else {})


def _rows(material: Material, examples: Sequence[Example]) -> str:
    talks = (chat.conversation(material, example) for example in chat.used(examples))
    return chat.lines({"messages": [chat.plain(message) for message in talk]} for talk in talks)


TARGET = Target(name="llamafactory", title="LLaMA-Factory", needs=("data",), uploads=False, render=render)
