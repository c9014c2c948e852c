"""Money and hours: dated, sourced, in bands, and in the client's currency."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from advisor.costing.hosted import Tokens, hosted_table, request_price
from advisor.costing.models import model_table, near
from advisor.costing.money import Case, cost
from advisor.costing.prices import age_note, find_card, hourly_price, price_table
from advisor.costing.training import cards, peak_memory_gib, serving_seconds, training_hours
from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Currency, Prices, Settings

TODAY = dt.date(2026, 11, 24)
TUNED = Case(
    approach="fine_tuning",
    parameters="lora",
    params_b=1.7,
    gpu="L4",
    in_house=False,
    requests_per_month=40_000,
    tokens_in=500,
    tokens_out=10,
    training_rows=500,
    labels=Range(low=0, likely=0, high=0),
)
PROMPTED = TUNED._replace(approach="prompting", parameters="none", params_b=None)


def test_every_listed_price_has_a_source_a_date_and_a_band() -> None:
    table = price_table()
    for row in [*table.gpu_usd_per_hour, *table.hosted_training, *table.flat]:
        assert row.low <= row.likely <= row.high, row
        assert row.source
    offers = [offer for card in table.gpu_usd_per_hour for offer in card.offers]
    for dated in [*offers, *table.hosted_training, hosted_table()]:
        assert re.fullmatch(r"\d{4}(-\d\d)?(-\d\d)?", dated.as_of), dated
    assert all(row.as_of or "assumption" in row.source for row in table.flat)
    assert all(offer.cloud and offer.source and offer.usd_per_hour > 0 for offer in offers)


def test_a_card_costs_what_the_median_cloud_asks_however_many_sizes_one_of_them_lists() -> None:
    card = next(card for card in price_table().gpu_usd_per_hour if card.gpu == "L4")
    assert {offer.cloud for offer in card.offers} == {"AWS", "RunPod"}
    # AWS asks 0.8048 and 1.1504, RunPod 0.49: the median of 0.9776 and 0.49
    assert (card.low, card.likely, card.high) == (0.49, pytest.approx(0.7338), 1.1504)


def test_openai_training_is_not_priced() -> None:
    assert not [row for row in price_table().hosted_training if "openai" in row.provider.lower()]


@pytest.mark.parametrize(
    ("device", "card"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA H100 PCIe", "H100-PCIe"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA A100-SXM4-80GB", "A100-80"),
        ("NVIDIA A100-SXM4-40GB", "A100-40"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40S", "L40S"),
        ("Tesla T4", "T4"),
        ("NVIDIA GeForce RTX 4090", "RTX4090"),
        ("NVIDIA RTX A6000", "A6000"),
    ],
)
def test_device_names_find_their_card(device: str, card: str) -> None:
    found = find_card(device)
    assert found is not None and found.gpu == card


def test_an_hour_is_the_engagements_price_or_the_list_price_or_none() -> None:
    own = hourly_price("NVIDIA L4", Prices(gpu_usd_per_hour=0.2, source="client, 2026-11"))
    assert own is not None and (own.usd, own.source) == (0.2, "client, 2026-11")
    listed = hourly_price("NVIDIA L4", Prices())
    assert listed is not None and listed.as_of.startswith("2026")
    assert hourly_price("Some other card", Prices()) is None


def test_a_cpu_hour_is_a_stated_upper_bound() -> None:
    price = hourly_price("cpu", Prices())
    assert price is not None
    assert price.usd == min(card.likely for card in price_table().gpu_usd_per_hour)
    assert "upper bound" in price.source


def test_old_prices_say_so() -> None:
    assert age_note("2026-09-27", TODAY) is None
    assert age_note("2026-01-15", TODAY) == "313 days old"
    assert age_note("2026-06", TODAY) is None
    assert age_note("2026", TODAY) == "dated 2026 without a month"
    assert age_note("", TODAY) is None
    late = cost(PROMPTED, Settings(title=""), today=dt.date(2027, 11, 24))
    assert any("days old" in sentence for sentence in late.assumptions)


def test_unknown_volume_is_priced_per_thousand_requests_and_says_so() -> None:
    for case in (PROMPTED, TUNED):
        bill = cost(case._replace(requests_per_month=None), Settings(title=""), today=TODAY)
        assert any("1,000 requests" in sentence for sentence in bill.assumptions)
        monthly = next(item for item in bill.items if item.period == "per_month")
        assert "1,000 requests" in monthly.name


def test_break_even_is_where_the_card_costs_what_hosted_requests_cost() -> None:
    bill = cost(TUNED, Settings(title=""), today=TODAY)
    volume = bill.break_even_requests_per_month
    assert volume is not None
    running = [item for item in bill.items if item.period == "per_month"]
    upkeep = next(item for item in bill.items if item.name == "upkeep")
    # the card, retraining and checking; of upkeep the half day that prompting does not need
    fixed = sum(item.likely for item in running) - upkeep.likely / 2
    each = request_price(Tokens(500, 0, 10), Prices()).range.likely
    assert volume == pytest.approx(fixed / each, rel=0.005)
    assert cost(PROMPTED, Settings(title=""), today=TODAY).break_even_requests_per_month is None
    in_house = cost(TUNED._replace(in_house=True), Settings(title=""), today=TODAY)
    assert in_house.break_even_requests_per_month is None
    assert any("no break-even" in sentence for sentence in in_house.assumptions)


def test_overrides_and_exchange_rates_are_used() -> None:
    prices = Prices(engineer_usd_per_day=1000, gpu_usd_per_hour=0.5, source="offer")
    rate = Currency(code="EUR", per_usd=0.9, date="2026-11-20", source="ECB")
    bill = cost(TUNED, Settings(title="", currency="EUR", exchange=rate, prices=prices), today=TODAY)
    work = next(item for item in bill.items if item.unit == "engineer day" and item.period == "one_off")
    assert bill.currency == "EUR"
    assert (work.unit_price, work.likely, work.source) == (900, 20 * 900, "offer")
    assert any("ECB" in sentence for sentence in bill.assumptions)


def test_without_a_rate_the_bill_stays_in_dollars_and_says_so() -> None:
    bill = cost(TUNED, Settings(title="", currency="CHF"), today=TODAY)
    assert bill.currency == "USD"
    assert any("CHF" in sentence for sentence in bill.assumptions)


def test_training_hours_follow_the_said_formula() -> None:
    # 4 x 8e9 x 1e6 FLOPs at 30 % of 312 TFLOPS
    hours = training_hours(8, 1e6, parameters="lora", gpu="A100-80")
    assert hours.likely == pytest.approx(4 * 8e9 * 1e6 / (0.30 * 312e12) / 3600)
    full = training_hours(8, 1e6, parameters="full", gpu="A100-80")
    assert full.likely == pytest.approx(1.5 * hours.likely)
    assert hours.low < hours.likely < hours.high


def test_memory_rises_from_four_bit_to_full_and_fits_known_runs() -> None:
    # published peaks: pure bf16 full tuning of Mistral 7B 67.5 GiB; 65B under 48 GB with QLoRA
    small, middle, large = (peak_memory_gib(7.24, parameters=how) for how in ("qlora", "lora", "full"))
    assert small.likely < middle.likely < large.likely
    assert large.low <= 67.5 + 2 and large.high >= 67.5
    assert peak_memory_gib(65, parameters="qlora").low < 48


def test_serving_time_grows_with_tokens() -> None:
    short = serving_seconds(8, tokens_in=100, tokens_out=10, gpu="L4")
    long = serving_seconds(8, tokens_in=1000, tokens_out=100, gpu="L4")
    assert long.likely == pytest.approx(10 * short.likely)


def test_models_have_a_licence_and_cards_have_a_price() -> None:
    assert all(one.licence and "/" in one.hub_id for one in model_table().models)
    assert all(near(size) for size in (0.6, 1.7, 4.0, 8.0, 14.0))
    assert set(cards()) >= {"T4", "L4", "L40S", "A100-80", "H100"}
    assert set(cards()) <= {row.gpu for row in price_table().gpu_usd_per_hour}
