"""OpenAI's chat format for fine-tuning, which OpenAI is closing; other services read the same files."""

from __future__ import annotations

from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import chat, text, vendors

LIMITS = vendors.Limits(
    service="OpenAI",
    fewest=10,
    most_bytes=512 * 1024 * 1024,
    rules=(chat.answered, chat.no_empty_content),
    source="developers.openai.com: supervised fine-tuning guide, files API",
)
CLOSING = (
    "OpenAI is closing self-serve fine-tuning: announced on 7 May 2026; from 2 July 2026 organisations that "
    "had not used a tuned model within 60 days cannot start jobs; from 6 January 2027 nobody can"
)
"""developers.openai.com/api/docs/deprecations; the notice was read there, the dates in two later copies."""


def render(material: Material) -> Rendered:
    """Training and validation rows, pairs where there are any, and what to know before uploading."""
    files = vendors.files(material, LIMITS)
    said = vendors.words(material, LIMITS, files) | {"closing": CLOSING}
    notes = [f"{CLOSING}; start no new project on it", *chat.weight_note(material.train, "OpenAI")]
    notes += chat.limit_note(material)
    return Rendered(files | {"README.md": text.fill("openai_jsonl.md.j2", said)}, notes)


TARGET = Target(
    name="openai_jsonl", title="OpenAI fine-tuning files", needs=("data",), uploads=True, render=render
)
