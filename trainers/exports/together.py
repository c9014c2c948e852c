"""Together's conversational and preference formats for fine-tuning open models."""

from __future__ import annotations

from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import chat, text, vendors

LIMITS = vendors.Limits(
    service="Together",
    fewest=1,
    most_bytes=50 * 1024**3,
    rules=(chat.answered, chat.no_empty_content, chat.alternates),
    source="docs.together.ai/docs/fine-tuning/data-preparation; limits of the together client 3.1.1",
)


def render(material: Material) -> Rendered:
    """Training and validation rows, pairs where there are any, and the commands to upload them."""
    files = vendors.files(material, LIMITS)
    said = vendors.words(material, LIMITS, files)
    notes = chat.weight_note(material.train, "Together") + chat.limit_note(material)
    return Rendered(files | {"README.md": text.fill("together.md.j2", said)}, notes)


TARGET = Target(
    name="together", title="Together fine-tuning files", needs=("data",), uploads=True, render=render
)
