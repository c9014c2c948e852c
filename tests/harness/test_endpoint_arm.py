"""The arm that asks a server: every row once through the worst of servers, resumed, paid for, and gated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.cli.jobs import Work
from advisor.cli.trainings import permitted
from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.hosted import HostedResult, HostedSettings
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness import arms
from harness.arms._kind import Arm
from harness.arms.endpoint import label_of
from harness.executors.local import Job
from harness.running import arm_data
from tests.harness.conftest import WORDS
from tests.harness.servers import serving

LABELS = sorted(WORDS)
KEY = "sk-nobody-may-see-this"


def sorted_by_its_words(asked: str) -> str:
    """The right label, said as models say it."""
    found = next(label for label in LABELS if any(word in asked.split() for word in WORDS[label]))
    return f"<think>which one?</think>\n**{found.title()}**."


def plan_for(url: str, **changes: Any) -> Plan:
    """One arm behind this address."""
    settings = {"base_url": url, "model": "m", "deadline": 1.0, "usd_in": 1.0, "usd_out": 2.0} | changes
    return Plan(arms=["endpoint"], instruction="Sort the message:", endpoint=EndpointSettings(**settings))


def ran(engagement: Engagement, plan: Plan) -> RunFolder:
    """The arm's folder after the run."""
    work = Work(engagement, plan, on_progress=silent)
    job = Job("run", "endpoint", 0)
    work.run(job)
    return engagement.run_folder(work.run_spec(job))


