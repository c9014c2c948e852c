"""Slurm: the comparison as a batch job that saves before its time is up and finds its work again."""

from __future__ import annotations

import shlex

from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.renting import Rented, rented

CARDS = ("A100-80", "A100-40", "H100", "H200", "B200", "L40S", "A10", "A10G", "L4", "T4")
"""Cards that clusters have."""
WARNING_SECONDS = 300
"""Before its end the job is told to save."""


def render(material: Material) -> Rendered:
    """The batch script and how to submit it."""
    machine = rented(material, CARDS)
    files = {
        "job.sbatch": script(material, machine),
        "README.md": text.fill("slurm.md.j2", machine.words(material)),
    }
    return Rendered(files, machine.notes)


def script(material: Material, machine: Rented) -> str:
    """Directives, then our own command as a child that hears SIGTERM."""
    said = machine.words(material) | {
        "cards": 1 if machine.needs_card else 0,
        "warning": WARNING_SECONDS,
        "place": shlex.quote(material.engagement),
    }
    return text.fill("slurm.sbatch.j2", said)


TARGET = Target(name="slurm", title="Slurm", needs=("data",), uploads=True, render=render)
