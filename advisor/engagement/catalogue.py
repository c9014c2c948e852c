"""A folder is a registry: every file but `_kind.py` defines one item, a module-level constant."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from advisor.engagement.codec import suggestion
from advisor.engagement.errors import PlanError

T = TypeVar("T")


def items(package: ModuleType, kind: type[T]) -> dict[str, T]:
    """Every item of `kind` in the package's files, by its `name`, in file order."""
    found: dict[str, T] = {}
    for stem in stems(package):
        module = importlib.import_module(f"{package.__name__}.{stem}")
        for value in vars(module).values():
            if isinstance(value, kind):
                found.setdefault(str(value.name), value)  # type: ignore[attr-defined]
    return found


def stems(package: ModuleType) -> list[str]:
    """File names of the items, without importing them."""
    folders = [Path(folder) for folder in package.__path__]
    return sorted(p.stem for folder in folders for p in folder.glob("*.py") if not p.stem.startswith("_"))


def find(package: ModuleType, kind: type[T], name: str) -> T:
    """One item by name, importing only its file; a typo gets a suggestion."""
    known = stems(package)
    if name not in known:
        what = kind.__name__.lower()
        raise PlanError(
            f"unknown {what} `{name}`.{suggestion(name, known)}", fix=f"known: {', '.join(known)}"
        )
    module = importlib.import_module(f"{package.__name__}.{name}")
    return next(value for value in vars(module).values() if isinstance(value, kind))
