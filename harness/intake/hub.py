"""Datasets of the hub, or saved in a folder, as numbered rows; read in pieces, and no code of theirs run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engagement.errors import DataError, MissingPackage
from advisor.engagement.records.intake import Finding

PREFIX = "hf:"
OFFLINE, YES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"), ("1", "ON", "YES", "TRUE")
LIGHT = {"USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Rows need none of the frameworks, whose import takes seconds."""
PROGRAM = "import sys; sys.path.append(sys.argv.pop()); from harness.intake.hub_rows import main; main()"
"""Its last argument is the folder that holds this package, which need not be installed."""


class Source(NamedTuple):
    """`hf:NAME[:CONFIG][@SPLIT]`, taken apart."""

    name: str
    """Name on the hub, or a folder."""
    config: str | None
    """Which of its configurations."""
    split: str | None
    """Which split; None reads all of them."""


Rows = Iterator[tuple[int, dict[str, Any]]]


def is_hub(path: Path) -> bool:
    """Whether it names a dataset and not a file."""
    return str(path).startswith(PREFIX)


def parse(text: str) -> Source:
    """`hf:org/name:config@split`."""
    name, _, split = text.removeprefix(PREFIX).partition("@")
    name, _, config = name.partition(":")
    if not name:
        raise DataError(f"{text}: no dataset is named", fix="write hf:ORG/NAME, or hf:./FOLDER")
    return Source(name, config or None, split or None)


def rows_of(path: Path, tell: Callable[[str], None]) -> tuple[Rows, list[Finding]]:
    """Numbered rows of every split, each with its split in `meta`, and what has to be said.

    `tell` hears what is fetched and from where, before it is.
    """
    source = parse(str(path))
    local = Path(source.name).is_dir()
    if source.name.startswith((".", "/", "~")) and not local:
        raise DataError(f"{source.name}: no such folder", fix="check the path")
    if find_spec("datasets") is None:
        fix = "pip install 'tunecase[run]'"
        raise MissingPackage("hub datasets need the package datasets", fix=fix)
    if not local:
        _refuse_offline(source)
        tell(f"asking {_host()} for the dataset {source.name}")
    rows = _lines(source)
    opened = next(rows)
    splits = _chosen(source, opened["splits"])
    if local:
        return rows, []
    tell(f"fetching from {_host()}: {source.name}, {opened['size']}; read as it comes, not kept")
    message = f"read from {source.name}, splits {', '.join(splits)}: nothing of it was run"
    return rows, [Finding(code="hub", message=message, count=len(splits))]


def _host() -> str:
    """The hub, or the mirror that stands in for it."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rpartition("://")[2]


def _refuse_offline(source: Source) -> None:
    said = next((name for name in OFFLINE if os.environ.get(name, "").upper() in YES), None)
    if said is not None:
        fix = f"unset {said} where there is a network, or download the dataset and name hf:./FOLDER"
        problem = f"{source.name} is a dataset of the hub, and {said} forbids to fetch it"
        raise DataError(problem, fix=fix)


def _chosen(source: Source, splits: list[str]) -> list[str]:
    if source.split is None:
        return splits
    if source.split not in splits:
        problem = f"{source.name} has no split {source.split!r}, it has {', '.join(splits)}"
        raise DataError(problem, fix=f"write {PREFIX}{source.name}@{splits[0]}")
    return [source.split]


def _lines(source: Source) -> Iterator[Any]:
    """First what the dataset holds, then its rows; what ends them early is one error with the last row."""
    asked = [sys.executable, "-P", "-c", PROGRAM, json.dumps(source), str(Path(__file__).parents[2])]
    # what the libraries say for their authors stays unheard: the reason comes over stdout
    nothing, heard = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(asked, stdin=nothing, stdout=heard, stderr=nothing, env=os.environ | LIGHT)
    last, reason = 0, ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = msgspec.json.decode(line)
            if isinstance(found, list):
                last = found[0]
            elif "wrong" in found:
                reason = found["wrong"]
                break
            yield found
        if not reason and process.wait():
            reason = "reading it crashed"
    finally:
        process.kill()
        process.communicate()
    if reason:
        place = f"{source.name} after row {last}" if last else source.name
        raise DataError(
            f"{place}: the dataset cannot be read ({reason})",
            fix="check the name and the network, or download it as JSONL or Parquet and name the file",
        )
