"""Bills over many workloads: what must hold for all of them, and how a client's own prices come in."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.costing import one_off, per_month, sensitivity
from advisor.costing.break_even import Straight, break_even, crossing
from advisor.costing.case import tokens
from advisor.costing.hosted import LEAST_CACHED, Tokens, hosted_table, request_price
from advisor.costing.money import Case, cost, in_detail
from advisor.engagement.records.advice import APPROACHES, Approach, Cost, Range
from advisor.engagement.records.settings import Currency, Prices, Settings

TODAY = dt.date(2026, 11, 25)
PLAIN = Settings(title="")
FEW = settings(max_examples=40, deadline=None)
NOTHING = Range(low=0, likely=0, high=0)
TUNED = Case(
    approach="fine_tuning",
    parameters="lora",
    params_b=1.7,
    gpu="L4",
    in_house=False,
    requests_per_month=400_000,
    tokens_in=3500,
    tokens_out=100,
    training_rows=3000,
    labels=NOTHING,
    fixed_text=3000,
    latency="over_10s",
    knowledge_changes="monthly",
)


def of(case: Case, approach: Approach) -> Case:
    """The same workload met in another way."""
    if approach in ("fine_tuning", "fine_tuning_rag"):
        return case._replace(approach=approach)
    return case._replace(approach=approach, parameters="none", params_b=None)


def detailed(case: Case, settings: Settings = PLAIN) -> Cost:
    """The bill with everything that is asked next."""
    cases = [of(TUNED._replace(requests_per_month=case.requests_per_month), name) for name in APPROACHES]
    return in_detail(cost(case, settings, today=TODAY), case, cases, settings)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Workloads of every kind."""
    fixed = draw(st.sampled_from([0.0, 200.0, 3000.0, 50_000.0]))
    rows = draw(st.sampled_from([0.0, 300.0]))
    return of(
        TUNED._replace(
            gpu=draw(st.sampled_from(["T4", "L4", "H100"])),
            params_b=draw(st.sampled_from([None, 0.6, 8.0])),
            in_house=draw(st.booleans()),
            requests_per_month=draw(st.sampled_from([None, 1.0, 4000.0, 1e6, 1e9])),
            tokens_in=fixed + draw(st.floats(1, 5000)),
            tokens_out=draw(st.floats(1, 1000)),
            fixed_text=fixed,
            labels=Range(low=rows / 2, likely=rows, high=2 * rows),
            latency=draw(st.sampled_from([None, "under_1s", "1s_to_10s", "over_10s"])),
            knowledge_changes=draw(st.sampled_from([None, "static", "monthly", "realtime"])),
            knowledge_size=draw(st.sampled_from([None, "none", "up_to_500_pages", "over_10000_pages"])),
            sure_of_volume=draw(st.booleans()),
            sure_of_tokens=draw(st.booleans()),
        ),
        draw(st.sampled_from(APPROACHES)),
    )


@FEW
@given(cases())
def test_bands_are_ordered_everywhere(case: Case) -> None:
    bill = detailed(case)
    bands = [bill.one_off, bill.per_month, *(one.per_month for one in bill.alternatives)]
    if bill.first_year is not None:
        bands.append(bill.first_year)
        assert bill.first_year.low >= bill.one_off.low + 12 * bill.per_month.low - 0.1
        assert bill.first_year.high <= bill.one_off.high + 12 * bill.per_month.high + 0.1
    assert (bill.first_year is None) == (case.requests_per_month is None)
    for band in bands:
        assert 0 <= band.low <= band.likely <= band.high
    for one in bill.break_even:
        ends = [float("inf") if end is None else end for end in (one.low, one.likely, one.high)]
        assert ends == sorted(ends)
        assert bool(one.reason) == (None in (one.low, one.likely, one.high))
    swings = [one.high - one.low for one in bill.tornado]
    assert swings == sorted(swings, reverse=True)


@FEW
@given(cases())
def test_more_requests_never_lower_the_monthly_bill(case: Case) -> None:
    volumes = [1.0, 5000.0, 40_000.0, 2e6, 1e8]
    bills = [cost(case._replace(requests_per_month=n), PLAIN, today=TODAY).per_month for n in volumes]
    for few, many in pairwise(bills):
        assert few.low <= many.low and few.likely <= many.likely and few.high <= many.high


