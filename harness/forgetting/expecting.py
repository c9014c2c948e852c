"""What putting the canaries to one model takes, in tokens, before it is asked; no torch."""

from __future__ import annotations

from pathlib import Path

from harness.forgetting.pack import LONGEST, pack
from harness.intake.token_lengths import count

MARKS = 4
"""Role and end marks around one prompt: assumption."""


def tokens(folder: Path | None) -> int:
    """Every prompt read once and an answer of the greatest length: answers of small models often run on."""
    prompts, _ = count([one.prompt for one in pack()], folder)
    return sum(prompts) + len(prompts) * (MARKS + LONGEST)
