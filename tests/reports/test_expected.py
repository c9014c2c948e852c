"""The table of estimate and measurement: likely value with band, what it took, our error in per cent."""

from __future__ import annotations

from pathlib import Path

import msgspec

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Range
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.runs import RunResult, TrainingResult
from reports.expected import expected_rows
from reports.rendering import write_report
from tests.reports.engagements import TODAY, arm, compared, comparison

TRAINED = TrainingResult(
    method="lora",
    model="starter",
    rows=300,
    rows_truncated=0,
    rows_dropped=0,
    tokens=9000,
    trained_tokens=600,
    trainable_parameters=1000,
    total_parameters=100_000,
    steps=50,
    first_loss=2.0,
    last_loss=0.5,
    validation_loss=0.6,
    seconds=20.0,
    peak_memory_gib=3.0,
    quantised_layers=0,
    device="cpu",
    weights="00",
    expected=Expected(
        seconds=Range(low=10.0, likely=25.0, high=60.0), memory_gib=Range(low=0.5, likely=1.0, high=2.0)
    ),
)


def trained(root: Path, result: TrainingResult) -> Engagement:
    """An engagement whose LoRA arm was trained."""
    lora = arm("lora", "LoRA fine-tuning", 0.675, models=["lora-0000"])
    arms = [*comparison().arms[:3], lora]
    engagement = compared(root, comparison(arms=arms))
    codec.write_json(engagement.root / "models" / "lora-0000" / "result.json", result)
    answered = RunResult(
        arm="lora",
        title="LoRA fine-tuning",
        seed=0,
        model="starter",
        training="lora-0000",
        metrics={},
        validation={},
        failed=0,
        unparsed=0,
        p50_seconds=0.01,
        p95_seconds=0.02,
        tokens_in=1,
        tokens_out=1,
        peak_memory_gib=None,
        seconds=4.0,
        expected=Expected(seconds=Range(low=1.0, likely=2.0, high=3.0), memory_gib=None),
    )
    codec.write_json(engagement.run("lora-0000").result_path, answered)
    return engagement


def test_each_quantity_has_its_error_and_whether_it_lies_in_the_band(tmp_path: Path) -> None:
    engagement = trained(tmp_path / "acme", TRAINED)
    measured = engagement.comparison()
    assert measured is not None
    assert [tuple(row) for row in expected_rows(engagement, measured)] == [
        ("LoRA fine-tuning: training", "seconds", "25 (10 to 60)", "20", "+25 %", "inside"),
        ("LoRA fine-tuning: training", "peak GiB", "1 (0.5 to 2)", "3.0", "\N{MINUS SIGN}67 %", "outside"),
        ("LoRA fine-tuning: answering", "seconds", "2 (1 to 3)", "4.0", "\N{MINUS SIGN}50 %", "outside"),
    ]
    page = write_report(engagement, today=TODAY).read_text(encoding="utf-8")
    assert page.count("Estimated and measured: what we said before the run") == 2  # label and caption


def test_results_from_before_forecasts_were_kept_load_and_have_no_row(tmp_path: Path) -> None:
    engagement = trained(tmp_path / "acme", TRAINED)
    for path in (
        engagement.root / "models" / "lora-0000" / "result.json",
        engagement.run("lora-0000").result_path,
    ):
        old = msgspec.json.decode(path.read_bytes())
        del old["expected"]
        old.pop("seconds") if "arm" in old else None
        codec.write_json(path, old)
    measured = engagement.comparison()
    assert measured is not None
    assert expected_rows(engagement, measured) == []
    page = write_report(engagement, today=TODAY).read_text(encoding="utf-8")
    assert "Estimated and measured" not in page