@FEW
@given(cases(), st.floats(0.01, 1.0))
def test_a_cheaper_unit_price_never_makes_the_total_dearer(case: Case, share: float) -> None:
    own = {
        "gpu_usd_per_hour": 4.0,
        "engineer_usd_per_day": 900.0,
        "label_usd_per_example": 2.0,
        "hosted_usd_per_million_tokens_in": 2.0,
        "hosted_usd_per_million_tokens_out": 8.0,
        "training_usd_per_million_tokens": 3.0,
        "embedding_usd_per_million_tokens": 0.1,
        "vector_store_usd_per_month": 70.0,
    }
    dear = cost(case, Settings(title="", prices=Prices(**own)), today=TODAY)
    for name in own:
        lower = Settings(title="", prices=Prices(**(own | {name: share * own[name]})))
        cheap = cost(case, lower, today=TODAY)
        assert cheap.one_off.likely <= dear.one_off.likely + 0.01
        assert cheap.per_month.likely <= dear.per_month.likely + 0.01


@FEW
@given(st.floats(0, 60_000), st.floats(1, 5000), st.floats(1, 2000), st.floats(0, 1))
def test_a_cache_and_a_batch_never_cost_more_than_neither(
    fixed: float, own: float, out: float, kept: float
) -> None:
    one = Tokens(own=own, fixed=fixed, out=out)
    plain = request_price(one, Prices()).range
    for way in (
        request_price(one, Prices(), way="cached", kept=kept).range,
        request_price(one, Prices(), way="batch").range,
    ):
        assert way.low <= plain.low and way.likely <= plain.likely and way.high <= plain.high


def test_a_long_fixed_text_is_cheaper_in_a_cache_and_a_short_one_is_not_kept() -> None:
    long, short = Tokens(500, 20_000, 50), Tokens(500, LEAST_CACHED - 1, 50)
    cached = request_price(long, Prices(), way="cached", kept=0.9).range.likely
    assert cached < 0.4 * request_price(long, Prices()).range.likely
    assert request_price(short, Prices(), way="cached") == request_price(short, Prices())


def test_a_cached_request_is_priced_by_the_share_that_finds_the_text() -> None:
    prices = Prices(
        hosted_usd_per_million_tokens_in=2,
        hosted_usd_per_million_tokens_out=10,
        hosted_usd_per_million_tokens_cached=0.2,
    )
    # 3 of 4 find 10,000 tokens at 0.2, 1 of 4 reads them at 2; 1,000 own tokens at 2, 100 of output at 10
    price = request_price(Tokens(1000, 10_000, 100), prices, way="cached", kept=0.75).range.likely
    assert price == pytest.approx((0.75 * 2000 + 0.25 * 20_000 + 2000 + 1000) / 1e6)


