"""What requests cost: reserved before each one is sent, settled after, never beyond the cap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.records.examples import Message
from advisor.engagement.records.plan import DistillationSettings, EndpointSettings, JudgeSettings
from harness.endpoints.client import Reply

MILLION = 1e6
LETTERS_PER_TOKEN = 2.5
"""Fewer than the four of English, so that a reservation is rather too high: assumption."""


Priced = EndpointSettings | JudgeSettings | DistillationSettings
"""Settings of a plan that hold prices and a cap."""


class CapReached(RunFailed):
    """The next request could cost more than is left."""


class Purse:
    """Money spent on one server; several threads may draw on it."""

    def __init__(self, *, usd_in: float, usd_out: float, cap: float | None, spent: float = 0.0) -> None:
        """Prices in USD per million tokens; `cap` in USD, None for no cap; `spent` by earlier sessions."""
        self.usd_in, self.usd_out, self.cap = usd_in, usd_out, cap
        self.spent = spent
        self._reserved = 0.0
        self._lock = threading.Lock()

    def buy(self, messages: Sequence[Message], max_tokens: int, request: Callable[[], Reply]) -> Reply:
        """One request within the cap; one that brings nothing is taken to cost nothing."""
        reserved = self.reserve(sum(len(message.content) for message in messages), max_tokens)
        try:
            reply = request()
        except BaseException:
            self.release(reserved)
            raise
        self.settle(reserved, reply.tokens_in, reply.tokens_out)
        return reply

    def reserve(self, letters: int, max_tokens: int) -> float:
        """USD set aside for a prompt of so many characters; raises CapReached where they are not left."""
        most = self.price(round(letters / LETTERS_PER_TOKEN) + 1, max_tokens)
        with self._lock:
            if self.cap is not None and self.spent + self._reserved + most > self.cap:
                raise CapReached(
                    f"USD {self.spent:.4f} are spent, and the next request could pass the cap of "
                    f"USD {self.cap:g}",
                    fix="raise --max-usd and run the command again: it goes on",
                )
            self._reserved += most
        return most

    def settle(self, reserved: float, tokens_in: int | None, tokens_out: int | None) -> float:
        """USD that the request cost; all that was reserved where the server does not count."""
        unknown = tokens_in is None or tokens_out is None
        cost = reserved if unknown else self.price(tokens_in or 0, tokens_out or 0)
        with self._lock:
            self._reserved -= reserved
            self.spent += cost
        return cost

    def release(self, reserved: float) -> None:
        """Give back what was set aside."""
        with self._lock:
            self._reserved -= reserved

    def price(self, tokens_in: int, tokens_out: int) -> float:
        """USD of one request."""
        return (tokens_in * self.usd_in + tokens_out * self.usd_out) / MILLION


def purse_for(model: str, priced: Priced, answered: Iterable[tuple[int, int]]) -> Purse:
    """A purse by the prices of a plan, or the list, that knows what earlier sessions spent.

    `answered`: input and output tokens of each earlier answer. Raises PlanError for a cap without a price.
    """
    usd_in, usd_out = prices_of(model, priced) or (0.0, 0.0)
    if priced.max_usd and not (usd_in or usd_out):
        raise PlanError(
            f"max_usd is set, and the price of {model} is not known",
            fix="set usd_in and usd_out beside it in plan.toml",
        )
    purse = Purse(usd_in=usd_in, usd_out=usd_out, cap=priced.max_usd or None)
    purse.spent = sum(purse.price(tokens_in, tokens_out) for tokens_in, tokens_out in answered)
    return purse


def prices_of(model: str, priced: Priced) -> tuple[float, float] | None:
    """USD per million input and output tokens: the plan's, else the list's; None where neither says."""
    listed = list_price(model)
    if listed is None and not (priced.usd_in or priced.usd_out):
        return None
    known = listed or (0.0, 0.0)
    return priced.usd_in or known[0], priced.usd_out or known[1]


def list_price(model: str) -> tuple[float, float] | None:
    """USD per million input and output tokens of a hosted model in the price table; None for others."""
    from advisor.costing.hosted import hosted_table

    name = model.rsplit("/", 1)[-1]
    for row in hosted_table().models:
        if row.model in (name, model):
            return row.usd_per_million_input, row.usd_per_million_output
    return None
