"""A file's bytes to text: one layer of gzip with a bound, the encoding by its marks, and what was unusual."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path
from typing import NamedTuple

from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.intake import Finding

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
ZIP = b"PK\x03\x04"
FREELY = 1 << 24
"""Bytes that any file may unpack to."""
RATIO = 200
"""Larger files may unpack to this many times their size; text reaches 50, a bomb 1000."""
MOST = 1 << 31
"""Bytes that no file may exceed when unpacked."""
FOREIGN = {
    b"version https://git-lfs": ("a Git LFS pointer, not the data", "run `git lfs pull`"),
    ZIP: ("a zip archive", "unpack it; an Excel workbook is named .xlsx"),
    b"\xd0\xcf\x11\xe0": ("an old Office document", "save it as .xlsx or CSV"),
}
"""First bytes of what is not text, what it is, and the way out."""
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_TEXT_CONTROLS = b"\t\n\r\x0c\x1b"


class LineError(DataError):
    """Content that cannot be used, with the line to blame."""

    def __init__(self, path: Path, line: int, what: str, *, fix: str) -> None:
        super().__init__(f"{path} line {line}: {what}", fix=fix)
        self.line = line


class Unpacked(NamedTuple):
    """A file's content without its gzip layer."""

    content: bytes
    """As it was packed, or as it is."""
    ending: str
    """The ending of the name in lower case, `.gz` aside; empty where there is none."""
    noted: list[Finding]
    """What its owner should hear."""


def unpack(path: Path) -> Unpacked:
    """The bytes behind the name; gzip is told by its first bytes, whatever the name says."""
    content = _bytes(path)
    named = path.suffix.lower() == ".gz"
    ending = (Path(path.stem) if named else path).suffix.lower()
    if not content.startswith(GZIP):
        message = f"{path.name} is named gzip but holds plain content: read as it is"
        return Unpacked(content, ending, [note("not_gzip", message)] if named else [])
    unpacked = _gunzip(path, content)
    if unpacked.startswith(GZIP):
        raise DataError(f"{path}: gzip inside gzip", fix="unpack the file once and check it again")
    message = f"{path.name} holds gzip content without saying so: unpacked"
    return Unpacked(unpacked, ending, [] if named else [note("gzip", message)])


def encoding_of(path: Path, start: bytes, asked: str) -> tuple[str, list[Finding]]:
    """The codec that was asked for, or UTF-8, or UTF-16 by its mark; anything else is never guessed."""
    for magic, (kind, fix) in FOREIGN.items():
        if start.startswith(magic):
            raise DataError(f"{path}: the content is {kind}", fix=fix)
    if asked:
        try:
            known = isinstance("".encode(asked), bytes) and codecs.getincrementaldecoder(asked)
        except (LookupError, ValueError):
            known = None
        if not known:
            fix = "name one such as utf-8, cp1252 or shift_jis"
            raise DataError(f"{path}: {asked!r} is not a text encoding", fix=fix)
        # a mark at the start is no letter, however UTF-8 is spelled
        marked = start.startswith(codecs.BOM_UTF8) and codecs.lookup(asked).name == "utf-8"
        return "utf-8-sig" if marked else asked, [note("encoding", f"{path.name}: read as {asked}, as asked")]
    encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    if encoding == "utf-8" and start.count(0) > len(start) // 5:
        raise DataError(
            f"{path}: the encoding looks like UTF-16 without a byte order mark, or the content is binary",
            fix="save the file as UTF-8, or pass --encoding utf-16-le",
        )
    message = f"{path.name} is UTF-16: decoded by its byte order mark"
    return encoding, [note("utf16", message)] if encoding == "utf-16" else []


def bounded(path: Path, packed: int, unpacked: int) -> None:
    """Refuse what unpacks to far more than a table would."""
    limit = min(MOST, max(FREELY, RATIO * packed))
    if unpacked > limit:
        raise DataError(
            f"{path}: {packed} bytes unpack to a size over the limit of {limit} bytes",
            fix="unpack the file yourself and check what it holds",
        )


def note(code: str, message: str) -> Finding:
    """A finding about the file as a whole."""
    return Finding(code=code, message=message, count=1)


def regular(path: Path) -> None:
    """Refuse what opening could wait for."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise FileError(f"{path} is a pipe or a device, expected a file", fix="save the rows to a file")


def _bytes(path: Path) -> bytes:
    try:
        regular(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", fix="check the path") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, expected a file", fix="name a file inside it") from None
    except OSError as wrong:
        raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None


def _gunzip(path: Path, packed: bytes) -> bytes:
    """Every member of the stream, piece by piece, so that a bomb stops at the limit and not in memory."""
    pieces: list[bytes] = []
    size, rest = 0, packed
    try:
        while rest.startswith(GZIP):
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                piece = member.decompress(rest, 1 << 20)
                rest = member.unconsumed_tail or member.unused_data
                if not piece and not member.eof and not rest:
                    raise DataError(f"{path}: the gzip stream is truncated", fix="copy the file again")
                size += len(piece)
                bounded(path, len(packed), size)
                pieces.append(piece)
    except zlib.error as wrong:
        raise DataError(f"{path}: the gzip stream is damaged ({wrong})", fix="copy the file again") from None
    if rest.strip(b"\0"):
        raise DataError(f"{path}: {len(rest)} bytes after the gzip stream", fix="copy the file again")
    return b"".join(pieces)


def undecodable(path: Path, start: bytes, wrong: UnicodeError, breaks: int, encoding: str) -> DataError:
    """Why the text ends here; `breaks` are the line ends in the pieces before the one at fault."""
    if not isinstance(wrong, UnicodeDecodeError) or not encoding.startswith("utf-8"):
        return DataError(f"{path}: damaged {encoding} ({wrong})", fix="save the file as UTF-8")
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in start[:4096]):
        return DataError(
            f"{path}: the content is binary, not text", fix="export the rows as JSON lines or CSV"
        )
    line = breaks + wrong.object.count(b"\n", 0, wrong.start) + 1
    what = f"byte {wrong.object[wrong.start]:#04x} is not UTF-8, perhaps cp1252 (Windows)"
    fix = "pass --encoding cp1252, or save the file as UTF-8; in Excel: `CSV UTF-8`"
    return LineError(path, line, what, fix=fix)
