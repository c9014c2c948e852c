"""What was measured takes the place of what was guessed; a pure function of answers and records."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import Approach, Measured
from advisor.engagement.records.answers import Answer, Answers
from advisor.engagement.records.comparison import ArmSummary, Comparison, Verdict
from advisor.engagement.records.curve import LearningCurve
from advisor.questionnaire.asking import by_id, in_words

from . import uplift
from .amounts import QUESTION, suffices

SHARES_RIGHT = ("accuracy", "exact_match", "normalised_match", "sql_match")
"""Metrics whose value is a percentage of right outputs, as `score_today` asks for it."""
PROMPTING = ("zero_shot", "few_shot", "optimised_prompt")
TUNED = ("lora", "qlora", "full", "dpo", "rlhf", "distillation", "continued_pretraining", "tuned_endpoint")
ARMS: dict[str, tuple[str, ...]] = {
    "prompting": PROMPTING,
    "rag": ("rag", "endpoint_rag"),
    "fine_tuning": TUNED,
    "fine_tuning_rag": ("lora_rag",),
    "not_ready": (),
}
"""Arms that carry out an approach."""
LIMITS = {"under_1s": 1.0, "1s_to_10s": 10.0}
"""Seconds that an answer to `latency` allows."""


class Evidence(NamedTuple):
    """Records of the engagement's own runs; each is None where it was not written."""

    comparison: Comparison | None = None
    """Arms side by side."""
    verdict: Verdict | None = None
    """What followed from it."""
    curve: LearningCurve | None = None
    """How the score grew with the rows."""


NOTHING = Evidence()


def replaced(answers: Answers, evidence: Evidence) -> tuple[Answers, list[Measured]]:
    """The answers with measured ones in the place of guessed ones, and what was measured."""
    compared = evidence.comparison
    curve = _of_curve(evidence.curve, answers)
    if compared is None:
        return answers, curve
    found = [_score(compared, arm, answers) for arm in compared.arms if compared.metric in arm.metrics]
    for one in found:
        if one.question and one.value is not None:
            score = Answer(value=round(100 * one.value, 1), note=f"measured: {one.what}")
            answers = answers.with_answer(one.question, score)
    found += _of_uplift(compared, answers)
    return answers, [*found, *_of_verdict(compared, evidence.verdict), *curve]


def running(approach: Approach, evidence: Evidence) -> list[Measured]:
    """Measured cost and waiting of the approach's best ranked arm on validation."""
    compared = evidence.comparison
    arms = [] if compared is None else [one for one in compared.arms if one.name in ARMS[approach]]
    if compared is None or not arms:
        return []
    arm = max(arms, key=lambda one: -1.0 if one.validation is None else one.validation)
    amounts = (
        ("1,000 requests cost USD {:.2g}", "USD per 1,000 requests", arm.cost_usd_per_1000),
        ("half of the answers take up to {:.2g} s", "seconds", arm.p50_seconds),
        ("19 of 20 answers take up to {:.2g} s", "seconds", arm.p95_seconds),
    )
    return [
        Measured(
            what=f"{arm.title}: {words.format(value)}",
            unit=unit,
            value=value,
            n=compared.n_test,
            runs=arm.runs,
        )
        for words, unit, value in amounts
        if value is not None
    ]


def too_slow(approach: Approach, answers: Answers, evidence: Evidence) -> list[str]:
    """A risk in a sentence where measured waiting is above what the answers allow."""
    limit = LIMITS.get(str(answers.value("latency")))
    waits = [one for one in running(approach, evidence) if one.what.split(": ")[-1].startswith("19 of 20")]
    return [
        f"{one.what}, measured on the machine of the comparison; the answers allow {limit:g} s."
        for one in waits
        if limit is not None and one.value is not None and one.value > limit
    ]


def _score(compared: Comparison, arm: ArmSummary, answers: Answers) -> Measured:
    score = arm.metrics[compared.metric]
    ranked = arm.name not in {entry["name"] for entry in compared.excluded}
    replaces = arm.name == compared.baseline and ranked and compared.metric in SHARES_RIGHT
    ends = "" if score.low is None or score.high is None else f" ({score.low:.3f} to {score.high:.3f})"
    number = "no number" if score.value is None else f"{score.value:.3f}{ends}"
    return Measured(
        what=f"{arm.title}: {compared.metric} {number}, n = {score.n}"
        + ("" if ranked else "; not ranked, too many requests failed"),
        question="score_today" if replaces and score.value is not None else "",
        before=in_words(by_id()["score_today"], answers.value("score_today")) if replaces else "",
        unit="share" if compared.metric in SHARES_RIGHT else compared.metric,
        value=score.value,
        low=score.low,
        high=score.high,
        n=score.n,
        runs=arm.runs,
    )


def _of_uplift(compared: Comparison, answers: Answers) -> list[Measured]:
    """Of the tuned arm that is best on validation, against the best prompting arm."""
    gains = {one.b: one for one in compared.differences if one.a == compared.baseline}
    arms = [arm for arm in compared.arms if arm.name in TUNED and arm.name in gains]
    if not arms:
        return []
    arm = max(arms, key=lambda one: -1.0 if one.validation is None else one.validation)
    kind = answers.value("task_kind")
    return uplift.updated(
        None if kind is None else str(kind), compared.n_train, gains[arm.name], runs=arm.runs
    )


def _of_verdict(compared: Comparison, verdict: Verdict | None) -> list[Measured]:
    if verdict is None or verdict.winner is None:
        return []
    arm = next((one for one in compared.arms if one.name == verdict.winner), None)
    gain = next(
        (one for one in compared.differences if (one.a, one.b) == (compared.baseline, verdict.winner)), None
    )
    return [
        Measured(
            what=f"The comparison's winner is {arm.title if arm else verdict.winner}: {verdict.sentence}",
            unit=f"difference in {compared.metric}",
            value=gain.value if gain else None,
            low=gain.low if gain else None,
            high=gain.high if gain else None,
            n=gain.n if gain else compared.n_test,
            runs=arm.runs if arm else [],
        )
    ]


def _of_curve(curve: LearningCurve | None, answers: Answers) -> list[Measured]:
    if curve is None or not curve.points:
        return []
    last = curve.points[-1]
    rules = suffices(curve) is not None
    return [
        Measured(
            what=f"More rows: {curve.answer}",
            replaces="the rule by the number of examples" if rules else "",
            before=in_words(by_id()[QUESTION], answers.value(QUESTION)) if rules else "",
            unit="rows",
            value=curve.needed,
            low=curve.needed_low,
            high=curve.needed_high,
            n=last.score.n,
            runs=last.runs,
        )
    ]
