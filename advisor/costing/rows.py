"""Rows of published tables as setups: what a column leaves open takes a sensible default."""

from __future__ import annotations

import re

import msgspec

from advisor.engagement.errors import DataError, TunecaseError

from .cards import card
from .setup import Attention, Dtype, Loss, Offload, Optimizer, Quantisation, Setup, Shape, Sharding, Technique
from .shapes import find_row, from_params

Row = dict[str, str]

TECHNIQUES: dict[str, Technique] = {
    "full": "full",
    "full-pretrain": "full",
    "sft": "full",
    "rlhf-ppo": "full",
    "lora": "lora",
    "lora-int8": "lora",
    "lora-fa": "lora",
    "adapter": "lora",
    "qlora": "qlora",
    "dora": "dora",
    "lora_emb": "lora_embeddings",
    "lora_embeddings": "lora_embeddings",
    "dpo": "dpo_full",
    "dpo_full": "dpo_full",
    "dpo_lora": "dpo_lora",
    "dpo_qlora": "dpo_qlora",
    "reward": "reward_lora",
    "reward_lora": "reward_lora",
    "grpo_lora": "grpo_lora",
    "grpo_qlora": "grpo_qlora",
}
"""Words of the column; other methods by the one whose arithmetic is nearest."""

TARGETS = {
    "c_attn": ("q", "k", "v"),
    "qkv": ("q", "k", "v"),
    "c_proj": ("o", "down"),
    "w1": ("up",),
    "w2": ("gate",),
    "fc": ("up",),
    "proj": ("down",),
    "fc1": ("up",),
    "fc2": ("down",),
}
"""Names of matrices in other models' code."""

SIZES = {
    "hidden": "hidden",
    "intermediate": "intermediate",
    "layers": "layers",
    "vocab": "vocab",
    "heads": "heads",
    "kv_heads": "kv_heads",
}
"""Columns that override a size."""


def setup_from_row(row: Row) -> Setup:
    """The setup a row of a table describes; refuses a row that names neither a known model nor a size."""
    try:
        return _setup({name: (value or "").strip() for name, value in row.items() if name})
    except (TunecaseError, ValueError) as wrong:
        known = wrong.problem if isinstance(wrong, TunecaseError) else str(wrong)
        raise DataError(
            f"row {row.get('id', '?')}: {known}", fix="correct that row; empty means unknown"
        ) from None


def shape_from_row(row: Row) -> Shape:
    """The model by name, with sizes the row states; by number of parameters where the name is not known."""
    name = row.get("model", "")
    known = find_row(name) if name else None
    if known is not None:
        shape = known.shape
    else:
        total, active = _billions(row, name)
        shape = from_params(total, active_b=active)
    changes: dict[str, int | float] = {
        field: int(float(row[column])) for column, field in SIZES.items() if row.get(column)
    }
    if known is not None and row.get("params_b"):
        changes["params_b"] = float(row["params_b"])
        if shape.active_b == shape.params_b:
            changes["active_b"] = float(row["params_b"])
    return msgspec.structs.replace(shape, **changes)


def _billions(row: Row, name: str) -> tuple[float, float | None]:
    """Total and active billions: from the columns, else from the name (`30b-a3b`, `270m`)."""
    if row.get("params_b"):
        active = row.get("params_active_b")
        return float(row["params_b"]), float(active) if active else None
    found = re.search(r"(?<![\w.])[a-z]?(\d+(?:\.\d+)?)([bm])(?![a-z])", name.lower())
    if found is None:
        raise DataError(f"no shape is known for the model {name!r}", fix="fill in `params_b`")
    active_part = re.search(r"-a(\d+(?:\.\d+)?)b", name.lower())
    size = float(found[1]) / (1000 if found[2] == "m" else 1)
    return size, float(active_part[1]) if active_part else None


def _setup(row: Row) -> Setup:
    technique = _technique(row)
    optimizer = row.get("optimizer", "").lower()
    gpus = _whole(row, "n_gpus", 1)
    return Setup(
        shape=shape_from_row(row),
        technique=technique,
        gpu=_gpu(row),
        gpus=gpus,
        sharding=_sharding(row, gpus),
        seq_len=_whole(row, "seq_len", 1024),
        batch_size=_whole(row, "batch_size", 0) or _whole(row, "batch_per_gpu", 1),
        rank=_whole(row, "lora_rank", 16),
        targets=_targets(row),
        checkpointing=row.get("grad_checkpointing", "") not in ("0", "false", "no"),
        attention=_attention(row),
        loss=_loss(row),
        optimizer=_optimizer(optimizer),
        dtype=_dtype(row, technique),
        quantisation=_quantisation(row),
        framework=_framework(row),
        master_fp32="fp32" in row.get("param_dtype", "") if row.get("param_dtype") else None,
        offload=_offload(row),
        fused_backward=_is_fused(row, optimizer),
        length_is_cap=_is_cap(row),
    )


