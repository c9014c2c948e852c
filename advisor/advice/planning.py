"""From advice and data to a plan that is agreed before any number is seen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.advice.evidence import PROMPTING
from advisor.advice.primary import primary_metric
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.intake import Profile
from advisor.engagement.records.plan import Plan

CLASSIFY = "Classify the message into exactly one of these categories:"
GENERATE = "Write the output for the following input."
WITHOUT_ADVICE = ("floor", "classical", "zero_shot", "few_shot", "lora")
SEEDS = (0, 1, 2)
"""One training says nothing of how much another seed would differ; three do, roughly."""
NEED_LABELS = ("classical",)
NEED_PAIRS = ("dpo", "rlhf")
NEED_DOCUMENTS = ("continued_pretraining", "rag", "endpoint_rag", "lora_rag")
NEED_TEACHER = ("distillation",)
GAP = re.compile(r"\b[A-Z]+(?: [A-Z]+)* HERE\b")


def make_plan(
    recommendation: Recommendation | None,
    profile: Profile,
    *,
    arms: Sequence[str] = (),
    model: str = "starter",
    instruction: str = "",
    metric: str = "",
    has_pairs: bool = False,
) -> Plan:
    """Arms that test the advice (or the given ones), and the decision rule.

    Arms that learn from preference pairs are taken where there are pairs and answers are written, those
    that read documents where there are documents. An empty instruction takes the task's own, an empty
    metric the one that suits the outputs; a given metric has to suit the task.
    """
    classification = profile.task == "classification"
    advised = recommendation.arms if recommendation is not None else WITHOUT_ADVICE
    unfit = set() if classification else {*NEED_LABELS}
    unfit |= set() if has_pairs and not classification else {*NEED_PAIRS}
    unfit |= set() if profile.documents else {*NEED_DOCUMENTS}
    # nobody has named a teacher yet: it is a line of plan.toml
    unfit |= {*NEED_TEACHER}
    chosen = list(arms) or _with_rag([arm for arm in advised if arm not in unfit], profile)
    return Plan(
        arms=chosen,
        model=model,
        instruction=instruction or task_in_words(labelled=classification),
        metric=metric or primary_metric(profile).name,
        seeds=list(SEEDS),
        minimum_effect=0.05,
        margin=0.02,
    )


def _with_rag(arms: list[str], profile: Profile) -> list[str]:
    """Where there are documents, retrieval is an option whatever was advised; it stands before training."""
    if not profile.documents or "rag" in arms:
        return arms
    at = 1 + max((arms.index(name) for name in PROMPTING if name in arms), default=len(arms) - 1)
    return [*arms[:at], "rag", *arms[at:]]


def task_in_words(*, labelled: bool) -> str:
    """What a task is called where nobody has said it."""
    return CLASSIFY if labelled else GENERATE


def gaps(instruction: str) -> list[str]:
    """Places of a starting prompt that nobody has filled in yet, such as `TONE RULES HERE`."""
    return GAP.findall(instruction)
