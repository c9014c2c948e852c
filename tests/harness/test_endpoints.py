"""Requests to a server: each item ended once, every wait kept, no cent beyond the cap, no key in any word."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter

import pytest

from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.records.examples import Message
from harness.endpoints.client import Refused, Reply, ask, client_for, retry_after
from harness.endpoints.pool import Ended, Gate, Policy, ask_all
from harness.endpoints.purse import CapReached, Purse, list_price
from tests.harness.servers import DRIPS, UNCOUNTED, serving

KEY = "sk-a-key-that-nobody-may-see"


def asked(url: str, items: list[str], *, policy: Policy, timeout: float = 1.0) -> list[Ended[str]]:
    """Every item put to the server."""
    client = client_for(url, timeout=timeout)
    return list(
        ask_all(
            items,
            lambda item: ask(client, "m", [Message(role="user", content=item)], max_tokens=9),
            policy=policy,
        )
    )


def test_a_hostile_server_gets_every_item_answered_once_or_told_as_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TUNECASE_ENDPOINT_KEY", KEY)
    items = [f"item {number}" for number in range(120)]
    with serving(lambda text: text.upper(), hostile=0.3, seed=3, retry_after=0.8) as (url, log):
        ended = asked(url, items, policy=Policy(tries=6, at_once=12))
    assert Counter(one.item for one in ended) == Counter(items)
    for one in ended:
        if one.reply is None:
            assert one.error is not None and "6 of 6 tries" in one.error
        else:
            assert one.reply.text == one.item.upper()
            assert one.error is None
        assert KEY not in repr(one)
    assert sum(one.reply is None for one in ended) <= 3
    assert log.keys == {f"Bearer {KEY}"}
    # what was on its way when the server asked to wait comes at once, nothing comes later than that
    assert all(early > 0.3 for early in log.early)
    assert max(log.most_at_once) <= 12


@pytest.mark.parametrize("trouble", UNCOUNTED)
def test_wrong_counts_are_no_counts(trouble: str) -> None:
    with serving(str.upper, hostile=1.0, troubles=(trouble,)) as (url, _):
        ended = asked(url, [f"i{number}" for number in range(12)], policy=Policy(tries=8, at_once=4))
    counts = {(one.reply.tokens_in, one.reply.tokens_out) for one in ended if one.reply}
    assert counts == {(None, None)}


@pytest.mark.parametrize("trouble", DRIPS)
def test_an_answer_that_drips_ends_at_the_deadline(trouble: str) -> None:
    """A byte every quarter of a second: no single wait is as long as the deadline."""
    with serving(str.upper, hostile=1.0, troubles=(trouble,)) as (url, log):
        started = time.monotonic()
        (ended,) = asked(url, ["a"], policy=Policy(tries=1), timeout=0.8)
        assert 0.7 < time.monotonic() - started < 5
    assert ended.reply is None
    assert ended.error == "no answer within the deadline, 1 of 1 tries"
    assert log.asked.total() == 1


def test_a_client_that_nobody_holds_lets_its_thread_go() -> None:
    before = threading.active_count()
    with serving(str.upper) as (url, _):
        client = client_for(url, timeout=5.0)
        assert ask(client, "m", [Message(role="user", content="a")], max_tokens=9).text == "A"
        del client
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_an_idle_server_is_asked_more_and_more_at_once_within_the_bound() -> None:
    with serving(str.upper, slow=0.03) as (url, log):
        asked(url, [str(number) for number in range(90)], policy=Policy(at_once=8))
    assert log.most_at_once[0] == 1
    assert 4 < max(log.most_at_once) <= 8


def test_an_overloaded_server_is_asked_half_as_much_and_waited_for() -> None:
    gate = Gate(16)
    gate.limit = 8.0
    gate.enter()
    gate.leave(Refused("status 429", "again", wait=0.2, overloaded=True))
    assert gate.limit == 4.0
    started = time.monotonic()
    gate.enter()
    assert time.monotonic() - started >= 0.19
    gate.leave(None)
    assert gate.limit == 4.25


def test_a_refusal_that_all_would_meet_ends_the_work_at_once() -> None:
    sent = []

    def refuse(item: int) -> Reply:
        sent.append(item)
        raise Refused("status 401: the key is not accepted", "stop")

    with pytest.raises(RunFailed, match="401"):
        list(ask_all(range(1000), refuse, policy=Policy(at_once=4)))
    assert len(sent) <= 16


def test_what_ended_well_before_a_refusal_is_handed_on() -> None:
    first = threading.Event()

    def some(item: int) -> Reply:
        if item == 0:
            first.wait(5)
            return Reply("good", 1, 1, "stop")
        first.set()
        raise Refused("status 404: no such model or address", "stop")

    got: list[Ended[int]] = []
    with pytest.raises(RunFailed):
        for ended in ask_all([0, 1], some, policy=Policy(at_once=2)):
            got.append(ended)
    assert [one.item for one in got] == [0]


def test_a_row_that_is_not_accepted_fails_alone_and_once() -> None:
    def picky(item: int) -> Reply:
        if item == 3:
            raise Refused("status 400: the request is not accepted", "row")
        return Reply(str(item), 1, 1, "stop")

    ended = {one.item: one for one in ask_all(range(6), picky, policy=Policy())}
    assert [item for item, one in ended.items() if one.reply is None] == [3]
    assert "1 of 5 tries" in (ended[3].error or "")


def test_retry_after_in_both_its_forms() -> None:
    assert retry_after("2.5", now=0.0) == 2.5
    assert retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=50.0) == pytest.approx(10.0)
    assert retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=90.0) == 0.0
    assert retry_after("soon", now=0.0) is None
    assert retry_after(None, now=0.0) is None


def test_an_address_or_a_key_that_cannot_work_is_said_before_any_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(PlanError, match="expected http"):
        client_for("localhost:8000", timeout=1)
    with pytest.raises(NotReady, match="OPENAI_API_KEY"):
        client_for("https://api.openai.com/v1", timeout=1)


def test_a_key_of_openai_goes_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("TUNECASE_ENDPOINT_KEY", raising=False)
    with serving(str.upper) as (url, log):
        asked(url, ["a"], policy=Policy())
    assert log.keys == {"Bearer none"}


def test_the_purse_never_gives_more_than_its_cap() -> None:
    purse = Purse(usd_in=1.0, usd_out=1.0, cap=0.001)
    taken, stopped = [], threading.Event()

    def draw() -> None:
        try:
            while True:
                reserved = purse.reserve(250, 20)
                taken.append(purse.settle(reserved, 90, 20))
        except CapReached:
            stopped.set()

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stopped.is_set()
    assert 0.0008 < purse.spent <= 0.001
    assert purse.spent == pytest.approx(sum(taken))


def test_a_server_that_does_not_count_costs_what_was_reserved() -> None:
    purse = Purse(usd_in=2.0, usd_out=4.0, cap=None)
    reserved = purse.reserve(2500, 100)
    assert purse.settle(reserved, None, 5) == reserved == pytest.approx((1001 * 2 + 100 * 4) / 1e6)


def test_list_prices_are_those_of_the_table() -> None:
    assert list_price("a model that nobody sells") is None
    known = list_price("mistral-small-2603")
    assert known is not None and known[0] > 0 and known[1] > 0
