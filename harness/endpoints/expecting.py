"""What the requests of an arm that asks a server will cost, before one is sent: tokens times price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from advisor.engagement.records.advice import Range
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness.endpoints.purse import MILLION, prices_of

LOW, HIGH = 0.7, 1.5
"""The server's tokenizer against ours, and answers of other lengths: assumption."""
LABEL_TOKENS = 32
"""Longest answer where a label is asked for; room for a sentence around it: our choice."""
FEW = 8
"""Tokens of an answer that names a label, as most models say it: assumption."""


class Bill(NamedTuple):
    """The requests of one arm."""

    tokens_in: int
    """Input tokens, of all requests."""
    tokens_out: int
    """Output tokens, as expected."""
    usd: Range | None
    """None where no price is known."""
    told: str
    """In a sentence."""


def server_of(plan: Plan, arm: str) -> EndpointSettings | None:
    """The server that the arm asks; None where the plan names none."""
    return plan.tuned_endpoint if arm == "tuned_endpoint" else plan.endpoint


def bill(
    settings: EndpointSettings, arm: str, inputs: Sequence[int], *, answer: int, longest: int, labels: bool
) -> Bill:
    """Of one request for each of these prompts, in tokens; `answer` is the mean of the wanted answers.

    A failed request is taken to cost nothing, as in the run itself.
    """
    rows, read = len(inputs), sum(inputs)
    most = settings.max_new_tokens or (LABEL_TOKENS if labels else longest)
    said = rows * min(most, FEW if labels else answer)
    host = urlsplit(settings.base_url).hostname or settings.base_url
    counted = f"{arm}: {rows:,} requests to {settings.model} at {host}, {read:,} tokens in, {said:,} out"
    prices = prices_of(settings.model, settings)
    if prices is None:
        return Bill(read, said, None, f"{counted}; no price is known: set usd_in and usd_out in plan.toml")

    def usd(factor: float, out: float) -> float:
        return (factor * read * prices[0] + out * prices[1]) / MILLION

    ends = [usd(LOW, LOW * said), usd(1.0, said), usd(HIGH, max(HIGH * said, rows * most))]
    if settings.max_usd:
        ends = [min(end, settings.max_usd) for end in ends]
    capped = f", capped at USD {settings.max_usd:g}" if settings.max_usd else ""
    rates = f"at USD {prices[0]:g} and {prices[1]:g} per million{capped}"
    told = f"{counted}, {rates}; the server's time is not known"
    return Bill(read, said, Range(low=ends[0], likely=ends[1], high=ends[2]), told)
