"""Environment of the heavy libraries, set before they are imported: no telemetry, no surprise downloads."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import click

QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
GROWING = {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
"""Passes of many lengths leave holes on a card that this lets torch use; Linux only."""


def python(*arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, offline and quiet, its output captured.

    Raises `subprocess.TimeoutExpired` after so many seconds.
    """
    # -P: a folder named like a package where the user stands must not be imported
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=seconds,
        env=os.environ | QUIET | {"HF_HUB_OFFLINE": "1"},
    )


def quiet_libraries(model: str) -> None:
    """Silence the libraries; a bundled or local model works offline, a hub id is announced."""
    silence(model)
    if os.environ.get("HF_HUB_OFFLINE") != "1":
        click.echo(f"{model}: loading from the model hub unless it is in the local cache", err=True)


def silence(model: str) -> None:
    """The same without a word."""
    for name, value in (QUIET | (GROWING if sys.platform == "linux" else {})).items():
        os.environ.setdefault(name, value)
    # notes to the authors of libraries, which no user of ours can act on
    warnings.filterwarnings(
        "ignore", category=FutureWarning, module=r"(transformers|peft|torch|accelerate)\b"
    )
    if model == "starter" or Path(model).is_dir():
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
