"""Accelerate: how many processes train one model of the plan, in parts (FSDP2) or whole in each (DDP)."""

from __future__ import annotations

import shlex

import msgspec

from advisor.costing.renting import Offer, offers
from advisor.costing.setup import Setup, Technique
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.yaml_out import Node, document

CREWED = ("lora", "qlora", "full")
"""Arms that several processes can train."""
PROCESSES = 2
"""Where the model's size is not known."""


def render(material: Material) -> Rendered:
    """Both configurations and the commands."""
    offer, notes = _offer(material)
    count = max(PROCESSES, offer.gpus) if offer is not None else PROCESSES
    arms = [name for name in material.plan.arms if name in CREWED]
    if not arms:
        notes.append(f"no arm of the plan is one that several processes train: {', '.join(CREWED)}")
    said = {
        "title": material.title,
        "offer": offer,
        "count": count,
        "arms": arms,
        "seeds": material.plan.seeds,
        "place": shlex.quote(material.engagement),
        "notes": notes,
    }
    files = {
        "fsdp2.yaml": document(fsdp2(count)),
        "ddp.yaml": document(ddp(count)),
        "train.sh": text.fill("accelerate.train.j2", said),
        "README.md": text.fill("accelerate.md.j2", said),
    }
    return Rendered(files, notes)


def fsdp2(count: int) -> dict[str, Node]:
    """Every process holds a part of each layer; checkpoints are written in parts too."""
    sharding: dict[str, Node] = {
        "fsdp_version": 2,
        "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "fsdp_reshard_after_forward": True,
        "fsdp_state_dict_type": "SHARDED_STATE_DICT",
        "fsdp_cpu_ram_efficient_loading": False,
        "fsdp_activation_checkpointing": False,
        "fsdp_offload_params": False,
    }
    return _machine(count) | {"distributed_type": "FSDP", "mixed_precision": "bf16", "fsdp_config": sharding}


def ddp(count: int) -> dict[str, Node]:
    """Every process holds the whole model."""
    return _machine(count) | {"distributed_type": "MULTI_GPU", "mixed_precision": "bf16"}


def _machine(count: int) -> dict[str, Node]:
    return {
        "compute_environment": "LOCAL_MACHINE",
        "machine_rank": 0,
        "num_machines": 1,
        "num_processes": count,
        "main_training_function": "main",
        "rdzv_backend": "static",
        "same_network": True,
        "use_cpu": False,
    }


def _offer(material: Material) -> tuple[Offer | None, list[str]]:
    """The cheapest cards of one machine on which the method fits, parted over them."""
    if material.shape is None:
        return None, [f"the size of {material.plan.model} is not known: {PROCESSES} processes are a guess"]
    asked = material.plan.training
    technique: Technique = msgspec.convert(material.method.name, Technique)
    setup = Setup(shape=material.shape, technique=technique, seq_len=asked.max_length, rank=asked.rank)
    found = offers(setup, material.prices)
    if not found:
        return None, [f"{technique} on {material.plan.model} fits on no single machine of the list"]
    return found[0], []


TARGET = Target(name="accelerate", title="Accelerate", needs=("data",), uploads=False, render=render)
