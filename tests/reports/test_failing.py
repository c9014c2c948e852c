"""The report says where options fail by ids alone, and nothing of items that lie there no more."""

from __future__ import annotations

from pathlib import Path

import msgspec

from advisor.engagement import afterwards, codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.failures import Addition, ArmFailures, Cause, FailureCluster, Failures
from reports.cases import cases
from reports.comparison import leader
from reports.rendering import render
from tests.reports import engagements as made
from tests.reports.page import Page

SHARED = Cause(
    kind="class", what="lantern", words="the wanted class is `lantern`", count=8, n=9, outside_count=3,
    outside_n=111, outside="right rows", p=1e-5, p_adjusted=2e-4, shown=True,
)  # fmt: skip


def arm(name: str, title: str, wrong: list[str]) -> ArmFailures:
    """One group of wrong rows."""
    cluster = FailureCluster(rows=wrong, causes=[SHARED], words=SHARED.words)
    return ArmFailures(
        arm=name, title=title, runs=[f"{name}-0000"], metric="accuracy", wrong_below=0.5, n=120,
        wrong=len(wrong), missing=0, clusters=[cluster], silhouette=None, causes=[SHARED], tested=14,
    )  # fmt: skip


def looked_at(root: Path, *, data: str = "ef" * 32) -> Engagement:
    """The engagement of the reports with its failures."""
    engagement = made.compared(root)
    record = Failures(
        data=data,
        arms=[arm("lora", "LoRA fine-tuning", ["e2", "e5"]), arm("zero_shot", "Prompting", ["e1", "e2"])],
        additions=[
            Addition(
                kind="class", what="lantern", rows=40, basis="as many again",
                words="40 rows of class `lantern`", like=["e2"],
            )
        ],
    )  # fmt: skip
    codec.write_json(afterwards.failures_path(engagement), record)
    return engagement


def test_causes_and_additions_are_shown_by_counts_and_ids(tmp_path: Path) -> None:
    text = render(looked_at(tmp_path / "acme"), today=made.TODAY)
    rows = Page(text).table("What wrong items share").rows
    assert rows[0][1:] == [
        "the wanted class is “lantern”",
        "8 of 9 (89 %)",
        "3 % of 111 right rows",
        "< 0.001",
    ]
    assert "Add: 40 rows of class <code>lantern</code> (see e2)." in text
    assert "wrong on 2 of 120 items" in text
    assert "secret ticket" not in text


def test_failures_on_other_items_are_not_shown(tmp_path: Path) -> None:
    text = render(looked_at(tmp_path / "acme", data="of other rows"), today=made.TODAY)
    assert "Where it fails" not in text


def test_items_fixed_and_broken_follow_the_failures_and_the_present_splits(tmp_path: Path) -> None:
    engagement = looked_at(tmp_path / "acme")
    comparison = engagement.comparison()
    assert comparison is not None
    leading = leader(comparison, made.verdict())
    found = cases(engagement, comparison, leading)
    assert [(one.kind, one.id) for one in found] == [("fixed", "e1"), ("broken", "e5")]
    then = msgspec.structs.replace(comparison, provenance=comparison.provenance | {"splits": "of before"})
    assert cases(engagement, then, leading) == []
    now = msgspec.structs.replace(comparison, provenance=comparison.provenance | {"splits": "00"})
    assert cases(engagement, now, leading) == found
