"""Many requests at once: as many as the server takes, the waits it asks for kept, each item ended once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, NamedTuple, TypeVar

from advisor.engagement.errors import RunFailed
from harness.endpoints.client import Refused, Reply

Item = TypeVar("Item")

FIRST_AT_ONCE = 4
SHORTEST_WAIT, LONGEST_BACKOFF = 0.5, 60.0
"""Seconds before the second try, doubled each time, where the server names none."""


class Ended(NamedTuple, Generic[Item]):
    """One item at its end."""

    item: Item
    """What was asked about."""
    reply: Reply | None
    """The answer; None where every try failed."""
    error: str | None
    """Why the last try failed."""
    seconds: float
    """Wall time of the request that was answered, or of the last try."""


class Policy(NamedTuple):
    """How hard to try."""

    tries: int = 5
    """Requests per item at most."""
    at_once: int = 16
    """Requests under way at most."""


class Gate:
    """Lets requests through: one more for each round of good answers, half as many when overloaded."""

    def __init__(self, at_once: int) -> None:
        self._most = float(at_once)
        self.limit = float(min(FIRST_AT_ONCE, at_once))
        self._under_way = 0
        self._not_before = 0.0
        self._condition = threading.Condition()

    def enter(self) -> None:
        """Wait for a place and for the time that the server asked for."""
        with self._condition:
            while True:
                left = self._not_before - time.monotonic()
                if left <= 0 and self._under_way < int(self.limit):
                    self._under_way += 1
                    return
                self._condition.wait(max(left, 0.0) or None)

    def leave(self, wrong: Refused | None) -> None:
        """Give the place back, and learn from how it went."""
        with self._condition:
            self._under_way -= 1
            if wrong is None:
                self.limit = min(self._most, self.limit + 1 / self.limit)
            elif wrong.overloaded:
                self.limit = max(1.0, self.limit / 2)
                if wrong.wait is not None:
                    self._not_before = max(self._not_before, time.monotonic() + wrong.wait)
            self._condition.notify_all()


def ask_all(
    items: Sequence[Item], ask_one: Callable[[Item], Reply], *, policy: Policy, seed: int = 0
) -> Iterator[Ended[Item]]:
    """Each item once, in the order in which they end.

    Raises RunFailed where the server refuses in a way that every item would meet, and whatever `ask_one`
    raises besides Refused; requests under way are waited for, so that what they bring is not lost.
    """
    gate = Gate(policy.at_once)
    stopping = threading.Event()

    def work(item: Item, number: int) -> Ended[Item]:
        draw = random.Random(f"{seed}/{number}")
        for attempt in range(1, policy.tries + 1):
            gate.enter()
            started = time.monotonic()
            wrong: Refused | None = None
            try:
                return Ended(item, ask_one(item), None, time.monotonic() - started)
            except Refused as refused:
                wrong = refused
            finally:
                gate.leave(wrong)
            seconds = time.monotonic() - started
            if wrong.kind == "stop":
                stopping.set()
                raise RunFailed(f"the server refuses: {wrong.why}", fix="check address, model and key")
            if wrong.kind == "row" or attempt == policy.tries or stopping.is_set():
                return Ended(item, None, f"{wrong.why}, {attempt} of {policy.tries} tries", seconds)
            if wrong.wait is None:
                most = min(LONGEST_BACKOFF, SHORTEST_WAIT * 2 ** (attempt - 1))
                stopping.wait(most * (0.5 + draw.random() / 2))
        raise AssertionError("no try was made")

    with ThreadPoolExecutor(max_workers=policy.at_once) as workers:
        yield from _ends(workers, items, work, stopping, ahead=2 * policy.at_once)


def _ends(
    workers: ThreadPoolExecutor,
    items: Sequence[Item],
    work: Callable[[Item, int], Ended[Item]],
    stopping: threading.Event,
    *,
    ahead: int,
) -> Iterator[Ended[Item]]:
    """At most `ahead` items in hand; after a failure nothing new begins, and what ends well is handed on."""
    waiting = list(enumerate(items))[::-1]
    under_way: set[Future[Ended[Item]]] = set()
    failed: BaseException | None = None
    try:
        while waiting or under_way:
            while waiting and len(under_way) < ahead and failed is None:
                number, item = waiting.pop()
                under_way.add(workers.submit(work, item, number))
            if failed is not None and not under_way:
                break
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                wrong = future.exception()
                if wrong is None:
                    yield future.result()
                else:
                    failed = failed or wrong
                    stopping.set()
        if failed is not None:
            raise failed
    finally:
        stopping.set()
        for future in under_way:
            future.cancel()