def test_the_same_seed_gives_the_same_band_and_another_one_nearly_the_same() -> None:
    lines = [*one_off.lines(TUNED, Prices()), *per_month.lines(TUNED, Prices())]
    first, again, other = (sensitivity.band(lines, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert other.low == pytest.approx(first.low, rel=0.1)
    assert other.high == pytest.approx(first.high, rel=0.1)
    assert detailed(TUNED) == detailed(TUNED)


def test_half_of_all_draws_lie_on_each_side_of_the_best_guess() -> None:
    skewed = Range(low=1, likely=2, high=50)
    assert [sensitivity.quantile(skewed, rank) for rank in (0.0, 0.5, 1.0)] == [1, 2, 50]
    assert sensitivity.quantile(Range(low=3, likely=3, high=3), 0.9) == 3


def test_break_even_is_where_two_bills_cross_with_as_many_cards_as_it_takes() -> None:
    theirs = Straight(fixed=100, slope=0.01)
    assert crossing(Straight(fixed=500, slope=0.002), theirs) == pytest.approx(400 / 0.008)
    assert crossing(Straight(fixed=50, slope=0.002), theirs) == 0
    assert crossing(Straight(fixed=500, slope=0.02), theirs) == float("inf")
    one_card = Straight(fixed=100, slope=0, hours=0.001, card=700)
    assert crossing(one_card, theirs) == pytest.approx(70_000)
    # a card answers 73,000 requests; not before four of them stand is there a volume that pays for all four
    assert crossing(Straight(fixed=200, slope=0, hours=0.01, card=700), theirs) == pytest.approx(290_000)
    # 0.0105 for a busy card is more than 0.01 for a request
    assert crossing(Straight(fixed=200, slope=0, hours=0.011, card=700), theirs) == float("inf")


def test_break_even_counts_set_up_and_cheaper_prompting_upwards() -> None:
    found = break_even([TUNED], of(TUNED, "prompting"), Prices())
    volumes = {(one.against.split()[-1], one.running_only): one.likely or 0.0 for one in found}
    assert set(volumes) == {(way, only) for way in ("model", "batches", "cached") for only in (True, False)}
    for way in ("model", "batches", "cached"):
        assert 0 < volumes[way, True] < volumes[way, False]
        assert volumes["model", True] <= volumes[way, True]
    bill = cost(TUNED, PLAIN, today=TODAY)
    assert volumes["model", True] == bill.break_even_requests_per_month


def test_an_approach_that_no_volume_makes_cheaper_says_why() -> None:
    bill = detailed(of(TUNED, "rag"))
    for one in bill.break_even:
        if one.approach == "rag":
            assert one.likely is None and "better answers" in one.reason
    assert {one.approach for one in bill.break_even} == {"rag", "fine_tuning", "fine_tuning_rag"}


def test_an_unknown_volume_gives_no_first_year_and_a_tornado_of_the_set_up() -> None:
    bill = detailed(TUNED._replace(requests_per_month=None))
    assert bill.first_year is None
    assert bill.tornado and max(one.high for one in bill.tornado) < 2 * bill.one_off.high
    assert all(one.input != "days of upkeep" for one in bill.tornado)
    assert [one.likely for one in bill.break_even] == [one.likely for one in detailed(TUNED).break_even]


def test_facts_that_change_often_make_a_tuned_model_dearer_but_not_one_that_looks_them_up() -> None:
    def monthly(approach: Approach, changes: str) -> float:
        case = of(TUNED._replace(knowledge_changes=changes), approach)
        bill = cost(case, PLAIN, today=TODAY)
        return sum(one.likely for one in bill.items if "retrain" in one.name)

    assert monthly("fine_tuning", "daily") > 3 * monthly("fine_tuning", "monthly") > 0
    assert monthly("fine_tuning_rag", "daily") == monthly("fine_tuning_rag", "monthly")
    assert monthly("prompting", "daily") == 0


def test_a_card_is_paid_for_all_month_and_a_busy_service_needs_more_of_them() -> None:
    def hours(requests: float) -> float:
        bill = cost(TUNED._replace(requests_per_month=requests), PLAIN, today=TODAY)
        return next(one.quantity for one in bill.items if one.name == "a card for serving")

    assert hours(1) == 730
    assert hours(1e8) > 10 * 730
    strict = TUNED._replace(requests_per_month=1e7, latency="under_1s")
    relaxed = strict._replace(latency="over_10s")
    assert (
        cost(strict, PLAIN, today=TODAY).per_month.likely > cost(relaxed, PLAIN, today=TODAY).per_month.likely
    )


def test_alternatives_are_shown_where_they_are_allowed() -> None:
    def names(case: Case) -> str:
        return "; ".join(one.name for one in detailed(case).alternatives)

    prompted = of(TUNED, "prompting")
    assert "cache" in names(prompted) and "batch" in names(prompted) and "small" in names(prompted)
    assert "batch" not in names(prompted._replace(latency="1s_to_10s"))
    assert "cache" not in names(prompted._replace(fixed_text=0))
    assert names(TUNED) == "a card only while it is busy"
    for one in detailed(prompted).alternatives:
        assert one.per_month.likely < cost(prompted, PLAIN, today=TODAY).per_month.likely


def test_every_price_of_the_engagement_replaces_ours_and_is_cited() -> None:
    prices = Prices(
        gpu_usd_per_hour=0.5,
        engineer_usd_per_day=1000,
        label_usd_per_example=3,
        hosted_usd_per_million_tokens_in=1,
        hosted_usd_per_million_tokens_out=4,
        training_usd_per_million_tokens=7,
        embedding_usd_per_million_tokens=0.3,
        vector_store_usd_per_month=25,
        source="offer of 2026-11",
    )
    rows = Range(low=100, likely=200, high=400)
    for approach in APPROACHES:
        bill = cost(of(TUNED._replace(labels=rows), approach), Settings(title="", prices=prices), today=TODAY)
        assert {one.source for one in bill.items} == {"offer of 2026-11"}
    hosted = cost(
        TUNED._replace(parameters="hosted", params_b=None), Settings(title="", prices=prices), today=TODAY
    )
    assert next(one.unit_price for one in hosted.items if one.name == "training runs") == 7


def test_half_of_a_contract_is_not_mixed_with_list_prices_and_says_so() -> None:
    half = Settings(title="", prices=Prices(hosted_usd_per_million_tokens_in=1))
    bill = cost(of(TUNED, "prompting"), half, today=TODAY)
    assert bill.per_month == cost(of(TUNED, "prompting"), PLAIN, today=TODAY).per_month
    assert any("one of two hosted token prices" in sentence for sentence in bill.assumptions)


def test_everything_is_in_the_clients_currency() -> None:
    rate = Currency(code="EUR", per_usd=0.5, date="2026-11-20", source="ECB")
    dollars, euros = detailed(TUNED), detailed(TUNED, Settings(title="", currency="EUR", exchange=rate))
    assert dollars.first_year and euros.first_year
    assert euros.first_year.likely == pytest.approx(dollars.first_year.likely / 2, abs=0.02)
    assert euros.alternatives[0].per_month.high == pytest.approx(
        dollars.alternatives[0].per_month.high / 2, abs=0.02
    )
    assert euros.break_even == dollars.break_even, "a number of requests has no currency"
    for ours, theirs in zip(euros.tornado, dollars.tornado, strict=True):
        assert ours.high == pytest.approx(theirs.high / 2, abs=0.02)
        assert ours.input == theirs.input
    day = next(one for one in euros.tornado if one.input == "engineer's day")
    assert day.input_likely == 350, "a price is in the client's currency too"


def test_an_old_snapshot_is_said_aloud() -> None:
    late = dt.date.fromisoformat(hosted_table().as_of) + dt.timedelta(days=181)
    bill = cost(of(TUNED, "prompting"), PLAIN, today=late)
    assert any("genai-prices" in sentence and "181 days old" in sentence for sentence in bill.assumptions)


def test_a_record_of_an_older_version_still_loads() -> None:
    bill = msgspec.to_builtins(cost(TUNED, PLAIN, today=TODAY))
    for name in ("first_year", "alternatives", "break_even", "tornado"):
        del bill[name]
    loaded = msgspec.convert(bill, Cost)
    assert (loaded.first_year, loaded.break_even, loaded.tornado, loaded.alternatives) == (None, [], [], [])


def test_tuning_leaves_out_most_of_the_fixed_text_and_looking_up_adds_passages() -> None:
    assert tokens(of(TUNED, "prompting")) == Tokens(500, 3000, 100)
    assert tokens(TUNED) == Tokens(500, 1200, 100)
    assert tokens(of(TUNED, "rag")) == Tokens(2500, 3000, 100)


def test_the_package_of_prices_is_never_imported_at_run_time() -> None:
    code = (
        "import sys; import advisor.advice.recommending, advisor.costing.money, advisor.costing.hosted as h;"
        "h.hosted_table(); sys.exit(any(m.split('.')[0] == 'genai_prices' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_snapshot_is_what_the_script_writes() -> None:
    pytest.importorskip("genai_prices")
    from tests.snapshots import hosted_prices

    table = hosted_table()
    if hosted_prices.version("genai-prices") != table.version:
        pytest.skip("another version of genai-prices is installed")
    written = hosted_prices.snapshot(dt.date.fromisoformat(table.written))
    assert written == hosted_prices.TARGET.read_text(encoding="utf-8")


def test_the_snapshot_names_version_date_and_models_of_every_tier() -> None:
    table = hosted_table()
    assert table.package == "genai-prices" and table.version
    assert table.as_of <= table.written
    for size in ("small", "medium", "large"):
        rows = [row for row in table.models if row.size == size]
        assert len(rows) >= 4
        assert any(row.usd_per_million_cached_input for row in rows)
        assert any(row.usd_per_million_batch_input for row in rows)
    for row in table.models:
        assert 0 < row.usd_per_million_input <= row.usd_per_million_output
        assert (row.usd_per_million_cached_input or 0) < row.usd_per_million_input
