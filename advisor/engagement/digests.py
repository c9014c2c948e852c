"""Names for what was asked: the same spec gives the same digest on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from advisor.engagement.codec import encode
from advisor.engagement.errors import FileError

SHORT = 8


def of_record(record: msgspec.Struct) -> str:
    """sha256 of the canonical JSON, in hex."""
    return hashlib.sha256(encode(record)).hexdigest()


def short(record: msgspec.Struct) -> str:
    """The first eight hex digits: the suffix of run and model folders."""
    return of_record(record)[:SHORT]


def of_bytes(content: bytes) -> str:
    """sha256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def of_records(records: Iterable[msgspec.Struct]) -> str:
    """sha256 over a sequence of records, order included."""
    running = hashlib.sha256()
    for record in records:
        running.update(encode(record))
        running.update(b"\n")
    return running.hexdigest()


def of_files(paths: Iterable[Path]) -> str:
    """sha256 over file names and contents, sorted by name; folders' own paths do not count."""
    running = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        running.update(path.name.encode("utf-8") + b"\0")
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    running.update(block)
        except OSError as wrong:
            raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None
    return running.hexdigest()
