"""Engagements with a past, and folders of several of them, made of records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.iterations import remember
from advisor.engagement.records.advice import Given
from advisor.engagement.records.iterations import Change, Iterated, IteratedArm
from advisor.engagement.records.runs import Estimate
from advisor.engagement.records.settings import Settings
from tests.reports import engagements as made


def arm(name: str, title: str, value: float | None, *, n: int = made.N) -> IteratedArm:
    """Five points of interval on each side."""
    known = value is not None
    score = Estimate(
        value=value,
        low=value - 0.05 if value is not None else None,
        high=value + 0.05 if value is not None else None,
        n=n if known else 0,
    )
    return IteratedArm(
        name=name, title=title, score=score, word="better", cost_usd_per_1000=0.0123, runs=[f"{name}-0000"]
    )


def line(day: int, lora: float | None, **changes: Any) -> Iterated:
    """One comparison in November 2026, LoRA leading."""
    fields: dict[str, Any] = {
        "as_of": f"2026-11-{day:02}",
        "data": "ef" * 32,
        "test": "01" * 32,
        "plan": "ab" * 32,
        "model": "starter",
        "metric": "accuracy",
        "baseline": "zero_shot",
        "leading": "lora" if lora is not None else None,
        "decision": "confirmed",
        "winner": "lora",
        "sentence": "LoRA fine-tuning classifies more inputs right",
        "n_train": 300,
        "n_validation": 60,
        "n_test": made.N,
        "arms": [
            arm("zero_shot", "Prompting without examples", 0.4083),
            arm("lora", "LoRA fine-tuning", lora),
        ],
        "differs": [],
        "change": None,
    }
    return Iterated(**(fields | changes))


def change(value: float, **changes: Any) -> Change:
    """On the same items."""
    fields: dict[str, Any] = {
        "value": value,
        "low": value - 0.04,
        "high": value + 0.04,
        "n": made.N,
        "n_before": made.N,
        "paired": True,
        "method": "Bonett-Price interval, exact McNemar",
        "word": "better",
    }
    return Change(**(fields | changes))


def iterated(root: Path, lines: list[Iterated] | None = None) -> Engagement:
    """Three iterations: more rows helped, other held-out items left it open."""
    engagement = made.compared(root)
    more = ["Training rows: 1,300, before 300.", "New: Full fine-tuning."]
    other = ["Held-out items: 240 others, before 120."]
    unpaired = change(0.01, paired=False, n=240, word="not shown to differ", method="two samples")
    history = lines or [
        line(3, 0.61),
        line(12, 0.675, n_train=1300, differs=more, change=change(0.065)),
        line(24, 0.685, n_train=1300, n_test=240, differs=other, change=unpaired),
    ]
    for one in history:
        remember(engagement, one)
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
