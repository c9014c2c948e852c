"""SkyPilot: the comparison as a spot job that finds its finished work again after a preemption."""

from __future__ import annotations

from advisor.costing.prices import gpu_hour
from advisor.costing.renting import Offer
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.renting import name_of, offer_of
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
    offer, notes = offer_of(material, CARDS)
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
    name = name_of(material)
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


TARGET = Target(name="skypilot", title="SkyPilot", needs=("data",), uploads=True, render=render)
