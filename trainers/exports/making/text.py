"""Prose around the files, from templates, with client text fenced so that it stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).parent.parent / "templates"
MARKS = re.compile(r"([\\`*_\[\]#|<>~$])")


def fill(name: str, values: dict[str, Any]) -> str:
    """A template of this room with its values; a value that is missing is an error."""
    # Markdown and shell, not HTML: what comes from clients goes through `fenced`, `inline` or a quoter
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(fenced=fenced, inline=inline)
    return environment.get_template(name).render(values)


def fenced(text: str) -> str:
    """A code block that the text cannot end: its fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def inline(text: str) -> str:
    """One line of Markdown with every mark escaped."""
    return MARKS.sub(r"\\\1", " ".join(str(text).split()))
