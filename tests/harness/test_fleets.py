"""Wall time and money of a plan on 1, 4 and 16 machines."""

from __future__ import annotations

import json
import math

import pytest

from advisor.engagement.records.forecast import Forecast
from advisor.engagement.records.plan import Plan, SearchSettings
from harness.executors.fleets import PARTED, on_fleets
from harness.forecasting import forecast
from tests.conftest import Demo, tunecase


def expected(demo: Demo, device: str = "H100", **changes: object) -> Forecast:
    """Two trained arms with three seeds, unless asked otherwise."""
    fields: dict[str, object] = {"arms": ["zero_shot", "lora", "full"], "seeds": [0, 1, 2]}
    plan = Plan(instruction="Sort the message:", **fields | changes)  # type: ignore[arg-type]
    return on_fleets(plan, forecast(demo.engagement, plan, device=device))


def test_one_machine_takes_the_sum_and_many_take_the_longest_chain(demo: Demo) -> None:
    found = expected(demo)
    assert found.seconds is not None
    assert found.longest_chain is not None
    one, four, sixteen = found.fleets
    assert one.seconds.likely == pytest.approx(found.seconds.likely)
    assert sixteen.seconds.likely == pytest.approx(found.longest_chain.likely)
    assert sixteen.seconds.likely < four.seconds.likely < one.seconds.likely
    assert four.seconds.likely >= one.seconds.likely / 4


def test_idle_machines_are_paid_for(demo: Demo) -> None:
    one, four, sixteen = (fleet.cost_usd for fleet in expected(demo).fleets)
    assert one is not None
    assert four is not None
    assert sixteen is not None
    assert one.likely < four.likely < sixteen.likely


def test_a_search_lies_before_every_seed_of_its_arm(demo: Demo) -> None:
    plain, searched = expected(demo), expected(demo, search=SearchSettings(trials=5))
    assert plain.longest_chain is not None
    assert searched.longest_chain is not None
    arm = next(arm for arm in searched.arms if arm.name == "full")
    assert arm.searching_seconds is not None
    assert arm.training_seconds is not None
    more = searched.longest_chain.likely - plain.longest_chain.likely
    assert more == pytest.approx(arm.searching_seconds.likely + arm.training_seconds.likely)


def test_an_unknown_device_has_no_fleets(demo: Demo) -> None:
    assert expected(demo, device="Abacus 9000").fleets == []


def test_what_no_single_card_holds_takes_several_at_once(demo: Demo) -> None:
    found = expected(demo, device="H100", model="someone/large-36B", arms=["floor", "zero_shot", "full"])
    full = next(arm for arm in found.arms if arm.name == "full")
    assert full.memory_gib is not None
    count = math.ceil(full.memory_gib.likely / (80e9 / 2**30))
    assert 4 < count <= 16
    said = f"full: more memory than one H100 has, {count} at once are counted on"
    assert any(said in note for note in found.assumptions)
    one, four, sixteen = found.fleets
    assert (one.too_small_for, four.too_small_for, sixteen.too_small_for) == (["full"], ["full"], [])
    assert sixteen.seconds.likely > four.seconds.likely
    # three seeds side by side, each parted
    assert full.training_seconds is not None
    alone = PARTED * full.training_seconds.likely / count
    assert alone <= sixteen.seconds.likely < 3 * alone


def test_plan_shows_machines_minutes_and_money(demo: Demo) -> None:
    shown = tunecase("plan", "-C", demo.engagement.root)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    head = next(at for at, line in enumerate(lines) if "machines like this" in line and "USD" in line)
    rows = [line.split() for line in lines[head + 1 : head + 4]]
    assert [row[0] for row in rows] == ["1", "4", "16"]
    assert "the longest chain of jobs takes" in lines[head + 4]
    told = json.loads(tunecase("plan", "-C", demo.engagement.root, "--json").stdout)
    assert [fleet["slots"] for fleet in told["fleets"]] == [1, 4, 16]
