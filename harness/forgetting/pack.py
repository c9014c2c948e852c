"""The canaries: small general tasks, written by us."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec

LONGEST = 64
"""Tokens of an answer; no canary asks for more."""


class Canary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One small thing to do."""

    id: str
    """Unique."""
    kind: str
    """instruction, arithmetic, json, refusal or neighbour."""
    prompt: str
    """What is asked."""
    check: str
    """How the answer is judged, a key of `harness.forgetting.checks.CHECKS`."""
    wanted: list[str]
    """What it is judged by."""


def pack() -> list[Canary]:
    """All canaries, in the order of their file."""
    text = (files("harness.forgetting") / "canaries.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["canary"], list[Canary])
