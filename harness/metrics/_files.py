"""Files that the plan names for a metric; none of them lies outside the engagement."""

from __future__ import annotations

from pathlib import Path

from advisor.engagement.errors import DataError, FileError, PlanError
from harness.metrics._kind import Basis

LARGEST = 20_000_000
"""Bytes of such a file."""


def text_of(basis: Basis, name: str, *, field: str) -> str:
    """The text of the file that a field of [metrics] names."""
    path = inside(basis, name, field=field)
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(
                f"{path}: larger than {LARGEST:,} bytes", fix=f"name a smaller file in {field} of plan.toml"
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(
            f"{path}: {error.strerror}", fix=f"put the file there, or correct {field} in plan.toml"
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8", fix="save it as UTF-8") from None


def inside(basis: Basis, name: str, *, field: str) -> Path:
    """The path of a file in the engagement's folder; links that lead out of it are refused too."""
    assert basis.root is not None
    root = basis.root.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise PlanError(
            f"{field} is {name}, which lies outside the engagement",
            fix=f"copy the file below {basis.root} and name it from there, such as data/{path.name}",
        )
    return path
