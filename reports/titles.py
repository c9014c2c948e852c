"""Section titles that state a conclusion, each made of the record it stands above."""

from __future__ import annotations

from advisor.engagement.records.advice import Cost, Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict
from advisor.engagement.records.intake import Finding, Intake

from .numbers import count, in_words, money, points

METRICS = {
    "accuracy": "accuracy",
    "judge": "wins by a judge",
    "macro_f1": "macro-F1",
    "mcc": "Matthews correlation",
    "field_f1": "field F1",
    "slot_f1": "slot F1",
    "sql_match": "same rows from SQL",
    "schema_valid": "JSON that meets its schema",
    "json_valid": "valid JSON",
    "terms": "terms used",
    "placeholders": "placeholders and numbers kept",
    "exact_match": "exact match",
    "normalised_match": "normalised exact match",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF++",
    "token_f1": "token F1",
    "bleu": "BLEU",
    "corpus_chrf": "corpus chrF++",
    "style": "wanted style",
}
"""Titles, those that tell most about an answer first."""
APPROACHES = {
    "prompting": "prompting",
    "rag": "retrieval (RAG)",
    "fine_tuning": "fine-tuning",
    "fine_tuning_rag": "fine-tuning with retrieval (RAG)",
    "not_ready": "not ready",
    "none": "no language model",
}
MISSING = {
    "no_measure": "there is no agreed measure of success",
    "no_data": "there are no examples that show the wanted output",
    "wrong_data": "the examples at hand show something else than the wanted output",
    "not_a_language_problem": "something simpler than a language model does it, or can",
}
"""Why it is not ready, in plain words."""
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
    return f"{top.title} scores highest: {name} {score} of 100 on {items(comparison)} held-out items"


def items(comparison: Comparison) -> int:
    """Held-out items that the primary metric says something of."""
    found = [arm.metrics[comparison.metric].n for arm in comparison.arms if comparison.metric in arm.metrics]
    return max(found, default=comparison.n_test)


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
    cost = f"{money(winner.cost_usd_per_1000, 'USD')} of computing {in_words('per 1,000 requests')}"
    if winner.train_cost_usd is None and winner.train_seconds is not None:
        return f"{winner.title} takes {cost}, and training of unknown price"
    if winner.train_cost_usd is None:
        return f"{winner.title} takes {cost}, and no training"
    once = money(winner.train_cost_usd, "USD")
    return f"{winner.title} takes {cost}, and {once} per training run"


def data(intake: Intake | None) -> str:
    """What the check said of the data."""
    if intake is None:
        return "The data and how they were split"
    kept = f"{count(intake.rows_kept)} of {count(intake.rows_in)} rows"
    if intake.status == "rejected":
        return "The data were rejected"
    if not intake.warnings:
        return f"The data were accepted without warnings: {kept}"
    return f"The data were accepted with {found(intake.warnings)}: {kept}"


def found(findings: list[Finding]) -> str:
    """`2 serious findings and 1 warning`; kinds that there are none of are left out."""
    serious = sum(one.severity == "serious" for one in findings)
    numbers = ((serious, "serious finding"), (len(findings) - serious, "warning"))
    return " and ".join(f"{number} {noun}{'s' * (number != 1)}" for number, noun in numbers if number)


def unknowns(advice: Recommendation | None) -> str:
    """How many answers nobody has yet."""
    if advice is None:
        return "Risks and assumptions"
    unknown, assumed = certain(advice, "unknown"), certain(advice, "assumed")
    if not unknown and not assumed:
        return "Every answer is known"
    first, second = (unknown, "unknown"), (assumed, "assumed")
    if not unknown:
        first, second = second, first
    verb = "answer is" if first[0] == 1 else "answers are"
    return f"{first[0]} {verb} {first[1]}, {second[0] or 'none'} {second[1]}"


def certain(advice: Recommendation, certainty: str) -> int:
    """Answers of that certainty."""
    return sum(one.certainty == certainty for one in advice.answered)


def missing(advice: Recommendation) -> str:
    """Why it is not ready; empty where it is."""
    if advice.not_ready_because is None:
        return ""
    if not advice.reasons_for:
        return (
            f"too little is known: {certain(advice, 'unknown')} of {len(advice.answered)} answers are unknown"
        )
    return MISSING[advice.not_ready_because]


def open_questions(advice: Recommendation) -> str:
    """How many unknown answers matter."""
    if not advice.find_out:
        return "Every question has an answer"
    turning = sum(bool(one.could_become) for one in advice.find_out)
    verb = "answer is" if len(advice.find_out) == 1 else "answers are"
    return f"{len(advice.find_out)} {verb} unknown, {turning or 'none'} of them could turn the advice"


def reasons(for_it: int, against: int) -> str:
    """How one-sided the reasons are."""
    if not for_it and not against:
        return "No answer speaks for it or against it yet"
    verb = "reason speaks" if for_it == 1 else "reasons speak"
    return f"{for_it or 'No'} {verb} for it, {against or 'none'} against"


def flips(questions: int) -> str:
    """How many questions would change the advice."""
    if not questions:
        return "No single answer would change the recommendation"
    noun = "question" if questions == 1 else "questions, each on its own,"
    return f"Another answer to {questions} {noun} would change the recommendation"


def roadmap(iterations: int, all_weeks: str) -> str:
    """How many iterations in how many weeks."""
    return f"{iterations} iterations in {all_weeks}"


def risks(advice: Recommendation) -> str:
    """What may go wrong and what was assumed."""
    noun = "risk" if len(advice.risks) == 1 else "risks"
    assumed = certain(advice, "assumed")
    return f"{len(advice.risks) or 'No'} {noun}, and {assumed or 'no'} assumed answer{'s' * (assumed != 1)}"


def models(named: int, barred: int) -> str:
    """How many candidates, and whether a licence stands in the way."""
    told = f"{named} open model{'s' * (named != 1)} to start from"
    if not barred:
        return told
    return f"{told}; the licence of {barred} does not allow commercial use"


def answers(advice: Recommendation) -> str:
    """How sure they are."""
    counted = [(certain(advice, word), word) for word in ("known", "assumed", "unknown")]
    return "The answers: " + ", ".join(f"{number or 'none'} {word}" for number, word in counted)


def cost(estimated: Cost, *, per: str) -> str:
    """The two likely amounts."""
    once = money(estimated.one_off.likely, estimated.currency)
    if not estimated.per_month.high:
        return f"About {once} once, within a wide band, and nothing to run"
    running = money(estimated.per_month.likely, estimated.currency)
    return f"About {once} once and {running} {per}, within wide bands"


def ranking(advice: Recommendation) -> str:
    """The margin between first and second."""
    first, second = advice.ranking[0], advice.ranking[1]
    if advice.tied_with:
        return f"{capital(APPROACHES[first.approach])} and {APPROACHES[second.approach]} are tied"
    gap = points(first.probability - second.probability).removesuffix(".0")
    return (
        f"{capital(APPROACHES[first.approach])} leads {APPROACHES[second.approach]} by {gap} points of "
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


def metric(name: str) -> str:
    """A metric in words; its own name where it has none."""
    return METRICS.get(name, name)


def arm_title(comparison: Comparison, name: str, seed: int | None = None) -> str:
    """An arm in words, with the seed where it ran with several; its own name where it is not compared."""
    arm = next((one for one in comparison.arms if one.name == name), None)
    title = arm.title if arm else name
    return f"{title}, seed {seed}" if seed is not None and arm and len(arm.seeds) > 1 else title


def capital(text: str) -> str:
    """The text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]
