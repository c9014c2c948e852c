"""Other ways to run the same approach: a cache, batches, a small model, a card only while it is busy."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.records.advice import Alternative, Range
from advisor.engagement.records.settings import Prices

from . import per_month
from .case import Case, own_card, tokens
from .hosted import LEAST_CACHED
from .lines import Line, at, inputs, usd


def alternatives(case: Case, prices: Prices, factor: float) -> list[Alternative]:
    """Those that the case allows; `factor` turns USD into the bill's currency."""
    if case.approach == "not_ready":
        return []
    if own_card(case):
        return _of_a_card(case, prices, factor)
    return _hosted(case, prices, factor)


def _hosted(case: Case, prices: Prices, factor: float) -> list[Alternative]:
    found = []
    if tokens(case).fixed >= LEAST_CACHED:
        bill = _monthly(per_month.lines(case, prices, way="cached"), factor)
        share = 100 * per_month.kept(case)
        found.append(
            Alternative(
                name="the fixed text kept in the provider's cache",
                per_month=bill,
                when=f"The text stands first in every prompt; {share:.0f} of 100 requests find it within "
                "5 minutes of another one.",
            )
        )
    if case.latency == "over_10s":
        found.append(
            Alternative(
                name="requests handed in as batches",
                per_month=_monthly(per_month.lines(case, prices, way="batch"), factor),
                when="Outputs may come hours later; models without a known batch price count in full.",
            )
        )
    own = prices.hosted_usd_per_million_tokens_in is not None
    if not own:
        found.append(
            Alternative(
                name="a small hosted model",
                per_month=_monthly(per_month.lines(case, prices, sizes=("small",)), factor),
                when="It has to reach the target in the same measurement.",
            )
        )
    return found


def _of_a_card(case: Case, prices: Prices, factor: float) -> list[Alternative]:
    if case.requests_per_month is None or case.latency == "under_1s":
        return []
    return [
        Alternative(
            name="a card only while it is busy",
            per_month=_monthly(per_month.lines(case, prices, always_on=False), factor),
            when="Somebody rents it out by the second, and waiting for it to start is allowed; such prices "
            "are higher than those of a card for a month.",
        )
    ]


def _monthly(lines: Sequence[Line], factor: float) -> Range:
    known = inputs(lines)
    low, likely, high = (
        round(factor * sum(usd(line, at(known, end)) for line in lines), 2)
        for end in ("low", "likely", "high")
    )
    return Range(low=low, likely=likely, high=high)
