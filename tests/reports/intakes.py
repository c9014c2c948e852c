"""What `check` says of made-up data: rich, huge, small, of every task, and of an older version."""

from __future__ import annotations

from typing import Any

from advisor.engagement.records.intake import (
    Demand,
    DocumentFacts,
    Drift,
    Finding,
    Intake,
    Lengths,
    Profile,
    Severity,
    Threshold,
)

UNIT = "tokens, counted with the model's tokenizer"
HOSTILE = '[bold]</text><script>alert(1)</script>\x1b[31m\u202e"{{ 7*7 }}'


def finding(code: str, severity: Severity = "warning", **changes: Any) -> Finding:
    """Forty rows with ten lines and a way out."""
    fields: dict[str, Any] = {
        "code": code,
        "message": f"40 rows of the kind {code} stand in the file",
        "count": 40,
        "lines": [3, 17, 40, 51, 52, 61, 70, 88, 90, 1200],
        "severity": severity,
        "do": f"mend the rows of the kind {code}",
    }
    return Finding(**(fields | changes))


def lengths(**changes: Any) -> Lengths:
    """1,200 texts in ten bands."""
    fields: dict[str, Any] = {
        "unit": UNIT,
        "mean": 61.0,
        "p50": 30,
        "p95": 220,
        "longest": 2400,
        "edges": [0, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
        "counts": [12, 90, 300, 420, 200, 120, 40, 12, 5, 1],
        "limit": 2048,
        "over": 3,
    }
    return Lengths(**(fields | changes))


def profile(**changes: Any) -> Profile:
    """Every field filled."""
    fields: dict[str, Any] = {
        "task": "classification",
        "rows": {"train": 840, "validation": 120, "test": 240},
        "labels": {f"intent {number:03}": 160 - number for number in range(151)},
        "input_words_mean": 14.2,
        "input_words_p95": 31.0,
        "output_words_mean": 1.0,
        "minimum_detectable": 0.0812,
        "notes": ["a note of the profile"],
        "inputs": lengths(),
        "outputs": lengths(edges=[0, 2, 4, 6], counts=[10, 900, 290], p50=3, p95=5, longest=6),
        "languages": {"en": 0.91, "de": 0.07, "fr": 0.02},
        "scripts": {"Latin": 0.998, "Han": 0.002},
        "output_form": "a label",
        "output_form_share": 0.997,
        "demands": [
            Demand(name="represents", question="Real inputs?", met=None, evidence="no test file"),
            Demand(name="covers", question="Edge cases?", met=False, evidence="17 rare classes"),
            Demand(name="consistent", question="One format?", met=True, evidence="1,196 labels"),
            Demand(name="balanced", question="Balanced?", met=False, evidence="16 to 1"),
        ],
        "thresholds": [
            Threshold(what="rows per class to fine-tune", needed=50, there=6, source="a paper, 2023"),
            Threshold(what="rows to fine-tune", needed=500, there=840, source="a guide, 2025"),
        ],
        "drift": Drift(auc=0.56, low=0.52, high=0.6, rows=480),
        "label_noise": 0.034,
        "duplicates": 12,
        "near_duplicates": 41,
        "documents": DocumentFacts(
            documents=12,
            chunks=140,
            kinds={"pdf": 5, "md": 7},
            words=23000,
            questions_with_gold=80,
            gold_absent=3,
        ),
    }
    return Profile(**(fields | changes))


def bare(**changes: Any) -> Profile:
    """The profile of an older version: none of the fields that came later."""
    fields: dict[str, Any] = {
        "task": "generation",
        "rows": {"train": 7, "validation": 0, "test": 3},
        "input_words_mean": 4.0,
        "input_words_p95": 9.0,
        "output_words_mean": 2.0,
        "minimum_detectable": None,
    }
    return Profile(**(fields | changes))


def intake(found: Profile | None, *warnings: Finding, **changes: Any) -> Intake:
    """An accepted file."""
    fields: dict[str, Any] = {
        "status": "accepted_with_warnings" if warnings else "accepted",
        "format": "OpenAI chat (JSONL)",
        "task": found.task if found else "generation",
        "rows_in": 1240,
        "rows_kept": 1200,
        "warnings": list(warnings),
        "profile": found,
        "splits": found.rows if found else {},
    }
    return Intake(**(fields | changes))
