"""Section titles that state a conclusion, each made of the record it stands above."""

from __future__ import annotations

from advisor.engagement.records.advice import Cost, Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict
from advisor.engagement.records.examples import Intake

from .numbers import count, money, points

METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "exact_match": "exact match",
    "token_f1": "token F1",
    "chrf": "chrF",
}
APPROACHES = {
    "prompting": "prompting",
    "rag": "RAG",
    "fine_tuning": "fine-tuning",
    "fine_tuning_rag": "fine-tuning with RAG",
    "not_ready": "not ready yet",
    "none": "no language model",
}
TECHNIQUES = {
    "lora": "LoRA",
    "qlora": "QLoRA",
    "full": "full fine-tuning",
    "dpo": "DPO",
    "rlhf": "RLHF",
    "sft_api": "tuning at a provider",
}
DECISIONS = {
    "confirmed": "The measurement confirms the advice",
    "overturned": "The measurement overturns the advice",
    "inconclusive": "The measurement does not decide",
    "no_advice": "Measured without advice on file",
}


def decision(verdict: Verdict) -> str:
    """The verdict in words, with what was advised."""
    word = DECISIONS[verdict.decision]
    if verdict.advised is None:
        return word
    return f"{word}, which was {APPROACHES[verdict.advised]}"


def options(comparison: Comparison) -> str:
    """Who scores highest."""
    top = best(comparison)
    if top is None:
        return "No option has a result"
    name, score = METRICS[comparison.metric], points(value(comparison, top))
    return f"{top.title} scores highest: {name} {score} of 100 on {comparison.n_test} held-out items"


def differences(comparison: Comparison) -> str:
    """How many options beat the best prompting option."""
    against = [one for one in comparison.differences if one.a == comparison.baseline]
    better = [one for one in against if one.word == "better"]
    if not against:
        return "Nothing was compared with a prompting option"
    if not better:
        return "No option is shown to be better than the best prompting option"
    verb = "is" if len(better) == 1 else "are"
    return f"{len(better)} of {len(against)} options {verb} shown to be better than the best prompting option"


def changes(comparison: Comparison, verdict: Verdict, leading: Difference | None) -> str:
    """What would have to be different."""
    if verdict.winner is None and verdict.needed_n is not None:
        return f"About {count(verdict.needed_n)} held-out items would settle it"
    least = points(comparison.minimum_effect)
    low = leading.low if leading is not None else None
    if verdict.winner is not None and low is not None and low >= comparison.minimum_effect:
        return f"Even the low end of the gain, {points(low)} points, exceeds the agreed minimum of {least}"
    if verdict.winner is not None and low is not None and low > 0:
        return f"The gain may be as small as {points(low)} points, under the agreed minimum of {least}"
    return f"A difference of {least} points or more, shown on new items, would change the decision"


def effort(comparison: Comparison, winner: ArmSummary | None) -> str:
    """What the winner takes."""
    if winner is None or winner.cost_usd_per_1000 is None:
        return "What each option takes, as measured"
    cost = money(winner.cost_usd_per_1000, "USD")
    if winner.train_cost_usd is None:
        return f"{winner.title} takes {cost} of computing per 1,000 requests, and no training"
    once = money(winner.train_cost_usd, "USD")
    return f"{winner.title} takes {cost} of computing per 1,000 requests, and {once} per training run"


def data(intake: Intake | None) -> str:
    """What the check said of the data."""
    if intake is None:
        return "The data and how they were split"
    kept = f"{count(intake.rows_kept)} of {count(intake.rows_in)} rows"
    if not intake.warnings:
        return f"The data were accepted without warnings: {kept}"
    noun = "warning" if len(intake.warnings) == 1 else "warnings"
    return f"The data were accepted with {len(intake.warnings)} {noun}: {kept}"


def unknowns(advice: Recommendation | None) -> str:
    """How many answers nobody has yet."""
    if advice is None:
        return "Risks and assumptions"
    unknown = sum(one.certainty == "unknown" for one in advice.answered)
    assumed = sum(one.certainty == "assumed" for one in advice.answered)
    if not unknown and not assumed:
        return "Every answer is known"
    first, second = (unknown, "unknown"), (assumed, "assumed")
    if not unknown:
        first, second = second, first
    verb = "answer is" if first[0] == 1 else "answers are"
    return f"{first[0]} {verb} {first[1]}, {second[0] or 'none'} {second[1]}"


def reasons(advice: Recommendation) -> str:
    """How one-sided the reasons are."""
    noun = "reason speaks" if len(advice.reasons_for) == 1 else "reasons speak"
    against = len(advice.reasons_against)
    return f"{len(advice.reasons_for)} {noun} for it, {against or 'none'} against"


def flips(advice: Recommendation) -> str:
    """How many single answers would change the advice."""
    if not advice.flips:
        return "No single answer would change the recommendation"
    verb = "answer" if len(advice.flips) == 1 else "different answers"
    return f"{len(advice.flips)} {verb} would each change the recommendation"


def cost(estimated: Cost, *, per: str) -> str:
    """The two likely amounts."""
    once = money(estimated.one_off.likely, estimated.currency)
    running = money(estimated.per_month.likely, estimated.currency)
    return f"About {once} once and {running} {per}, within wide bands"


def ranking(advice: Recommendation) -> str:
    """The margin between first and second."""
    first, second = advice.ranking[0], advice.ranking[1]
    if advice.tied_with:
        return f"{_capital(APPROACHES[first.approach])} and {APPROACHES[second.approach]} are tied"
    gap = points(first.probability - second.probability).removesuffix(".0")
    return (
        f"{_capital(APPROACHES[first.approach])} leads {APPROACHES[second.approach]} by {gap} points of "
        "probability"
    )


def best(comparison: Comparison, *, but: str | None = None) -> ArmSummary | None:
    """The arm with the highest primary metric, one arm left out; None where no arm has a result."""
    scored = [arm for arm in comparison.arms if arm.name != but and value(comparison, arm) is not None]
    return max(scored, key=lambda arm: value(comparison, arm) or 0.0, default=None)


def value(comparison: Comparison, arm: ArmSummary) -> float | None:
    """The primary metric of an arm, or None."""
    score = arm.metrics.get(comparison.metric)
    return score.value if score else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
