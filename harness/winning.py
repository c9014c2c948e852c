"""Who wins: a truth table over words, amounts and costs, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference

PROMPTING = ("zero_shot", "few_shot", "optimised_prompt")
"""Arms of which the best on validation is the baseline, the simpler first."""
SIMPLER = (
    "floor",
    "classical",
    "zero_shot",
    "few_shot",
    "optimised_prompt",
    "endpoint",
    "rag",
    "endpoint_rag",
    "lora",
    "qlora",
    "tuned_endpoint",
    "lora_rag",
    "full",
)
# Measured times of equal arms differ by some per cent: within this share, costs are a tie.
SAME_COST = 1.10


def find_winner(comparison: Comparison) -> ArmSummary | None:
    """The winning arm, or none.

    Arms better than the baseline by at least the minimum effect are gains. With gains, the best of them
    wins, or the cheapest arm that is not worse than it. Without, nothing dearer than the baseline can win:
    the cheapest arm not worse than the best does, or the baseline if no rival can reach the minimum effect.
    What the client's limits set aside neither wins nor stands in the way of others.
    """
    measured = ranked_arms(comparison)
    baseline = next((arm for arm in measured if arm.name == comparison.baseline), None)
    ranked = candidates(comparison)
    if baseline is None or len(measured) < 2 or not ranked:
        return None
    gains = [arm for arm in ranked if gains_enough(comparison, arm)]
    best = max(gains or ranked, key=lambda arm: (value_of(comparison, arm), -simplicity(arm.name)))
    level = [arm for arm in ranked if arm is not best and _not_worse(comparison, arm, best)]
    if gains:
        return _cheapest([best, *level])
    pool = [best, *level] if level else []
    if _stands(comparison, ranked, baseline):
        pool += [arm for arm in ranked if arm is baseline or _not_worse(comparison, arm, baseline)]
    affordable = [arm for arm in pool if arm is baseline or _cheapest([arm, baseline]) is arm]
    return _cheapest(affordable) if affordable else None


def ranked_arms(comparison: Comparison) -> list[ArmSummary]:
    """Arms with a number that were not excluded."""
    left_out = {entry["name"] for entry in comparison.excluded}
    return [
        arm
        for arm in comparison.arms
        if arm.name not in left_out
        and comparison.metric in arm.metrics
        and arm.metrics[comparison.metric].value is not None
    ]


def candidates(comparison: Comparison) -> list[ArmSummary]:
    """Ranked arms that may win."""
    kept_back = {entry["name"] for entry in comparison.aside}
    return [arm for arm in ranked_arms(comparison) if arm.name not in kept_back]


def value_of(comparison: Comparison, arm: ArmSummary) -> float:
    """The primary metric of a ranked arm."""
    value = arm.metrics[comparison.metric].value
    assert value is not None
    return value


def between(comparison: Comparison, a: str | None, b: str | None) -> Difference | None:
    """The difference b minus a, if it was computed."""
    return next((one for one in comparison.differences if (one.a, one.b) == (a, b)), None)


def gains_enough(comparison: Comparison, arm: ArmSummary) -> bool:
    """Better than the baseline, by the minimum effect or more."""
    found = between(comparison, comparison.baseline, arm.name)
    if found is None or found.value is None or found.word != "better":
        return False
    return found.value >= comparison.minimum_effect


def _not_worse(comparison: Comparison, arm: ArmSummary, best: ArmSummary) -> bool:
    found = between(comparison, best.name, arm.name)
    return found is not None and found.word in ("not worse", "better")


def _stands(comparison: Comparison, ranked: Sequence[ArmSummary], baseline: ArmSummary) -> bool:
    """No rival can be worth the minimum effect: every interval ends below it."""
    rivals = [arm for arm in ranked if arm is not baseline]
    found = [between(comparison, baseline.name, arm.name) for arm in rivals]
    return all(
        one is not None and one.high is not None and one.high < comparison.minimum_effect for one in found
    )


def _cheapest(pool: Sequence[ArmSummary]) -> ArmSummary:
    """Lowest cost of 1,000 requests, training not counted; of arms that cost about the same the simpler."""
    lowest = min(_price(arm) for arm in pool)
    return min(
        (arm for arm in pool if _price(arm) <= SAME_COST * lowest), key=lambda arm: simplicity(arm.name)
    )


def _price(arm: ArmSummary) -> float:
    """Money where it is known, else time; an arm with neither is the dearest."""
    if arm.cost_usd_per_1000 is not None:
        return arm.cost_usd_per_1000
    return arm.p50_seconds if arm.p50_seconds is not None else float("inf")


def simplicity(name: str) -> int:
    """Rank of an arm by what it takes to build and run: lower is simpler."""
    return SIMPLER.index(name) if name in SIMPLER else len(SIMPLER)
