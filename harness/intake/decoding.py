"""What a file's first bytes say: its encoding, what it is instead of text, how far it may unpack."""

from __future__ import annotations

import codecs
from pathlib import Path

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

    def __init__(self, path: Path, line: int, what: str, *, fix: str, noun: str = "line") -> None:
        super().__init__(f"{path} {noun} {line}: {what}", fix=fix)
        self.line = line
        """1-based; the number of the row where `noun` says so."""
        self.mendable = 0
        """Rows that --fix would leave out for the file to be read; 0 where it cannot mend the file."""


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


def bounded(path: Path, packed: int, unpacked: int, *, most: int | None = MOST) -> None:
    """Refuse what unpacks to far more than a table would; `most` is None for what is read in pieces."""
    limit = max(FREELY, RATIO * packed)
    limit = limit if most is None else min(most, limit)
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
