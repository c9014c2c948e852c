"""Files into the export's folder: all of them or none, and nothing that a person changed is lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.errors import FileError, NotReady


def write_all(folder: Path, files: Mapping[str, str], *, replace: bool) -> list[Path]:
    """Write every file beside the folder first, then put them in place; the paths in order.

    Raises NotReady where a file that is there differs, unless `replace`.
    """
    contents = {folder / name: text.encode("utf-8") for name, text in files.items()}
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file, expected a folder", fix="name another folder with -o")
    different = [path for path, content in contents.items() if _differs(path, content)]
    if different and not replace:
        more = f" and {len(different) - 1} more" if len(different) > 1 else ""
        raise NotReady(
            f"{different[0]}{more}: there is another version already",
            fix="write elsewhere with -o, or pass --yes to replace it",
        )
    _put(folder, contents)
    return list(contents)


def _differs(path: Path, content: bytes) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != content)


def _put(folder: Path, contents: Mapping[Path, bytes]) -> None:
    """All files are on disk in a staging folder before the first is renamed."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    except OSError as wrong:
        raise FileError(
            f"{folder}: cannot be written: {wrong.strerror}", fix="check the folder's permissions and space"
        ) from None
    try:
        for path, content in contents.items():
            codec.write_bytes(staging / path.relative_to(folder), content)
        if not folder.exists():
            staging.chmod(0o755)
            staging.rename(folder)
            return
        for path in contents:
            path.parent.mkdir(parents=True, exist_ok=True)
            (staging / path.relative_to(folder)).replace(path)
    except OSError as wrong:
        raise FileError(
            f"{folder}: cannot be written: {wrong.strerror}", fix="check the folder's permissions and space"
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
