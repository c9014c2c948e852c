"""Datasets of the hub, or saved in a folder, as numbered rows; read in pieces, and no code of theirs run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement.errors import DataError, MissingPackage
from advisor.engagement.records.intake import Finding

PREFIX = "hf:"
CARRIERS = ("datasets", "pyarrow", "fsspec", "huggingface_hub", "httpx", "httpcore", "aiohttp", "requests")
"""Packages that bring rows here; each has exceptions of its own."""
SPLITS = {"train": "train", "validation": "validation", "dev": "validation", "test": "test"}


class Source(NamedTuple):
    """`hf:NAME[:CONFIG][@SPLIT]`, taken apart."""

    name: str
    """Name on the hub, or a folder."""
    config: str | None
    """Which of its configurations."""
    split: str | None
    """Which split; None reads all of them."""


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


def rows_of(path: Path) -> tuple[Iterator[tuple[int, dict[str, Any]]], list[Finding]]:
    """Numbered rows of every split, each with its split in `meta`, and what has to be said."""
    source = parse(str(path))
    loaded = _load(source)
    told = Finding(
        code="hub",
        message=f"read from {source.name}, splits {', '.join(loaded)}: nothing of it was run",
        count=len(loaded),
    )
    return _guarded(source, loaded), [told] if not Path(source.name).is_dir() else []


def _guarded(source: Source, loaded: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows; a damaged file or a network that drops on the way is one error with the last good row."""
    last = 0
    try:
        for last, fields in _numbered(loaded):
            yield last, fields
    except Exception as wrong:
        if not _lies_there(wrong):
            raise
        raise _unreadable(f"{source.name} after row {last}", wrong) from None


def _lies_there(wrong: Exception) -> bool:
    """Whether the reason lies in the data or on the way to it: what its readers and carriers raise."""
    return isinstance(wrong, OSError | ValueError | RuntimeError) or (
        type(wrong).__module__.partition(".")[0] in CARRIERS
    )


def _unreadable(place: str, wrong: Exception) -> DataError:
    said = str(wrong).strip()
    reason = said.splitlines()[0][:200] if said else type(wrong).__name__
    return DataError(
        f"{place}: the dataset cannot be read ({reason})",
        fix="check the name and the network, or download it as JSONL or Parquet and name the file",
    )


def _numbered(loaded: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for name, dataset in loaded.items():
        names = {
            column: kind.names for column, kind in (dataset.features or {}).items() if hasattr(kind, "names")
        }
        for row in dataset:
            number += 1
            fields = {column: _named(value, names.get(column)) for column, value in row.items()}
            meta = fields.get("meta")
            split = {"split": SPLITS[name]} if name in SPLITS and len(loaded) > 1 else {}
            yield number, {**fields, "meta": {**split, **(meta if isinstance(meta, dict) else {})}}


def _named(value: Any, names: list[str] | None) -> Any:
    """A class by its name; -1 stands for none, as in the test splits of public benchmarks."""
    if names is None or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


def _load(source: Source) -> dict[str, Any]:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import datasets
    except ImportError:
        raise MissingPackage(
            "hub datasets need the package datasets", fix="pip install 'tunecase[run]'"
        ) from None
    folder = Path(source.name)
    if source.name.startswith((".", "/", "~")) and not folder.is_dir():
        raise DataError(f"{source.name}: no such folder", fix="check the path")
    try:
        loaded = datasets.load_dataset(source.name, source.config, streaming=True)
    except Exception as wrong:
        if not _lies_there(wrong):
            raise
        raise _unreadable(source.name, wrong) from None
    if source.split is not None and source.split not in loaded:
        raise DataError(
            f"{source.name} has no split {source.split!r}, it has {', '.join(loaded)}",
            fix=f"write {PREFIX}{source.name}@{next(iter(loaded))}",
        )
    return {source.split: loaded[source.split]} if source.split else dict(loaded)