def test_every_row_is_answered_once_by_a_hostile_server_and_its_label_is_read(
    triage: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNECASE_ENDPOINT_KEY", KEY)
    with serving(sorted_by_its_words, hostile=0.3, seed=5) as (url, log):
        folder = ran(triage, plan_for(url, tries=8))
        asked = log.asked.total()
        assert ran(triage, plan_for(url, tries=8)).name == folder.name
        assert log.asked.total() == asked
    rows, result = folder.predictions(), folder.result()
    splits = triage.splits()
    assert sorted(row.id for row in rows) == sorted([*splits.validation, *splits.test])
    assert result is not None
    assert result.failed == 0
    assert result.metrics["accuracy"].value == 1.0
    assert result.unparsed == 0
    assert result.p50_seconds is not None and result.p50_seconds > 0
    counted = [row for row in rows if row.split == "test"]
    assert result.usd == pytest.approx(sum(row.tokens_in + 2 * row.tokens_out for row in counted) / 1e6)
    assert "60" not in result.choices["server"] and "127.0.0.1" in result.choices["server"]
    assert not any(KEY.encode() in path.read_bytes() for path in triage.root.rglob("*") if path.is_file())


def test_tokens_that_no_server_counts_are_estimated_marked_and_paid_for(triage: Engagement) -> None:
    """Without counts an arm must not look free."""
    with serving(sorted_by_its_words) as (url, _):
        counted = ran(triage, plan_for(url, model="counted"))
    with serving(sorted_by_its_words, hostile=1.0, troubles=("uncounted",)) as (url, _):
        folder = ran(triage, plan_for(url))
    rows, result = folder.predictions(), folder.result()
    assert all(row.tokens_estimated for row in rows)
    # an instruction, eight words and four labels at 1.4 tokens a word
    assert all(20 <= row.tokens_in <= 50 and 3 <= row.tokens_out <= 8 for row in rows)
    assert result is not None and result.usd is not None and result.usd > 0
    assert result.tokens_estimated == len(triage.splits().test)
    known = counted.result()
    assert known is not None and known.tokens_estimated == 0


@pytest.mark.parametrize("after", [1, 5, 11])
def test_stopped_after_any_row_it_goes_on_and_asks_nothing_twice(after: int, triage: Engagement) -> None:
    said: list[str] = []

    def answer(asked: str) -> str:
        said.append(asked)
        return sorted_by_its_words(asked)

    with serving(answer) as (url, log):
        folder = ran(triage, plan_for(url))
        whole = {row.id: (row.output, row.scores) for row in folder.predictions()}
        lines = folder.predictions_path.read_bytes().splitlines(keepends=True)
        folder.result_path.unlink()
        folder.predictions_path.write_bytes(b"".join(lines[:after]) + lines[after][:20])
        before = log.asked.total()
        again = ran(triage, plan_for(url))
        assert log.asked.total() - before == len(lines) - after
    assert {row.id: (row.output, row.scores) for row in again.predictions()} == whole
    assert len(again.predictions()) == len(lines)


def test_requests_that_fail_after_their_tries_are_missing_and_not_wrong(triage: Engagement) -> None:
    with serving(sorted_by_its_words, hostile=1.0, seed=2) as (url, _):
        folder = ran(triage, plan_for(url, tries=1, at_once=8))
    failed = [row for row in folder.predictions() if row.error is not None]
    assert failed
    assert all(
        row.output is None and row.scores == {} and "1 of 1 tries" in (row.error or "") for row in failed
    )


def test_the_cap_stops_the_arm_keeps_its_rows_and_counts_over_sessions(triage: Engagement) -> None:
    with serving(sorted_by_its_words) as (url, _):
        dear = plan_for(url, usd_in=1000.0, usd_out=1000.0, max_usd=0.15, at_once=1)
        with pytest.raises(RunFailed, match="cap"):
            ran(triage, dear)
        (path,) = triage.root.glob("runs/endpoint-*/predictions.jsonl")
        kept = path.read_bytes()
        assert kept
        with pytest.raises(RunFailed, match="cap"):
            ran(triage, dear)
        assert len(path.read_bytes().splitlines()) <= len(kept.splitlines()) + 1
        assert dear.endpoint is not None
        rich = msgspec.structs.replace(dear, endpoint=msgspec.structs.replace(dear.endpoint, max_usd=0.0))
        assert ran(triage, rich).result() is not None
        assert path.read_bytes().startswith(kept)


def test_a_server_that_refuses_all_ends_the_run_with_its_reason(triage: Engagement) -> None:
    with serving(sorted_by_its_words) as (url, log):
        with pytest.raises(RunFailed, match="no such model or address"):
            ran(triage, plan_for(url.removesuffix("/v1") + "/missing/v1", tries=2))
        assert log.asked.total() <= 16


def test_what_may_not_leave_is_not_sent(triage: Engagement) -> None:
    codec.write_text(triage.answers_path, 'data_leaves = "own_machines"\n')
    away = plan_for("https://models.example.com/v1")
    with pytest.raises(NotReady, match=r"models\.example\.com"):
        permitted(triage, away, tracker="", allowed=())
    permitted(triage, away, tracker="", allowed=("models.example.com",))
    permitted(triage, plan_for("http://localhost:1/v1"), tracker="", allowed=())


def test_a_model_tuned_at_a_vendor_is_asked_the_same_way_and_counts_as_fine_tuning(
    triage: Engagement,
) -> None:
    with serving(sorted_by_its_words) as (url, log):
        tuned = EndpointSettings(base_url=url, model="ft:m", deadline=1.0)
        plan = Plan(arms=["tuned_endpoint"], instruction="Sort the message:", tuned_endpoint=tuned)
        work = Work(triage, plan, on_progress=silent)
        work.run(Job("run", "tuned_endpoint", 0))
        result = triage.run_folder(work.run_spec(Job("run", "tuned_endpoint", 0))).result()
        assert log.asked.total()
    assert result is not None
    assert result.metrics["accuracy"].value == 1.0
    assert find(arms, Arm, "tuned_endpoint").approach == "fine_tuning"
    away = msgspec.structs.replace(
        plan, tuned_endpoint=EndpointSettings(base_url="https://x.example/v1", model="m")
    )
    codec.write_text(triage.answers_path, 'data_leaves = "own_machines"\n')
    with pytest.raises(NotReady, match=r"the arm tuned_endpoint would send client data to x\.example"):
        permitted(triage, away, tracker="", allowed=())
    with pytest.raises(PlanError, match="tuned at a vendor, and the plan names none"):
        Work(triage, Plan(arms=["tuned_endpoint"], instruction="Sort:"), on_progress=silent)


def test_a_model_tuned_on_other_rows_is_refused_and_one_of_unknown_rows_is_said_to_be(
    triage: Engagement,
) -> None:
    def told() -> str:
        with serving(sorted_by_its_words) as (url, _):
            server = EndpointSettings(base_url=url, model="ft:m", deadline=1.0)
            plan = Plan(arms=["tuned_endpoint"], instruction="Sort the message:", tuned_endpoint=server)
            work = Work(triage, plan, on_progress=silent)
            work.run(Job("run", "tuned_endpoint", 0))
            result = triage.run_folder(work.run_spec(Job("run", "tuned_endpoint", 0))).result()
        assert result is not None
        return result.choices["tuned"]

    assert "is not known" in told()
    data = arm_data(triage, Plan(arms=["floor"], instruction=""))
    made = HostedResult(
        provider="together", host="x.example", base="m-8b", model="ft:m", job="j", rows=9, rows_validation=4,
        trained_tokens=9, billed_tokens=None, usd_likely=None, seconds=None,
        settings=HostedSettings(epochs=2), data=digests.of_records([*data.train, *data.validation]),
    )  # fmt: skip
    record = triage.models_path / "hosted-1" / "hosted_result.json"
    codec.write_json(record, made)
    assert told() == "m-8b, 2 epochs at x.example, where 9 training and 4 validation rows were sent"
    codec.write_json(record, msgspec.structs.replace(made, data="of other rows"))
    with pytest.raises(PlanError, match="may have learnt test rows"):
        told()


def test_a_plan_without_a_server_is_refused_before_anything_runs(triage: Engagement) -> None:
    with pytest.raises(PlanError, match="names none"):
        Work(triage, Plan(arms=["endpoint"], instruction="Sort:"), on_progress=silent)


def test_another_model_or_task_is_another_run(triage: Engagement) -> None:
    def name(plan: Plan) -> str:
        return triage.run_folder(
            Work(triage, plan, on_progress=silent).run_spec(Job("run", "endpoint", 0))
        ).name

    base = plan_for("http://localhost:1/v1")
    others = [
        plan_for("http://localhost:1/v1", model="n"),
        plan_for("http://localhost:2/v1"),
        plan_for("http://localhost:1/v1", max_new_tokens=9),
        msgspec.structs.replace(base, instruction="Sort it:"),
    ]
    assert len({name(plan) for plan in (base, *others)}) == 5
    assert name(plan_for("http://localhost:1/v1", tries=9, at_once=2, max_usd=1.0)) == name(base)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Card Fee", "card fee"),
        ("`card`", "card"),
        ("The category is: lost phone.", "lost phone"),
        ("It is a card fee", "card fee"),
        ("card or transfer", "card or transfer"),
        ("discard", "discard"),
        ("", ""),
    ],
)
def test_labels_are_read_by_one_rule(text: str, label: str) -> None:
    assert label_of(text, LABELS) == label


def test_rows_are_jsonl_in_the_order_of_their_answers(triage: Engagement) -> None:
    with serving(sorted_by_its_words, slow=0.01) as (url, _):
        path: Path = ran(triage, plan_for(url)).predictions_path
    for line in path.read_text().splitlines():
        assert re.fullmatch(r"t\d+", json.loads(line)["id"])
