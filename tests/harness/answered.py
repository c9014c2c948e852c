"""Finished runs whose answers a function gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.engagement import codec
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Prediction
from harness.arms._kind import ArmData, Prepared
from harness.failing.judged import Judged
from harness.marking import basis_of, markers
from harness.running import run_spec
from harness.summing import sum_up


def answered(
    engagement: Engagement, plan: Plan, data: ArmData, arm: str, answer: Callable[[Example], str]
) -> RunFolder:
    """A finished run of this arm; stored scores say nothing, so that whoever reads them is found out."""
    spec = run_spec(arm, plan, data, engagement, seed=0, weights=None, tokenizer=None, adapter=None)
    folder = engagement.run_folder(spec)
    rows = [
        said(row, answer(row), split="test" if row in data.test else "validation")
        for row in (*data.validation, *data.test)
    ]
    codec.write_json(folder.spec_path, spec)
    codec.write_lines(folder.predictions_path, rows)
    ready = markers(basis_of(data, plan, engagement))
    prepared = Prepared([], lambda batch: [])
    codec.write_json(folder.result_path, sum_up(spec, data, folder, ready=ready, prepared=prepared))
    return folder


def said(row: Example, output: str, *, split: str = "test", **more: object) -> Prediction:
    """One answer."""
    fields = {
        "id": row.id, "split": split, "output": output, "target": row.output, "scores": {"accuracy": 0.5},
        "seconds": 0.01, "tokens_in": 1, "tokens_out": 1,
    }  # fmt: skip
    return Prediction(**(fields | more))  # type: ignore[arg-type]


def judged_as(rows: Sequence[Example], outputs: Sequence[str], **more: dict[str, object]) -> Judged:
    """Rows with these answers, wrong where they differ from the wanted ones."""
    pairs = list(zip(rows, outputs, strict=True))
    wrong = {row.id for row, output in pairs if output != row.output}
    answers = {row.id: said(row, output, **more.get(row.id, {})) for row, output in pairs}
    return Judged("accuracy", 0.5, list(rows), wrong, answers, 0)
