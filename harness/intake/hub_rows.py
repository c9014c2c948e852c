"""Rows of a dataset as JSON lines on stdout, in a process of its own: damaged files crash the libraries.

`datasets` 5.2 over pyarrow 26 ends its process on a JSON array whose first element is null. The first line
tells the splits, every other one a row, `[number, fields]`; a line `{"wrong": ...}` ends what cannot be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import IO, Any

import msgspec

SPLITS = {"train": "train", "validation": "validation", "dev": "validation", "test": "test"}


def main() -> None:
    """Called with name, configuration and split as one JSON list."""
    name, config, split = json.loads(sys.argv[1])
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    write(out, name, config, split)


def write(out: IO[bytes], name: str, config: str | None, split: str | None) -> None:
    """All lines."""
    encoder = msgspec.json.Encoder(enc_hook=str)
    try:
        loaded = load(name, config)
        out.write(encoder.encode({"splits": list(loaded), "size": size(loaded)}) + b"\n")
        out.flush()
        if split is not None and split not in loaded:
            return
        for row in numbered({split: loaded[split]} if split else loaded):
            out.write(encoder.encode(row) + b"\n")
    except StopIteration:
        out.write(encoder.encode({"wrong": "a file of it is empty"}) + b"\n")
    except Exception as wrong:
        said = str(wrong).strip()
        reason = said.splitlines()[0][:200] if said else type(wrong).__name__
        out.write(encoder.encode({"wrong": reason}) + b"\n")
    out.flush()


def load(name: str, config: str | None) -> dict[str, Any]:
    """Splits by name, not read yet."""
    import datasets

    return dict(datasets.load_dataset(name, config, streaming=True))


def size(loaded: dict[str, Any]) -> str:
    """Rows of each split and bytes to download, as far as the dataset's card says."""
    parts = []
    for name, dataset in loaded.items():
        known = (getattr(getattr(dataset, "info", None), "splits", None) or {}).get(name)
        count = getattr(known, "num_examples", None)
        parts.append(f"{name} ({count:,} rows)" if count else name)
    sizes = (getattr(getattr(dataset, "info", None), "download_size", None) for dataset in loaded.values())
    known_size = next(filter(None, sizes), None)
    amount = f"{known_size / 1e6:,.1f} MB for all splits" if known_size else "size not known"
    return f"{', '.join(parts)}; {amount}"


def numbered(loaded: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of every split, classes by name, each with its split in `meta` where there are several."""
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
