"""Every audit, found by its file: `AUDIT` looks at all rows, `ROW_AUDITS` look at one row at a time."""

from __future__ import annotations

import importlib
import pkgutil

from ._kind import Audit, RowAudit


def audits() -> list[Audit]:
    """Audits of the whole, in the order of their file names."""
    return [module.AUDIT for module in _modules() if hasattr(module, "AUDIT")]


def row_audits() -> list[RowAudit]:
    """Audits of single rows, in the order of their file names."""
    return [audit for module in _modules() for audit in getattr(module, "ROW_AUDITS", ())]


def _modules() -> list[object]:
    names = sorted(entry.name for entry in pkgutil.iter_modules(__path__) if not entry.name.startswith("_"))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]
