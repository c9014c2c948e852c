"""Starting points for common use cases: typical answers, a prompt, a metric; the client's facts stay open."""

from __future__ import annotations

from pathlib import Path

import msgspec

from advisor.engagement import codec

TEMPLATES = Path(__file__).parent
"""The folder that holds one folder per template."""
COPIED = ("answers.toml", "README.md")
"""Files that an engagement takes over as they are."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What one row of the client's file looks like."""

    input: str
    """What stands in the input."""
    output: str
    """What stands in the output."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth knowing of a use case before the client is asked: `template.toml`."""

    title: str
    """The use case, and the engagement's title until it has one of its own."""
    summary: str
    """What the system does, in one sentence."""
    metric: str
    """Primary metric that the plan starts from."""
    metric_why: str
    """Why this one, and what a person has to judge besides."""
    columns: Columns
    """One row of the client's file."""
    minimum_examples: int
    """Approved rows below which training is not worth a trial."""
    minimum_examples_why: str
    """Where that number comes from."""
    sources: list[str]
    """What was published about the use case, and where."""


def names() -> list[str]:
    """Names of the templates: the folders that hold one."""
    return sorted(marker.parent.name for marker in TEMPLATES.glob("*/template.toml"))


def template(name: str) -> Template:
    """One template by name."""
    return codec.read_toml(TEMPLATES / name / "template.toml", Template)


def instruction(name: str) -> str:
    """The starting prompt, without the line break at its end."""
    return codec.read_text(TEMPLATES / name / "prompt.txt").rstrip("\n")
