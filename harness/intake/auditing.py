"""All audits over all rows; what they find, and what they count for the profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .audits import audits
from .corpus import Corpus, Found
from .demands import demands
from .scanning import scan

UNSCORED = ("prompts", "text", "documents", "retrieval")


def audit(corpus: Corpus, told: Iterable[Found]) -> tuple[list[Found], dict[str, Any]]:
    """Findings so far with those of the audits, and fields of `Profile`."""
    findings = [*told, *scan(corpus.rows)]
    facts: dict[str, Any] = {}
    for one in audits():
        seen = one.look(corpus)
        findings += seen.found
        facts |= seen.facts
    if corpus.task not in UNSCORED:
        facts["demands"] = demands(corpus, findings, facts)
    return findings, facts
