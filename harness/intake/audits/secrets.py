"""Keys, passwords and private keys: whoever reads the file, or asks the model, can use them."""

from __future__ import annotations

from harness.intake.patterns import secrets
from harness.intake.patterns._kind import Pattern, row_text

from ._kind import RowAudit


def _audit(code: str, what: str, pattern: Pattern) -> RowAudit:
    return RowAudit(
        code=code,
        says=f"{{count}} rows hold {what}",
        do="withdraw it where it was issued, then mask it: `check --redact`",
        severity="serious",
        holds=lambda example: pattern.within(row_text(example)),
    )


ROW_AUDITS = (
    _audit("secret_key", "a secret key or access token, by its issuer's form", secrets.KEY),
    _audit("secret_password", "a password or key beside a word for it", secrets.WORD),
    _audit("secret_private_key", "a private key block", secrets.BLOCK),
)
