"""SkyPilot: the comparison as a spot job that finds its finished work again after a preemption."""

from __future__ import annotations

import re

import msgspec

from advisor.costing.prices import gpu_hour
from advisor.costing.renting import Offer, offers
from advisor.costing.setup import Setup, Technique
from advisor.engagement import digests
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.yaml_out import Node, document
from trainers.language.resolving import STARTER

CARDS = {
    "T4": "T4",
    "L4": "L4",
    "A10G": "A10G",
    "A10": "A10",
    "L40S": "L40S",
    "A100-40": "A100",
    "A100-80": "A100-80GB",
    "H100": "H100",
    "H200": "H200",
    "B200": "B200",
}
"""Our names of cards to SkyPilot's, for those it finds at several clouds."""
PLACE = "/engagement"
IDLE_MINUTES = 10
RESTARTS = 1


def render(material: Material) -> Rendered:
    """The job and how to launch it."""
    offer, notes = _offer(material)
    job = task(material, offer)
    said = {
        "title": material.title,
        "offer": offer,
        "confined": material.confined,
        "notes": notes,
        "job": job,
    }
    files = {"job.yaml": document(job), "README.md": text.fill("skypilot.md.j2", said | {"place": PLACE})}
    return Rendered(files, notes)


def task(material: Material, offer: Offer | None) -> dict[str, Node]:
    """The engagement in a bucket that outlives the machine, and our own command in it."""
    name = _name(material)
    return {
        "name": name,
        "resources": _resources(material, offer),
        "file_mounts": {PLACE: {"name": name, "source": material.engagement, "mode": "MOUNT_CACHED"}},
        **({} if material.base_is_folder else {"secrets": {"HF_TOKEN": None}}),
        "setup": "pip install 'tunecase[run]'",
        "run": f"tunecase compare -C {PLACE}",
    }


def _resources(material: Material, offer: Offer | None) -> dict[str, Node]:
    found: dict[str, Node] = {
        "use_spot": True,
        "job_recovery": {"max_restarts_on_errors": RESTARTS},
        "autostop": {"idle_minutes": IDLE_MINUTES, "down": True},
    }
    if offer is not None:
        found["accelerators"] = f"{CARDS[offer.gpu]}:{offer.gpus}"
        found["max_hourly_cost"] = round(offer.usd_per_hour.likely, 2)
    elif material.plan.model == STARTER:
        found["cpus"] = "4+"
    else:
        found["accelerators"] = "L4:1"
        found["max_hourly_cost"] = round(gpu_hour("L4", material.prices).range.likely, 2)
    return found


def _offer(material: Material) -> tuple[Offer | None, list[str]]:
    """The cheapest single card on which the method fits, and what is not known about that."""
    if material.plan.model == STARTER:
        return None, []
    if material.base_is_folder:
        return None, [
            "the base model is a folder of this machine: copy it into the engagement and name it in plan.toml"
        ]
    if material.shape is None:
        return None, [
            f"the size of {material.plan.model} is not known: L4 is a guess, see `tunecase estimate`"
        ]
    asked = material.plan.training
    technique: Technique = msgspec.convert(material.method.name, Technique)
    setup = Setup(shape=material.shape, technique=technique, seq_len=asked.max_length, rank=asked.rank)
    fitting = [one for one in offers(setup, material.prices) if one.gpus == 1 and one.gpu in CARDS]
    if not fitting:
        return None, [f"{technique} on {material.plan.model} fits on no single card: L4 is a placeholder"]
    return fitting[0], []


def _name(material: Material) -> str:
    """A name that a bucket may have: lower case, with a digest so that it is nobody else's."""
    words = re.sub(r"[^a-z0-9]+", "-", material.title.lower()).strip("-")[:30].strip("-")
    return "-".join(
        ["tunecase", *([words] if words else []), digests.of_record(material.plan)[: digests.SHORT]]
    )


TARGET = Target(name="skypilot", title="SkyPilot", needs=("data",), uploads=True, render=render)
