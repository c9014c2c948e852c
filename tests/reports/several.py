"""Engagements with a past, and folders of several of them, made of records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.engagement import codec
from advisor.engagement.afterwards import iterations_path
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Given
from advisor.engagement.records.iterations import Change, Iteration, IterationArm, Iterations
from advisor.engagement.records.runs import Estimate
from advisor.engagement.records.settings import Settings
from tests.reports import engagements as made


def arm(name: str, value: float | None) -> IterationArm:
    """Five points of interval on each side."""
    if value is None:
        return IterationArm(name=name, score=Estimate(value=None, low=None, high=None, n=0), runs=[])
    score = Estimate(value=value, low=value - 0.05, high=value + 0.05, n=made.N)
    return IterationArm(name=name, score=score, runs=[f"{name}-0000"])


def line(number: int, lora: float | None, **changes: Any) -> Iteration:
    """One comparison in November 2026, LoRA leading where it has a result."""
    fields: dict[str, Any] = {
        "number": number,
        "date": f"2026-11-{number + 9}",
        "splits": f"{number:02}" * 32,
        "data": f"{number:02}" * 32,
        "test": "01" * 32,
        "rows": {"train": 300, "validation": 60, "test": made.N},
        "limit": None,
        "metric": "accuracy",
        "model": "starter",
        "arms": [arm("zero_shot", 0.4083), arm("lora", lora)],
        "leading": "lora" if lora is not None else None,
        "decision": "confirmed",
        "sentence": "LoRA fine-tuning classifies more inputs right",
    }
    return Iteration(**(fields | changes))


def change(value: float | None, **changes: Any) -> Change:
    """Four points of interval on each side, on the same items."""
    fields: dict[str, Any] = {
        "before": "lora",
        "after": "lora",
        "value": value,
        "low": None if value is None else value - 0.04,
        "high": None if value is None else value + 0.04,
        "n_before": made.N,
        "n_after": made.N,
        "paired": True,
        "method": "Bonett-Price interval, exact McNemar",
    }
    return Change(**(fields | changes))


def iterated(root: Path, lines: list[Iteration] | None = None) -> Engagement:
    """Three iterations: more rows helped, other held-out items left it open."""
    engagement = made.compared(root)
    more = {"train": 1300, "validation": 60, "test": made.N}
    unpaired = change(0.01, paired=False, n_after=240, method="interval of a difference from two intervals")
    other = {**more, "test": 240}
    history = lines or [
        line(1, 0.61),
        line(2, 0.675, rows=more, leading_change=change(0.065)),
        line(3, 0.685, rows=other, test="02" * 32, leading_change=unpaired),
    ]
    codec.write_json(iterations_path(engagement), Iterations(iterations=history))
    given = Given(
        as_of="2026-11-02",
        answers="00" * 32,
        approach="prompting",
        technique="none",
        confidence=0.5,
        sentence="Prompt a general model (50 %).",
    )
    again = made.changed(given, as_of="2026-11-13", approach="fine_tuning", sentence="Fine-tune, with LoRA.")
    codec.write_lines(engagement.history_path, [given, again])
    return engagement


def shelf(root: Path) -> Path:
    """Five clients: advised, measured with a report, begun, and two that cannot be read."""
    from reports.rendering import write_report

    made.scoping(root / "north" / "advised")
    write_report(iterated(root / "measured & more"), today=made.TODAY)
    Engagement.create(root / "begun", Settings(title="Just begun"))
    torn = made.scoping(root / "torn")
    torn.recommendation_path.write_text("{", encoding="utf-8")
    future = made.scoping(root / "future")
    text = future.recommendation_path.read_text(encoding="utf-8")
    future.recommendation_path.write_text(
        text.replace("recommendation/1", "recommendation/9"), encoding="utf-8"
    )
    return root