def _whole(row: Row, column: str, otherwise: int) -> int:
    return max(1, int(float(row[column]))) if row.get(column) else otherwise


def _is_cap(row: Row) -> bool:
    """Whether rows may stay below the length: a cap, or a table that leaves open whether rows were packed."""
    return row.get("packing") == "unspecified" or (
        row.get("seq_len_kind") in ("cap", "unsure") and row.get("packing") != "1"
    )


def _is_fused(row: Row, optimizer: str) -> bool:
    """By name, or torchtune's recipe for one card, whose paged optimizer steps in the backward pass."""
    named = any(word in optimizer for word in ("in_bwd", "lisa", "galore", "lomo"))
    one_card = row.get("framework") == "torchtune" and row.get("n_gpus", "1") == "1"
    return named or (one_card and "paged" in optimizer and row.get("technique") == "full")


def _technique(row: Row) -> Technique:
    said = row.get("technique", "").lower()
    if TECHNIQUES.get(said) == "lora" and row.get("quant", "none") not in ("", "none", "int8", "gptq-int8"):
        return "qlora"
    if said in TECHNIQUES:
        return TECHNIQUES[said]
    if said:
        raise DataError(f"unknown technique {said!r}", fix=f"known: {', '.join(TECHNIQUES)}")
    return "qlora" if row.get("quant", "none") not in ("", "none") else "lora"


def _gpu(row: Row) -> str:
    """The card if it is a known one; a size class or a note is none."""
    try:
        return card(row.get("gpu", "")).gpu
    except TunecaseError:
        return ""


def _sharding(row: Row, gpus: int) -> Sharding:
    said = row.get("sharding", "").lower()
    for known in ("zero3", "zero2", "fsdp"):
        if known in said.replace("-", ""):
            return known  # type: ignore[return-value]
    if said or gpus == 1:
        return "none"
    return "zero3" if "zero3" in row.get("framework", "") else "fsdp"


def _targets(row: Row) -> tuple[str, ...]:
    said = row.get("lora_targets", "").replace("(DEFAULT)", "").lower()
    if (
        row.get("technique") == "adapter"
    ):  # LLaMA-Adapter: learned tokens before the prompt, no matrix adapted
        return ("prefix",)
    found: list[str] = []
    for one in (word.strip() for word in said.split(",")):
        found += TARGETS.get(one, (one,) if one in ("q", "k", "v", "o", "gate", "up", "down") else ())
    return tuple(dict.fromkeys(found)) or ("all-linear",)


def _attention(row: Row) -> Attention:
    said = row.get("attention", "").lower()
    if said.startswith("eager"):
        return "eager"
    return "flash" if said.startswith(("fa", "flash")) else "sdpa"


def _loss(row: Row) -> Loss:
    said = row.get("fused_loss", "").lower()
    if said in ("liger", "cce", "fused"):
        return "fused"
    return "chunked" if said in ("chunked", "unsloth") else "plain"


def _optimizer(said: str) -> Optimizer:
    paged, small = "paged" in said, "8bit" in said or "8-bit" in said
    if "sgd" in said or "lisa" in said:
        return "sgd"
    if paged:
        return "paged_adamw8bit" if small else "paged_adamw"
    return "adamw8bit" if small else "adamw"


def _dtype(row: Row, technique: Technique) -> Dtype:
    """Of the frozen weights; trained ones in 32 bits under mixed precision are `master_fp32`."""
    said = row.get("param_dtype", "") or row.get("precision", "")
    if "fp32" in said and technique not in ("full", "dpo_full"):
        return "fp32"
    return "fp16" if "fp16" in said else "bf16"


def _quantisation(row: Row) -> Quantisation | None:
    said = row.get("quant", "").lower()
    if said in ("", "none"):
        return None
    if "int8" in said:
        return "int8"
    if "int4" in said or "gptq" in said or "awq" in said:
        return "int4"
    return "nf4_double" if "dq" in said or "double" in said else "nf4"


def _framework(row: Row) -> str:
    said, loss = row.get("framework", ""), row.get("fused_loss", "")
    return f"{said} foak" if loss == "foak" and "foak" not in said else said


def _offload(row: Row) -> Offload:
    said = row.get("offload", "").lower()
    if "optim" in said:
        return "optimizer"
    if "cpu_all" in said or said in ("deepspeed", "all"):
        return "all"
    return "activations" if "activation" in said else "none"
