"""Engagements made of records alone, so that a report can be tested without training anything."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from advisor.advice.recommending import recommend
from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.answers import Answer, Answers
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict
from advisor.engagement.records.examples import Example, Splits
from advisor.engagement.records.intake import Finding, Intake, Profile
from advisor.engagement.records.runs import Estimate, Prediction
from advisor.engagement.records.settings import Settings

TODAY = dt.date(2026, 11, 24)
LABELS = ["billing", "delivery", "lantern"]
N = 120


def answers(**values: str | int) -> Answers:
    """Known answers by question."""
    return Answers({name: Answer(value=value) for name, value in values.items()})


def advice(settings: Settings, **values: str | int) -> Recommendation:
    """What the advisor says to these answers."""
    said = {"task_kind": "classification", "labelled_examples": "n_100_999", "failure": "form"} | values
    return _advice(settings, tuple(said.items()))


@cache
def _advice(settings: Settings, said: tuple[tuple[str, str | int], ...]) -> Recommendation:
    """The same answers are not thought about twice."""
    return recommend(answers(**dict(said)), settings=settings, today=TODAY)


def arm(name: str, title: str, value: float | None, **changes: Any) -> ArmSummary:
    """One row, an interval of five points around its value."""
    reach = 0.05
    score = Estimate(
        value=value,
        low=None if value is None else max(0.0, value - reach),
        high=None if value is None else min(1.0, value + reach),
        n=0 if value is None else N,
    )
    fields: dict[str, Any] = {
        "name": name,
        "title": title,
        "seeds": [0],
        "metrics": {"accuracy": score, "macro_f1": score},
        "validation": value,
        "failed": 0,
        "unparsed": 0,
        "cost_usd_per_1000": 0.0123,
        "p50_seconds": 0.0042,
        "p95_seconds": 0.0099,
        "train_seconds": 31.4 if name == "lora" else None,
        "train_cost_usd": 0.0043 if name == "lora" else None,
        "peak_memory_gib": 0.93,
        "word": "baseline" if name == "zero_shot" else "better",
        "per_class": {
            label: {"support": 40.0, "precision": 0.8, "recall": 0.7, "f1": 0.75} for label in LABELS
        },
        "prompt": "<|user|>{input}<|end|>",
        "choices": {"C": "3 of 1, 3, 10"} if name == "classical" else {},
        "runs": [f"{name}-0000"],
    }
    return ArmSummary(**(fields | changes))


def difference(b: str, value: float, **changes: Any) -> Difference:
    """b against zero_shot."""
    fields: dict[str, Any] = {
        "metric": "accuracy",
        "a": "zero_shot",
        "b": b,
        "value": value,
        "low": value - 0.07,
        "high": value + 0.07,
        "p": 0.0004,
        "p_adjusted": 0.0008,
        "n": N,
        "discordant": 44,
        "fixed": 38,
        "broken": 6,
        "method": "Bonett-Price interval, exact McNemar",
        "minimum_detectable": 0.15,
        "word": "better",
    }
    return Difference(**(fields | changes))


def comparison(**changes: Any) -> Comparison:
    """Four arms of which LoRA is best."""
    fields: dict[str, Any] = {
        "metric": "accuracy",
        "baseline": "zero_shot",
        "arms": [
            arm("floor", "Most frequent answer", 0.3417, word="not shown to differ"),
            arm("classical", "TF-IDF with logistic regression", 0.55),
            arm("zero_shot", "Prompting without examples", 0.4083),
            arm("lora", "LoRA fine-tuning", 0.675),
        ],
        "differences": [
            difference("floor", -0.0666, word="not shown to differ", p_adjusted=0.31),
            difference("classical", 0.1417),
            difference("lora", 0.2667),
        ],
        "excluded": [],
        "minimum_effect": 0.05,
        "margin": 0.02,
        "labels": LABELS,
        "n_test": N,
        "n_train": 300,
        "n_validation": 60,
        "plan_digest": "ab" * 32,
        "deviations": [],
        "provenance": {
            "versions": {"tunecase": "0.1.0", "torch": "2.13.0"},
            "machine": {"device": "cpu", "cores": 2, "threads": 1},
            "model": "starter",
            "weights": "cd" * 32,
            "data": "ef" * 32,
            "seeds": [0],
            "hourly_price": {"usd": 0.49, "source": "a cloud", "as_of": "2026-09-27"},
        },
    }
    return Comparison(**(fields | changes))


def verdict(**changes: Any) -> Verdict:
    """LoRA wins as advised."""
    fields: dict[str, Any] = {
        "decision": "confirmed",
        "winner": "lora",
        "winner_approach": "fine_tuning",
        "advised": "fine_tuning",
        "sentence": "LoRA fine-tuning classifies 67.5 of 100 inputs right",
        "because": "The difference is shown.",
        "needed_n": None,
        "caveats": ["Trained arms ran with one seed."],
        "next_step": "write the report with `tunecase report`",
    }
    return Verdict(**(fields | changes))


def scoping(root: Path, **values: str | int) -> Engagement:
    """An engagement with advice and nothing else."""
    settings = Settings(title="Parcel desk", client="Acme")
    engagement = Engagement.create(root, settings)
    codec.write_json(engagement.recommendation_path, advice(settings, **values))
    return engagement


def advised(engagement: Engagement, **changes: Any) -> Engagement:
    """The same engagement, with advice that differs in these fields."""
    said = engagement.recommendation()
    codec.write_json(engagement.recommendation_path, changed(said, **changes))
    return engagement


def compared(root: Path, measured: Comparison | None = None, found: Verdict | None = None) -> Engagement:
    """An engagement with advice, data, predictions and a verdict."""
    engagement = scoping(root)
    codec.write_json(engagement.comparison_path, measured or comparison())
    codec.write_json(engagement.verdict_path, found or verdict())
    rows = [
        Example(id=f"e{number}", input=f"secret ticket {number}", output=LABELS[number % 3])
        for number in range(N)
    ]
    write_rows(engagement, rows)
    outputs = {"zero_shot": "billing", "lora": None}
    for name, always in outputs.items():
        write_predictions(engagement, name, [(row, always or row.output) for row in rows])
    codec.write_json(engagement.intake_path, intake())
    codec.write_json(engagement.profile_path, profile())
    return engagement


def write_rows(engagement: Engagement, rows: list[Example]) -> None:
    """Canonical rows, all of them held out."""
    codec.write_bytes(engagement.examples_path, b"".join(codec.encode(row) + b"\n" for row in rows))
    splits = Splits(
        train=[], validation=[], test=[r.id for r in rows], seed=0, how="given test file", digest="00"
    )
    codec.write_json(engagement.splits_path, splits)


def write_predictions(engagement: Engagement, name: str, said: list[tuple[Example, str]]) -> None:
    """Test rows of one arm."""
    rows = [
        Prediction(
            id=row.id,
            split="test",
            output=output,
            target=row.output,
            scores={"accuracy": float(output == row.output)},
            seconds=0.004,
            tokens_in=20,
            tokens_out=2,
        )
        for row, output in said
    ]
    path = engagement.run(f"{name}-0000").predictions_path
    codec.write_bytes(path, b"".join(codec.encode(row) + b"\n" for row in rows))


def intake() -> Intake:
    """A file with one finding."""
    found = Finding(code="duplicate", message="2 rows are equal", count=2, lines=[4, 9])
    return Intake(
        status="accepted_with_warnings",
        format="CSV",
        task="classification",
        rows_in=482,
        rows_kept=480,
        warnings=[found],
        splits={"train": 300, "validation": 60, "test": N},
    )


def profile() -> Profile:
    """Numbers of the data."""
    return Profile(
        task="classification",
        rows={"train": 300, "validation": 60, "test": N},
        labels={"billing": 200, "delivery": 160, "lantern": 120},
        input_words_mean=14.2,
        input_words_p95=31.0,
        output_words_mean=1.0,
        minimum_detectable=0.12,
    )


def changed(record: Any, **changes: Any) -> Any:
    """A copy of a record."""
    return msgspec.structs.replace(record, **changes)
