"""The client's limits keep arms from winning, and the bill follows from measured prices."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.cli.limits import limits_of
from advisor.engagement.catalogue import find
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Limits
from advisor.engagement.records.plan import EndpointSettings, Plan
from advisor.engagement.records.settings import Settings
from harness import arms
from harness.arms._kind import Arm
from harness.constraints import money_of, set_aside
from harness.judging import judge
from tests.harness.test_judging import COSTS, comparison, summary

CARD = {"machine": {"device": "NVIDIA L4"}}
CPU = {"machine": {"device": "cpu"}}


def test_a_slow_arm_is_set_aside_on_a_card_and_only_named_on_a_cpu() -> None:
    slow = msgspec.structs.replace(summary("lora", 0.9), p95_seconds=2.5)
    limits = Limits(seconds=1.0)
    assert set_aside([slow], limits, CARD) == [
        {"name": "lora", "why": "5 of 100 outputs took longer than 2.5 s, and one may take 1 s"}
    ]
    assert set_aside([slow], limits, CPU) == []
    assert set_aside([slow], msgspec.structs.replace(limits, elsewhere=["lora"]), CPU) != []
    found = comparison({"few_shot": 0.6, "lora": 0.9}, limits=limits, provenance=CPU)
    arms_here = [msgspec.structs.replace(arm, p95_seconds=2.5) for arm in found.arms]
    told = judge(msgspec.structs.replace(found, arms=arms_here), None).caveats
    assert "On this machine few_shot, lora took longer than the 1 s that one output may take." in told


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(may_leave=False, elsewhere=["lora"]), "machines of others answer it"),
        (Limits(may_leave=True, elsewhere=["lora"]), ""),
        (Limits(may_leave=False), ""),
        # 12 months x 1,000,000 requests x USD 1.02 a thousand
        (Limits(requests_per_month=1e6, budget_usd=12_000), "USD 12,240 in the first year"),
        (Limits(requests_per_month=1e6, budget_usd=13_000), ""),
        (Limits(budget_usd=1), ""),
    ],
)
def test_hosting_and_budget(limits: Limits, why: str) -> None:
    found = set_aside([summary("lora", 0.9)], limits, CPU)
    assert bool(found) == bool(why)
    assert all(why in one["why"] for one in found)


def test_what_is_set_aside_does_not_win_and_the_text_says_why() -> None:
    values = {"zero_shot": 0.5, "few_shot": 0.6, "lora": 0.9, "full": 0.8}
    assert judge(comparison(values), None).winner == "lora"
    verdict = judge(comparison(values, aside=[{"name": "lora", "why": "it is too slow"}]), None)
    assert verdict.winner == "full"
    assert "LoRA fine-tuning cannot win: it is too slow." in verdict.caveats
    both = [{"name": name, "why": "it is too slow"} for name in ("lora", "full")]
    verdict = judge(comparison(values, aside=both), None)
    assert verdict.winner == "few_shot"
    assert "within the client's limits" in verdict.sentence
    assert "LoRA" not in verdict.sentence


ARMS = ("floor", "classical", "zero_shot", "few_shot", "lora", "full")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 100), min_size=6, max_size=6),
    st.sets(st.sampled_from(ARMS)),
    st.sampled_from([0.01, 0.03, 0.1]),
)
def test_no_limit_is_ever_broken_and_the_text_names_no_arm_that_may_not_win(
    points: list[int], kept_back: set[str], reach: float
) -> None:
    values = {name: value / 100 for name, value in zip(ARMS, points, strict=True)}
    aside = [{"name": name, "why": "it is too slow"} for name in sorted(kept_back)]
    found = comparison(values, reach=reach, aside=aside)
    verdict = judge(found, None)
    assert verdict.winner not in kept_back
    if kept_back >= set(ARMS):
        assert verdict.winner is None
    if verdict.winner is None:
        assert verdict.money is None
    else:
        assert find(arms, Arm, verdict.winner).approach == verdict.winner_approach
    titles = {arm.name: arm.title.lower() for arm in found.arms}
    for name in kept_back - {"few_shot"}:
        assert titles[name] not in verdict.sentence.lower()


@pytest.mark.parametrize(
    ("gain", "slow", "abroad", "dear"),
    list(product((True, False), (True, False), (True, False), (True, False))),
)
def test_every_combination_of_gain_and_limits(gain: bool, slow: bool, abroad: bool, dear: bool) -> None:
    lora = msgspec.structs.replace(
        summary("lora", 0.9 if gain else 0.61),
        p95_seconds=2.0 if slow else 0.1,
        cost_usd_per_1000=50.0 if dear else 1.0,
    )
    limits = Limits(
        seconds=1.0, may_leave=False, elsewhere=["lora"] if abroad else [], requests_per_month=100_000,
        budget_usd=10_000,
    )  # fmt: skip
    values = {"zero_shot": 0.5, "few_shot": 0.6, "lora": 0.9 if gain else 0.61}
    found = comparison(values, reach=0.005, limits=limits, provenance=CARD)
    listed = [lora if arm.name == "lora" else arm for arm in found.arms]
    aside = set_aside(listed, limits, CARD)
    assert [one["name"] for one in aside] == (["lora"] if slow or abroad or dear else [])
    verdict = judge(msgspec.structs.replace(found, arms=listed, aside=aside), None)
    wins = gain and not (slow or abroad or dear)
    # without a gain the adapter is not worse and cheaper than worked examples, so it may win by its price
    cheaper = not gain and not (slow or abroad or dear)
    assert verdict.winner == ("lora" if wins or cheaper else "few_shot")


def test_the_bill_at_the_clients_volume() -> None:
    limits = Limits(requests_per_month=10_000)
    found = comparison({"few_shot": 0.6, "lora": 0.9}, limits=limits)
    lora = msgspec.structs.replace(found.arms[1], train_cost_usd=5.0)
    money = money_of(found, lora)
    assert money is not None
    assert money.usd_per_month == pytest.approx(10 * COSTS["lora"])
    assert money.baseline_usd_per_month == pytest.approx(10 * COSTS["few_shot"])
    # 5 / ((3.00 - 1.02) / 1000)
    assert money.break_even_requests == pytest.approx(2525.25, abs=0.01)
    assert money.three_years_usd == pytest.approx(5 + 36 * 10 * COSTS["lora"])
    assert money.usd_per_extra_right is None
    dear = msgspec.structs.replace(found.arms[1], cost_usd_per_1000=6.0)
    money = money_of(found, dear)
    assert money is not None
    assert money.break_even_requests is None
    # USD 0.003 more a request for 0.3 further right answers
    assert money.usd_per_extra_right == pytest.approx(0.01)
    assert money_of(comparison({"few_shot": 0.6, "lora": 0.9}), lora) is None
    verdict = judge(found, None)
    assert "At 10,000 requests a month it costs USD 10.20 a month for machines" in verdict.because
    assert verdict.money is not None


def test_limits_are_read_from_the_answers(tmp_path: Path) -> None:
    engagement = Engagement.create(tmp_path / "client", Settings(title="A client"))
    server = EndpointSettings(base_url="https://models.example.org/v1", model="m")
    plan = Plan(arms=["endpoint"], instruction="x", endpoint=server)
    known = {"endpoint": find(arms, Arm, "endpoint")}
    assert limits_of(engagement, plan, known) == Limits(elsewhere=["endpoint"])
    engagement.answers_path.write_text(
        'latency = "under_1s"\ndata_leaves = "own_machines"\nrequests_per_month = 5000\nbudget = 20000\n',
        encoding="utf-8",
    )
    here = msgspec.structs.replace(
        plan, endpoint=EndpointSettings(base_url="http://localhost:1/v1", model="m")
    )
    assert limits_of(engagement, here, known) == Limits(
        seconds=1.0, may_leave=False, requests_per_month=5000, budget_usd=20_000
    )
