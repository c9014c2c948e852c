"""Hugging Face Jobs: the comparison on a machine whose disk is lost, synced with a private bucket."""

from __future__ import annotations

import shlex

from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.renting import rented

FLAVORS = {
    "T4": "t4-small",
    "L4": "l4x1",
    "A10G": "a10g-large",
    "L40S": "l40sx1",
    "A100-80": "a100-large",
    "H200": "h200",
}
"""Our names of cards to the flavors that have one of them (`hf jobs hardware`, 2026-11)."""
CPU = "cpu-upgrade"
IMAGE, PLACE = "python:3.12", "/engagement"
ATTEMPTS, SYNC_SECONDS = 3, 300


def render(material: Material) -> Rendered:
    """What runs there, what starts it, and how to bring the results back."""
    machine = rented(material, FLAVORS)
    card = machine.offer.gpu if machine.offer else "L4"
    said = machine.words(material) | {
        "flavor": FLAVORS[card] if machine.needs_card else CPU,
        "image": IMAGE,
        "place": PLACE,
        "attempts": ATTEMPTS,
        "every": SYNC_SECONDS,
        "here": shlex.quote(material.engagement),
    }
    files = {
        "job.sh": text.fill("hf_jobs.job.j2", said),
        "launch.sh": text.fill("hf_jobs.launch.j2", said),
        "README.md": text.fill("hf_jobs.md.j2", said),
    }
    return Rendered(files, machine.notes)


TARGET = Target(name="hf_jobs", title="Hugging Face Jobs", needs=("data",), uploads=True, render=render)
