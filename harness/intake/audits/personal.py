"""Personal data by kind: counts only, never the values."""

from __future__ import annotations

from harness.intake.patterns import personal
from harness.intake.patterns._kind import Pattern, row_text

from ._kind import RowAudit


def _audit(code: str, what: str, pattern: Pattern) -> RowAudit:
    return RowAudit(
        code=code,
        says=f"{{count}} rows hold {what}",
        do="mask it with `check --redact`, or make sure that the people concerned may expect this use",
        severity="warning",
        holds=lambda example: pattern.within(row_text(example)),
    )


ROW_AUDITS = (
    _audit("pii_email", "an e-mail address", personal.EMAIL),
    _audit("pii_phone", "a phone number", personal.PHONE),
    _audit("pii_card", "a payment card number", personal.CARD),
    _audit("pii_iban", "an IBAN", personal.IBAN),
    _audit("pii_id_number", "the number of a person's papers, tax or social insurance", personal.ID),
    _audit("pii_ip", "a public IP address", personal.IP),
    _audit("pii_address", "a street address", personal.STREET),
    _audit("pii_birth_date", "a date of birth", personal.BIRTH_DATE),
)
