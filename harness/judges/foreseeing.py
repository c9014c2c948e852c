"""What a judge will be asked at most, and what that costs, before it is asked anything."""

from __future__ import annotations

from advisor.engagement.catalogue import find
from advisor.engagement.records.plan import Plan
from harness import arms
from harness.arms._kind import Arm
from harness.endpoints.purse import purse_for
from harness.judges.pairs import NAME, PEOPLE
from harness.winning import PROMPTING

WORDS = 160
"""Tokens of the words around a pair: those of wording.py by the bundled tokenizer, rounded up."""
REPLY = 4
"""Tokens of a reply that is a word; one that thinks takes many times as many."""


def foreseen(plan: Plan, *, validation: int, test: int, asked: int, answer: int) -> list[str]:
    """A sentence with pairs, tokens and money; none without a judge.

    `validation` and `test`: rows. `asked` and `answer`: mean tokens of an input and of an output.
    """
    settings = plan.judge
    if settings is None:
        return []
    kinds = [find(arms, Arm, name) for name in plan.arms]
    runs = sum(len(plan.seeds) if kind.method else 1 for kind in kinds)
    deciding = sum(name in PROMPTING for name in plan.arms) if plan.metric == NAME else 0
    pairs = runs * test + deciding * validation
    requests = 2 * (pairs + (min(settings.repeats, pairs) if settings.base_url else 0))
    shown = 3 if settings.against else 2
    read = requests * (WORDS + asked + shown * answer)
    told = (
        f"the judge {settings.model} is asked about {pairs} pairs at most, {requests} requests and about "
        f"{read} tokens; up to {PEOPLE} preference pairs come on top"
    )
    if not settings.base_url:
        return [told]
    usd = purse_for(settings.model, settings, [(read, REPLY * requests)]).spent
    return [f"{told}; about USD {usd:.2f}" if usd else f"{told}; its price is not known"]
