"""Kubernetes: the comparison as a Job on a volume that outlives its pods."""

from __future__ import annotations

from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import text
from trainers.exports.making.renting import Rented, name_of, rented
from trainers.exports.making.yaml_out import Node, document

CARDS = ("A100-80", "A100-40", "H100", "H200", "B200", "L40S", "A10G", "L4", "T4")
"""Cards that hosted clusters have."""
PLACE, IMAGE = "/engagement", "python:3.12"
STORAGE = "100Gi"
RESTARTS = 3
GRACE_SECONDS = 180
"""After SIGTERM, to save."""


def render(material: Material) -> Rendered:
    """The volume with a pod to copy through, the job, and how to apply them."""
    machine = rented(material, CARDS)
    said = machine.words(material) | {"place": PLACE, "image": IMAGE}
    files = {
        "storage.yaml": "---\n".join(map(document, (claim(material), files_pod(material)))),
        "job.yaml": document(job(material, machine)),
        "README.md": text.fill("kubernetes.md.j2", said),
    }
    return Rendered(files, machine.notes)


def claim(material: Material) -> dict[str, Node]:
    """The volume."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name_of(material)},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": STORAGE}}},
    }


def files_pod(material: Material) -> dict[str, Node]:
    """A pod that does nothing, to copy files through."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name_of(material)}-files"},
        "spec": {
            "restartPolicy": "Never",
            "volumes": [_volume(material)],
            "containers": [
                {
                    "name": "files",
                    "image": IMAGE,
                    "command": ["sleep", "infinity"],
                    "volumeMounts": [{"name": "engagement", "mountPath": PLACE}],
                }
            ],
        },
    }


def job(material: Material, machine: Rented) -> dict[str, Node]:
    """Our own command; a pod that is taken away counts as no failure."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name_of(material)},
        "spec": {
            "backoffLimit": RESTARTS,
            "activeDeadlineSeconds": machine.hours * 3600,
            "podFailurePolicy": {
                "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
            },
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "volumes": [
                        _volume(material),
                        {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
                    ],
                    "containers": [_container(material, machine)],
                }
            },
        },
    }


def _container(material: Material, machine: Rented) -> dict[str, Node]:
    # exec: SIGTERM must reach tunecase, not a shell that waits for it
    command = f"pip install -q 'tunecase[run]' && exec tunecase compare -C {PLACE} --executor local"
    token: dict[str, Node] = {
        "name": "HF_TOKEN",
        "valueFrom": {"secretKeyRef": {"name": "hf-token", "key": "token", "optional": True}},
    }
    limits: dict[str, Node] = {"nvidia.com/gpu": 1} if machine.needs_card else {"cpu": "4", "memory": "16Gi"}
    return {
        "name": "compare",
        "image": IMAGE,
        "command": ["bash", "-c", command],
        **({} if material.base_is_folder else {"env": [token]}),
        "resources": {"limits": limits},
        "volumeMounts": [
            {"name": "engagement", "mountPath": PLACE},
            {"name": "shared-memory", "mountPath": "/dev/shm"},
        ],
    }


def _volume(material: Material) -> dict[str, Node]:
    return {"name": "engagement", "persistentVolumeClaim": {"claimName": name_of(material)}}


TARGET = Target(name="kubernetes", title="Kubernetes", needs=("data",), uploads=True, render=render)
