"""A text file in pieces: bytes as they were at opening, gunzipped and decoded with flat memory."""

from __future__ import annotations

import codecs
import io
import os
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.intake import Finding

from .decoding import GZIP, LineError, bounded, encoding_of, note, regular, undecodable

PIECE = 1 << 20
"""Bytes read or unpacked at a time."""
LONGEST = 1 << 26
"""Characters that no line may exceed."""


class Source(NamedTuple):
    """A file's bytes without a gzip layer."""

    start: bytes
    """The first piece; empty for an empty file."""
    pieces: Iterator[bytes]
    """All pieces, the first included."""
    ending: str
    """The ending of the name in lower case, `.gz` aside."""
    noted: list[Finding]
    """What its owner should hear."""


def source(path: Path) -> Source:
    """Opened, its first piece read; gzip is told by its first bytes, whatever the name says."""
    named = path.suffix.lower() == ".gz"
    ending = (Path(path.stem) if named else path).suffix.lower()
    packed = _read(path)
    first = next(packed, b"")
    pieces, noted = chain([first], packed), []
    if first.startswith(GZIP):
        pieces = chain(_gunzip(path, pieces))
        first = next(pieces, b"")
        if first.startswith(GZIP):
            raise DataError(f"{path}: gzip inside gzip", fix="unpack the file once and check it again")
        pieces = chain([first], pieces)
        if not named:
            noted = [note("gzip", f"{path.name} holds gzip content without saying so: unpacked")]
    elif named:
        noted = [note("not_gzip", f"{path.name} is named gzip but holds plain content: read as it is")]
    return Source(first, pieces, ending, noted)


def texts(path: Path, found: Source, asked: str) -> tuple[Iterator[str], list[Finding]]:
    """The pieces as text, with what its owner should hear about the encoding."""
    encoding, noted = encoding_of(path, found.start, asked)
    return _decoded(path, found, encoding), noted


def lines(path: Path, pieces: Iterator[str]) -> Iterator[str]:
    """Lines with their ends, which are \\n, \\r\\n or \\r and nothing else."""
    held: list[str] = []
    size, number = 0, 1
    for piece in pieces:
        text = piece
        if held and held[-1].endswith("\r"):
            size -= len(held[-1])
            text = held.pop() + piece
        cut = max(text.rfind("\n"), text.rfind("\r", 0, max(len(text) - 1, 0))) + 1
        if cut:
            for line in io.StringIO("".join(held) + text[:cut], newline=""):
                yield line
                number += 1
            held, size = [], 0
        held.append(text[cut:])
        size += len(text) - cut
        if size > LONGEST:
            what = f"the line has a size over the limit of {LONGEST} characters"
            raise LineError(path, number, what, fix="write one row a line")
    yield from io.StringIO("".join(held), newline="")


def changed(path: Path) -> FileError:
    """The refusal of a file that somebody writes to."""
    return FileError(f"{path}: changed while it was read", fix="check it again when the writer is done")


def stamp(path: Path) -> tuple[int, ...]:
    """What tells a file from the same file a moment later; another one where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def _read(path: Path) -> Iterator[bytes]:
    try:
        regular(path)
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            left = before.st_size
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", fix="check the path") from None
    except OSError as wrong:
        if path.is_dir():
            raise FileError(f"{path} is a folder, expected a file", fix="name a file inside it") from None
        raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None
    if left or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise changed(path)


def _gunzip(path: Path, packed: Iterator[bytes]) -> Iterator[bytes]:
    """Every member of the stream; what it unpacks to is bounded by the size of the file."""
    whole, size = path.stat().st_size, 0
    member = zlib.decompressobj(wbits=31)
    rest = next(packed, b"")
    try:
        while rest:
            piece = member.decompress(rest, PIECE)
            rest = member.unconsumed_tail or member.unused_data
            size += len(piece)
            bounded(path, whole, size)
            if piece:
                yield piece
            if member.eof:
                while len(rest) < len(GZIP) and (more := next(packed, b"")):
                    rest += more
                if not rest.startswith(GZIP):
                    break
                member = zlib.decompressobj(wbits=31)
            elif not rest:
                rest = next(packed, b"")
    except zlib.error as wrong:
        raise DataError(f"{path}: the gzip stream is damaged ({wrong})", fix="copy the file again") from None
    if not member.eof:
        raise DataError(f"{path}: the gzip stream is truncated", fix="copy the file again")
    over = len(rest)
    padding = not rest.strip(b"\0")
    for piece in packed:
        over, padding = over + len(piece), padding and not piece.strip(b"\0")
    if not padding:
        raise DataError(f"{path}: {over} bytes after the gzip stream", fix="copy the file again")


def _decoded(path: Path, found: Source, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    breaks = 0
    try:
        for piece in found.pieces:
            yield decoder.decode(piece)
            breaks += piece.count(b"\n")
        yield decoder.decode(b"", final=True)
    except UnicodeError as wrong:
        raise undecodable(path, found.start, wrong, breaks, encoding) from None
