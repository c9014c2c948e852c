"""What a client chooses among: the options with doing nothing, and open models with their licences."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import BaseModel, Considered, Recommendation

from .numbers import Shown, money_shown, percent
from .titles import capital

DASH = "\N{EN DASH}"
NO_REASON = "nothing in the answers"
UNCHANGED = "as today"
BARRED = "commercial use is not allowed"
"""How the advice says that a licence bars the client's use."""


class OptionRow(NamedTuple):
    """One option as shown."""

    title: str
    """In words."""
    technique: str
    """What one would use within it; empty where nothing is trained."""
    mark: str
    """winner for the recommended one, or nothing."""
    place: str
    """recommended, tied with it, or nothing."""
    what: str
    """What it means."""
    strongest_for: str
    """What speaks most for it."""
    strongest_against: str
    """What speaks most against it."""
    probability: str
    """How likely it is the right one; a dash for doing nothing."""
    once: Shown
    """Cost once, likely with its band."""
    running: Shown
    """Cost per month, or per 1,000 requests."""


class ModelRow(NamedTuple):
    """One open model as shown."""

    name: str
    """Id on the hub."""
    licence: str
    """As its card says."""
    why: str
    """One sentence."""
    barred: bool
    """Whether the licence bars commercial use: a risk."""


def option_rows(advice: Recommendation) -> list[OptionRow]:
    """Every option in the order of the record: best first, doing nothing last."""
    return [_option(one, advice) for one in advice.options]


def model_rows(models: list[BaseModel]) -> list[ModelRow]:
    """Candidates with the ones marked that may not be used commercially."""
    return [ModelRow(one.hub_id, one.licence, one.why, BARRED in one.why) for one in models]


def _option(one: Considered, advice: Recommendation) -> OptionRow:
    recommended = one.name == advice.approach
    tied = "tied" if one.name in advice.tied_with else ""
    currency = advice.cost.currency
    return OptionRow(
        title=capital(one.title),
        technique="" if one.technique == "none" else f"with {one.technique}",
        mark="winner" if recommended else "",
        place="recommended" if recommended else tied,
        what=one.what,
        strongest_for=capital(one.strongest_for) or NO_REASON,
        strongest_against=capital(one.strongest_against) or NO_REASON,
        probability=DASH if one.probability is None else percent(one.probability),
        once=Shown(UNCHANGED) if one.one_off is None else money_shown(one.one_off, currency),
        running=Shown(UNCHANGED) if one.per_month is None else money_shown(one.per_month, currency),
    )
