"""A copy of the client's file beside it, without what cannot be used, or with personal data masked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from advisor.engagement import codec
from advisor.engagement.errors import FileError

from .checking import Checked
from .corpus import UNUSED, Corpus
from .hub import is_hub, parse


def copy_path(path: Path, *, masked: bool) -> Path:
    """`tickets.csv` has its copy in `tickets.fixed.jsonl` or `tickets.redacted.jsonl`, beside it.

    That of `hf:ORG/NAME` lies where the command is run.
    """
    if is_hub(path):
        path = Path(Path(parse(str(path)).name).name)
    stem = path.stem if path.suffix.lower() == ".gz" else path.name
    return path.with_name(f"{Path(stem).stem}.{'redacted' if masked else 'fixed'}.jsonl")


def refuse_existing(*paths: Path | None, masked: bool) -> None:
    """A copy never overwrites a file."""
    for path in paths:
        if path is not None and copy_path(path, masked=masked).exists():
            copy = copy_path(path, masked=masked)
            raise FileError(f"{copy} exists already", fix="remove or rename it, then run this again")


def write_copies(checked: Checked, *, masked: bool) -> Checked:
    """One copy a file: canonical rows without those left out; without repeats and leaks too unless masked."""
    assert checked.corpus is not None
    written = []
    for number, path in enumerate(checked.corpus.rows.paths):
        copy = copy_path(path, masked=masked)
        codec.write_lines(copy, _rows(checked.corpus, number, masked=masked))
        written.append(str(copy))
    return checked._replace(intake=msgspec.structs.replace(checked.intake, copy=", ".join(written)))


def _rows(corpus: Corpus, file: int, *, masked: bool) -> Iterator[msgspec.Struct]:
    wanted = np.asarray(corpus.rows.files()) == file
    if not masked:
        pairs = np.stack([corpus.inputs, corpus.outputs], axis=1)
        _, first = np.unique(pairs, axis=0, return_index=True)
        once = np.zeros(len(wanted), dtype=bool)
        once[first] = True
        wanted &= once & (corpus.split != UNUSED)
    return corpus.rows.take(np.flatnonzero(wanted).tolist())
