"""What is to be priced: the workload, the way it is met, and how sure the figures are."""

from __future__ import annotations

from typing import Literal, NamedTuple

from advisor.engagement.records.advice import Range

from .hosted import Tokens

PASSAGE_TOKENS = 2000.0
"""Looked-up text added to each request: four or five passages, assumption."""
KEPT_BY_TUNING = 0.4
"""Share of the fixed text that a tuned model still needs; tuning cut tokens by over 60 % (AWS on Nova)."""


class Taken(NamedTuple):
    """What the engagement's own runs took, in the place of an estimate; None where it was not measured."""

    approach: str
    """Of which approach."""
    source: str
    """Which arm, on what, over how many rows."""
    arm: str
    """Its name."""
    parameters: str = "none"
    """What moved in training: lora, qlora, full or none."""
    request_seconds: float | None = None
    """Seconds of the card for one request."""
    request_usd: float | None = None
    """USD of one request, where a server is paid by the token."""
    training_hours: float | None = None
    """Hours of one training."""


class Case(NamedTuple):
    """What is to be priced."""

    approach: str
    """One of the five."""
    parameters: Literal["none", "full", "lora", "qlora", "hosted"]
    """What moves in training."""
    params_b: float | None
    """Size of the open model, where one is used."""
    gpu: str
    """Card to train or serve on, as in the tables."""
    in_house: bool
    """Whether everything runs on machines of one's own."""
    requests_per_month: float | None
    """Volume, or None."""
    tokens_in: float
    """Tokens of instruction and input per request, fixed text included."""
    tokens_out: float
    """Tokens of output per request."""
    training_rows: float
    """Examples to train on."""
    labels: Range
    """Examples to be labelled yet."""
    fixed_text: float = 0.0
    """Those of `tokens_in` that stand unchanged in front of every request."""
    latency: str | None = None
    """under_1s, 1s_to_10s or over_10s; None: not known."""
    knowledge_changes: str | None = None
    """static to realtime; None: not known."""
    knowledge_size: str | None = None
    """none to over_10000_pages; None: not known."""
    sure_of_volume: bool = True
    """Whether the volume was answered as known; an assumed one may be half or double."""
    sure_of_tokens: bool = True
    """Whether both token counts were answered."""
    taken: tuple[Taken, ...] = ()
    """What was measured, by approach."""


def taken(case: Case) -> Taken | None:
    """What was measured of the case's own approach."""
    return next((one for one in case.taken if one.approach == case.approach), None)


def uses_retrieval(case: Case) -> bool:
    """Whether passages are looked up."""
    return case.approach in ("rag", "fine_tuning_rag")


def is_tuned(case: Case) -> bool:
    """Whether a model is trained."""
    return case.approach in ("fine_tuning", "fine_tuning_rag")


def own_card(case: Case) -> bool:
    """Whether requests are served from a card rented or owned, not paid by the token."""
    return case.in_house or (is_tuned(case) and case.params_b is not None)


def tokens(case: Case) -> Tokens:
    """Of one request: passages come on top where they are looked up, a tuned model needs less fixed text."""
    passages = PASSAGE_TOKENS if uses_retrieval(case) else 0.0
    fixed = case.fixed_text * (KEPT_BY_TUNING if is_tuned(case) else 1.0)
    return Tokens(own=max(0.0, case.tokens_in - case.fixed_text) + passages, fixed=fixed, out=case.tokens_out)


def tokens_in(case: Case) -> float:
    """All input tokens of one request."""
    each = tokens(case)
    return each.own + each.fixed
