"""From finished runs to a comparison: pairs, corrections, exclusions, the agreed rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from advisor.engagement import codec
from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.comparison import Comparison, Difference
from advisor.engagement.records.hosted import HostedResult, HostedSettings
from advisor.engagement.records.plan import EndpointSettings, Plan
from advisor.engagement.records.runs import Prediction
from harness.agreement import agree
from harness.arms._kind import ArmData, Prepared
from harness.comparing import compare
from harness.judging import judge
from harness.marking import basis_of, markers
from harness.running import arm_data, run_spec
from harness.summing import sum_up
from tests.harness.conftest import engagement_with, tickets

NO_CHOICES = Prepared([], lambda batch: [])
PLAN = Plan(arms=["floor", "classical", "zero_shot", "few_shot"], instruction="Name the queue.")


def pretend(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    arm: str,
    *,
    right: float,
    seed: int = 0,
    failed: int = 0,
    seconds: float = 0.01,
) -> RunFolder:
    """A finished run that gets the first `right` share of each split right."""
    spec = run_spec(arm, plan, data, engagement, seed=seed, weights=None, tokenizer=None, adapter=None)
    folder = engagement.run_folder(spec)
    rows: list[Prediction] = []
    for split, examples in (("validation", data.validation), ("test", data.test)):
        for place, example in enumerate(examples):
            wrong = next(label for label in data.labels if label != example.output)
            output = example.output if place < right * len(examples) else wrong
            broken = split == "test" and place >= len(examples) - failed
            rows.append(
                Prediction(
                    id=example.id,
                    split=split,  # type: ignore[arg-type]
                    output=None if broken else output,
                    target=example.output,
                    scores={} if broken else {"accuracy": float(output == example.output)},
                    seconds=seconds,
                    tokens_in=0,
                    tokens_out=0,
                    error="no answer" if broken else None,
                    finish_reason="error" if broken else "stop",
                )
            )
    codec.write_json(folder.spec_path, spec)
    codec.write_bytes(folder.predictions_path, b"".join(codec.encode(row) + b"\n" for row in rows))
    ready = markers(basis_of(data, plan, engagement))
    codec.write_json(folder.result_path, sum_up(spec, data, folder, ready=ready, prepared=NO_CHOICES))
    return folder


def compared(
    engagement: Engagement, plan: Plan, runs: Sequence[tuple[str, float]], *, hourly: float | None = 2.0
) -> Comparison:
    data = arm_data(engagement, plan)
    folders = [pretend(engagement, plan, data, arm, right=right) for arm, right in runs]
    return compare(engagement, plan, data, folders, provenance={"device": "cpu"}, hourly_usd=hourly)


def between(found: Comparison, a: str, b: str) -> Difference:
    return next(one for one in found.differences if (one.a, one.b) == (a, b))


ARMS = (("floor", 0.25), ("classical", 1.0), ("zero_shot", 0.3), ("few_shot", 0.5))


def test_the_baseline_is_the_best_prompting_arm_on_validation(triage: Engagement) -> None:
    found = compared(triage, PLAN, ARMS)
    assert found.baseline == "few_shot"
    assert {arm.name: arm.word for arm in found.arms}["few_shot"] == "baseline"
    assert triage.comparison() == found


def test_each_contrast_is_paired_and_corrected(triage: Engagement) -> None:
    found = compared(triage, PLAN, ARMS)
    n = found.n_test
    gain = between(found, "few_shot", "classical")
    assert (gain.n, gain.fixed, gain.broken) == (n, n - -(-n // 2), 0)
    assert gain.value == pytest.approx((gain.fixed or 0) / n)
    assert gain.p is not None
    assert gain.p_adjusted is not None
    assert gain.p_adjusted >= gain.p
    against_best = {one.b for one in found.differences if one.a == "classical"}
    assert against_best == {"floor", "zero_shot", "few_shot"}


def test_declared_contrasts_are_corrected_alone(triage: Engagement) -> None:
    plan = msgspec.structs.replace(PLAN, contrasts=["classical"])
    gain = between(compared(triage, plan, ARMS), "few_shot", "classical")
    assert gain.p_adjusted == gain.p


def test_cost_follows_measured_seconds_and_the_price(triage: Engagement) -> None:
    found = compared(triage, PLAN, ARMS)
    assert found.arms[0].cost_usd_per_1000 == pytest.approx(1000 * 0.01 / 3600 * 2)
    assert compared(triage, PLAN, ARMS, hourly=None).arms[0].cost_usd_per_1000 is None


def test_a_model_tuned_at_a_vendor_has_its_own_price_and_wins_as_fine_tuning(triage: Engagement) -> None:
    server = EndpointSettings(base_url="https://x.example/v1", model="ft:1")
    plan = msgspec.structs.replace(PLAN, arms=["zero_shot", "tuned_endpoint"], tuned_endpoint=server)
    runs = (("zero_shot", 0.3), ("tuned_endpoint", 1.0))
    unknown = next(arm for arm in compared(triage, plan, runs).arms if arm.name == "tuned_endpoint")
    assert (unknown.train_seconds, unknown.train_cost_usd) == (None, None)
    made = HostedResult(
        provider="together", host="x.example", base="m-8b", model="ft:1", job="j", rows=9, rows_validation=0,
        trained_tokens=9, billed_tokens=None, usd_likely=0.5, seconds=60.0, settings=HostedSettings(),
    )  # fmt: skip
    for folder, record in (("hosted-0", msgspec.structs.replace(made, model="ft:2")), ("hosted-1", made)):
        codec.write_json(triage.models_path / folder / "hosted_result.json", record)
    found = compared(triage, plan, runs)
    tuned = next(arm for arm in found.arms if arm.name == "tuned_endpoint")
    assert (tuned.train_seconds, tuned.train_cost_usd) == (60.0, 0.5)
    codec.write_json(
        triage.models_path / "hosted-1" / "hosted_result.json", msgspec.structs.replace(made, usd_billed=0.75)
    )
    assert compared(triage, plan, runs).arms[-1].train_cost_usd == 0.75
    verdict = judge(found, None)
    assert (verdict.winner, verdict.winner_approach) == ("tuned_endpoint", "fine_tuning")


def test_an_arm_with_too_many_failures_is_not_ranked(triage: Engagement) -> None:
    data = arm_data(triage, PLAN)
    runs = [pretend(triage, PLAN, data, arm, right=right) for arm, right in ARMS[1:]]
    runs.append(pretend(triage, PLAN, data, "floor", right=1.0, failed=3))
    found = compare(triage, PLAN, data, runs, provenance={})
    (excluded,) = found.excluded
    assert excluded["name"] == "floor"
    assert f"3 of {len(data.test)} requests failed" in excluded["why"]
    assert "with all of them right" in excluded["why"]
    assert not any("floor" in (one.a, one.b) for one in found.differences)


def test_seeds_are_averaged_within_items(triage: Engagement) -> None:
    plan = msgspec.structs.replace(PLAN, seeds=[0, 1])
    data = arm_data(triage, plan)
    runs = [
        pretend(triage, plan, data, "zero_shot", right=0.5),
        pretend(triage, plan, data, "classical", right=1.0, seed=0),
        pretend(triage, plan, data, "classical", right=0.5, seed=1),
    ]
    found = compare(triage, plan, data, runs, provenance={})
    arm = next(arm for arm in found.arms if arm.name == "classical")
    assert arm.seeds == [0, 1]
    assert arm.metrics["accuracy"].n == len(data.test)
    assert arm.metrics["accuracy"].value == pytest.approx(0.75, abs=0.05)
    assert arm.metrics["macro_f1"].low is not None
    gain = between(found, "zero_shot", "classical")
    assert gain.value == pytest.approx(0.25, abs=0.05)
    assert gain.method == "t interval and test over seeds and items"
    # trainings that differ by half of all items leave nothing shown, however many items there are
    assert gain.word == "not shown to differ"
    assert gain.seeds_error is not None and gain.items_error is not None
    assert gain.seeds_error > gain.items_error
    assert -1 <= (gain.low or 0) and (gain.high or 0) <= 1


def test_macro_f1_may_be_the_primary_metric(triage: Engagement) -> None:
    found = compared(triage, msgspec.structs.replace(PLAN, metric="macro_f1"), ARMS)
    gain = between(found, "few_shot", "classical")
    assert gain.word == "better"
    assert gain.method == "cluster-robust t interval, sign flips of clusters, metric linearised"
    assert gain.discordant is None


def test_an_unfinished_run_is_not_compared(triage: Engagement) -> None:
    data = arm_data(triage, PLAN)
    folder = pretend(triage, PLAN, data, "floor", right=0.5)
    folder.result_path.unlink()
    with pytest.raises(RunFailed, match="not finished"):
        compare(triage, PLAN, data, [folder], provenance={})


def test_the_rule_agreed_first_stays_and_changes_are_said(triage: Engagement, tmp_path: Path) -> None:
    digest, changes = agree(triage, PLAN)
    assert changes == []
    later = msgspec.structs.replace(PLAN, minimum_effect=0.01, arms=["floor"])
    again, changes = agree(triage, later)
    assert again == digest
    assert len(changes) == 2
    assert any("minimum_effect was 0.05, is 0.01" in change for change in changes)
    assert agree(triage, PLAN) == (digest, [])


def rewritten(folder: RunFolder, change: Callable[[Prediction], Prediction]) -> None:
    """The rows of a run as if they had been written otherwise."""
    rows = [change(row) for row in folder.predictions()]
    codec.write_bytes(folder.predictions_path, b"".join(codec.encode(row) + b"\n" for row in rows))


def test_rows_of_an_earlier_version_are_scored_by_the_metrics_of_today(triage: Engagement) -> None:
    data = arm_data(triage, PLAN)
    runs = [pretend(triage, PLAN, data, arm, right=right) for arm, right in ARMS]
    expected = compare(triage, PLAN, data, runs, provenance={})
    for folder in runs:
        result = folder.result()
        assert result is not None
        rewritten(folder, lambda row: msgspec.structs.replace(row, scores={"forgotten": 0.5}))
        codec.write_json(folder.result_path, msgspec.structs.replace(result, metrics={}, validation={}))
    assert compare(triage, PLAN, data, runs, provenance={}) == expected


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "mcc"])
def test_a_cut_answer_is_wrong_by_every_metric(metric: str, triage: Engagement) -> None:
    plan = msgspec.structs.replace(PLAN, metric=metric)
    data = arm_data(triage, plan)
    runs = [pretend(triage, plan, data, arm, right=right) for arm, right in ARMS]
    whole = compare(triage, plan, data, runs, provenance={})
    rewritten(runs[1], lambda row: msgspec.structs.replace(row, finish_reason="length"))
    cut = compare(triage, plan, data, runs, provenance={})
    before, after = (found.arms[1].metrics[metric].value for found in (whole, cut))
    assert before == 1
    assert after is not None and after <= 0
    assert cut.arms[0] == whole.arms[0]


@pytest.mark.parametrize(
    ("groups", "method"),
    [
        (9, "cluster-robust t interval, sign flips of clusters, metric linearised"),
        (50, "paired bootstrap over clusters of items"),
        (10_000, "paired bootstrap over items"),
    ],
)
def test_a_difference_over_all_items_counts_seeds_and_clusters(
    groups: int, method: str, tmp_path: Path
) -> None:
    triage = engagement_with(tmp_path, tickets(300))
    plan = msgspec.structs.replace(PLAN, metric="mcc", seeds=[0, 1, 2])
    data = arm_data(triage, plan)
    grouped = [
        msgspec.structs.replace(row, meta={"group": place % groups}) for place, row in enumerate(data.test)
    ]
    data = replace(data, test=grouped)
    runs = [
        pretend(triage, plan, data, "zero_shot", right=0.0),
        pretend(triage, plan, data, "few_shot", right=0.75),
    ]
    runs += [
        pretend(triage, plan, data, "classical", right=0.95 + 0.02 * seed, seed=seed) for seed in plan.seeds
    ]
    found = compare(triage, plan, data, runs, provenance={})
    plain, seeded = between(found, "few_shot", "zero_shot"), between(found, "few_shot", "classical")
    assert plain.method == method
    assert plain.clusters == seeded.clusters == min(groups, len(grouped))
    assert seeded.method == "t interval and test over seeds and items, metric linearised"
    assert seeded.seeds_error is not None and seeded.word == "better"
    values = [one.metrics["mcc"].value for one in found.arms]
    assert seeded.value == pytest.approx((values[2] or 0) - (values[1] or 0))


def test_items_that_a_metric_says_nothing_of_are_left_out_and_counted(answering: Engagement) -> None:
    plan = Plan(arms=["floor", "zero_shot", "few_shot"], instruction="Answer.", metric="terms")
    data = arm_data(answering, plan)
    with pytest.raises(PlanError, match=r"needs `terms` in meta"):
        compare(answering, plan, data, [], provenance={})
    named = {row.id: {"terms": ["help"]} for row in (*data.train[:2], *data.test[::2])}
    data = replace(
        data,
        train=[msgspec.structs.replace(row, meta=named.get(row.id, {})) for row in data.train],
        test=[msgspec.structs.replace(row, meta=named.get(row.id, {})) for row in data.test],
        labels=["no", "yes"],
    )
    runs = [
        pretend(answering, plan, data, arm, right=right) for arm, right in (("floor", 1), ("zero_shot", 0))
    ]
    found = compare(answering, plan, data, runs, provenance={})
    count = -(-len(data.test) // 2)
    assert [arm.metrics["terms"].n for arm in found.arms] == [count, count]
    assert [arm.metrics["terms"].value for arm in found.arms] == [1, 0]
    assert [arm.metrics["exact_match"].n for arm in found.arms] == [len(data.test)] * 2
    assert between(found, "zero_shot", "floor").n == count


def test_a_metric_for_another_task_is_refused(triage: Engagement) -> None:
    plan = msgspec.structs.replace(PLAN, metric="bleu")
    with pytest.raises(PlanError, match="does not suit classification data"):
        compare(triage, plan, arm_data(triage, plan), [], provenance={})
