"""Bytes to records and back: strict in, atomic out, and every refusal names the place."""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from advisor.engagement.errors import FileError, RecordError, full_disk

R = TypeVar("R", bound=msgspec.Struct)

_JSON = msgspec.json.Encoder(order="deterministic")


def read_text(path: Path) -> str:
    """The file as UTF-8 text, a leading byte order mark removed."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", fix="check the path") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, expected a file", fix="name a file inside it") from None
    except UnicodeDecodeError as wrong:
        raise FileError(f"{path}: byte {wrong.start} is not UTF-8", fix="save the file as UTF-8") from None
    except OSError as wrong:
        raise FileError(f"{path}: {wrong.strerror}", fix="check the path and its permissions") from None


def read_json(path: Path, kind: type[R]) -> R:
    """One record of ours. Unknown fields are ignored, a newer schema number is refused."""
    text = read_text(path)
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as wrong:
        problem = f"{path} line {wrong.lineno} column {wrong.colno}: not JSON ({wrong.msg})"
        raise RecordError(
            problem, fix="restore the file, or delete it and run the command that wrote it"
        ) from None
    if isinstance(raw, dict):
        _check_schema(path, raw.get("schema"), kind)
    return _convert(path, raw, kind)


def read_toml(path: Path, kind: type[R]) -> R:
    """A file that people edit: an unknown key is an error with a suggestion."""
    raw = read_toml_table(path)
    _refuse_unknown_keys(path, raw, kind)
    return _convert(path, raw, kind)


def read_toml_table(path: Path) -> dict[str, Any]:
    """The raw tables of a TOML file, for readers whose keys are not fixed (answers)."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as wrong:
        raise RecordError(
            f"{path}: not TOML: {wrong}", fix="mend that line; text values need quotes"
        ) from None


def encode(record: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces; the form that digests are taken of."""
    return _JSON.encode(record)


def pretty(record: object) -> str:
    """JSON for people and diffs: field order kept, two spaces, a newline at the end."""
    return json.dumps(msgspec.to_builtins(record), indent=2, ensure_ascii=False) + "\n"


def write_json(path: Path, record: object) -> None:
    """Write a record whole or not at all."""
    write_text(path, pretty(record))


def write_text(path: Path, text: str) -> None:
    """Write beside the target, flush to disk, rename: a reader sees the old file or the new one."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_text`, for bytes."""
    write_pieces(path, (content,))


def write_lines(path: Path, records: Iterable[msgspec.Struct]) -> None:
    """One record a line, in canonical JSON; the file appears whole or not at all."""
    write_pieces(path, (encode(record) + b"\n" for record in records))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """As `write_bytes`, for content of any size."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                for piece in pieces:
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as wrong:
        full = full_disk(OSError(wrong.errno, wrong.strerror, str(path)))
        if full is not None:
            raise full from None
        raise FileError(
            f"{path}: cannot be written: {wrong.strerror}", fix="check the folder's permissions and space"
        ) from None


def iter_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """Records of an append-only file; a half-written last line is not there yet."""
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as wrong:
                raise RecordError(
                    f"{path} line {number}: {wrong}",
                    fix="delete that run's folder and run `tunecase compare` again",
                ) from None


def cut_torn_line(path: Path) -> None:
    """Remove a last line without its newline, left by a killed writer."""
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        keep = content.rfind(b"\n") + 1
        with path.open("r+b") as file:
            file.truncate(keep)


def kept_lines(path: Path, kind: type[R]) -> list[R]:
    """Records of an append-only file that is gone on with: a half line is cut off; none without the file."""
    cut_torn_line(path)
    return list(iter_lines(path, kind)) if path.exists() else []


def suggestion(word: str, known: list[str]) -> str:
    """' Did you mean `x`?' or nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean `{near[0]}`?" if near else ""


def _check_schema(path: Path, found: object, kind: type[msgspec.Struct]) -> None:
    expected = next((f.default for f in msgspec.structs.fields(kind) if f.name == "schema"), None)
    if not isinstance(expected, str):
        return
    name, number = expected.split("/")
    match = re.fullmatch(rf"{name}/(\d+)", found) if isinstance(found, str) else None
    if match is None:
        raise RecordError(
            f"{path}: schema is {found!r}, expected {expected!r}", fix="name the file this command expects"
        )
    if int(match[1]) > int(number):
        raise RecordError(
            f"{path}: written as {found}, this version reads up to {expected}",
            fix="pip install --upgrade tunecase",
        )


def _refuse_unknown_keys(path: Path, raw: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for key, value in raw.items():
        if key not in known:
            raise RecordError(
                f"{path}: unknown key `{key}`.{suggestion(key, known)}", fix=f"known keys: {', '.join(known)}"
            )
        inner = next(field.type for field in msgspec.structs.fields(kind) if field.encode_name == key)
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            _refuse_unknown_keys(path, value, inner)


def _convert(path: Path, raw: object, kind: type[R]) -> R:
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as wrong:
        raise RecordError(f"{path}: {wrong}", fix="correct that value") from None
