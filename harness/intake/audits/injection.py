"""Prompt injection: sentences and tokens that try to command the model that reads them."""

from __future__ import annotations

from harness.intake.patterns._kind import row_text
from harness.intake.patterns.commands import commands

from ._kind import RowAudit

ROW_AUDITS = (
    RowAudit(
        code="injection",
        says="{count} rows hold text that tries to command a model (prompt injection); it is shown escaped"
        " and never "
        "executed",
        do="read them and leave them out unless they are wanted: a model learns what it is shown",
        severity="warning",
        holds=lambda example: commands(row_text(example)),
    ),
)
