"""From a comparison to a verdict: one winner rule, one vocabulary, sentences made of their own numbers."""

from __future__ import annotations

from advisor.engagement.catalogue import find
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Decision, Verdict
from harness import arms
from harness.arms._kind import Arm
from harness.constraints import money_of
from harness.statistics.power import needed_n
from harness.winning import candidates, find_winner, ranked_arms
from harness.wording import because, caveats, next_step, sentence


def judge(comparison: Comparison, recommendation: Recommendation | None) -> Verdict:
    """The verdict on the advice; a pure function of both records."""
    winner = find_winner(comparison)
    approach = find(arms, Arm, winner.name).approach if winner else None
    advised = recommendation.approach if recommendation else None
    decision = decide(winner, approach, advised)
    needed = None if winner else needed_items(comparison)
    return Verdict(
        decision=decision,
        winner=winner.name if winner else None,
        winner_approach=approach,
        advised=advised,
        sentence=sentence(comparison, winner),
        because=because(comparison, winner, decision=decision, advised=advised),
        needed_n=needed,
        caveats=[*caveats(comparison), *_not_run(comparison, advised)],
        next_step=next_step(comparison, winner, approach=approach, decision=decision, needed=needed),
        money=money_of(comparison, winner) if winner else None,
    )


def decide(winner: ArmSummary | None, approach: str | None, advised: str | None) -> Decision:
    """confirmed, overturned, inconclusive, or no_advice where nothing was advised."""
    if advised is None:
        return "no_advice"
    if winner is None:
        return "inconclusive"
    return "confirmed" if approach == advised else "overturned"


def needed_items(comparison: Comparison) -> int | None:
    """Items that would show the minimum effect at the discordance of the most promising contrast."""
    allowed = {arm.name for arm in candidates(comparison)}
    found = [
        one
        for one in comparison.differences
        if one.a == comparison.baseline and one.value is not None and one.b in allowed
    ]
    if not found:
        return None
    top = max(found, key=lambda one: one.value or 0.0)
    if top.discordant is None or not top.n:
        return None
    return needed_n(top.discordant / top.n, comparison.minimum_effect)


def _not_run(comparison: Comparison, advised: str | None) -> list[str]:
    approaches = {find(arms, Arm, arm.name).approach for arm in ranked_arms(comparison)}
    if advised is None or advised == "not_ready" or advised in approaches:
        return []
    return [f"The advised approach, {advised.replace('_', ' ')}, was not run."]
