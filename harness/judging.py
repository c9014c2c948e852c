"""From a comparison to a verdict: one winner rule, one vocabulary, sentences made of the numbers they state."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement.catalogue import find
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Decision, Difference, Verdict
from harness import arms
from harness.arms._kind import Arm
from harness.statistics.power import needed_n

SIMPLER = ("floor", "classical", "zero_shot", "few_shot", "qlora", "lora", "full")
SMALL_TEST = 100


def judge(comparison: Comparison, recommendation: Recommendation | None) -> Verdict:
    """The verdict on the advice; a pure function of both records."""
    winner = find_winner(comparison)
    approach = find(arms, Arm, winner.name).approach if winner else None
    advised = recommendation.approach if recommendation else None
    decision = decide(winner, approach, advised)
    return Verdict(
        decision=decision,
        winner=winner.name if winner else None,
        winner_approach=approach,
        advised=advised,
        sentence=sentence(comparison, winner),
        because=_because(comparison, winner, decision, advised),
        needed_n=None if winner else _needed(comparison),
        caveats=_caveats(comparison),
        next_step=_next_step(comparison, winner, approach, decision),
    )


def decide(winner: ArmSummary | None, approach: str | None, advised: str | None) -> Decision:
    """confirmed, overturned, inconclusive, or no_advice where nothing was advised."""
    if advised is None:
        return "no_advice"
    if winner is None:
        return "inconclusive"
    return "confirmed" if approach == advised else "overturned"


def find_winner(comparison: Comparison) -> ArmSummary | None:
    """The winning arm, or none.

    First, arms better than the baseline by at least the minimum effect: the best of them, unless a cheaper
    one is not worse than it. Where there is no such arm, the cheapest arm shown not worse than the best;
    the best stands alone only if every other arm is shown worse.
    """
    ranked = _ranked(comparison)
    if not ranked:
        return None
    gains = [arm for arm in ranked if _gains(comparison, arm)]
    best = max(gains or ranked, key=lambda arm: (_value(comparison, arm), -_simplicity(arm)))
    rivals = gains or ranked
    level = [arm for arm in rivals if arm is not best and _not_worse(comparison, arm, best)]
    if gains or level:
        return min([best, *level], key=lambda arm: (_price(arm), _simplicity(arm)))
    others = [arm for arm in ranked if arm is not best]
    alone = all(_shown_worse(comparison, arm, best) for arm in others)
    return best if others and alone else None


def sentence(comparison: Comparison, winner: ArmSummary | None) -> str:
    """The decision in one sentence, with one number and its interval."""
    if winner is None:
        return _undecided(comparison)
    score = winner.metrics[comparison.metric]
    level = f"{winner.title} reaches {_percent(score.value)} {_metric(comparison)} ({_span(score.low, score.high)}, n={score.n})"
    found = _against_baseline(comparison, winner.name)
    if winner.name == comparison.baseline or found is None or found.value is None:
        return f"{level}; nothing else is worth more"
    rival = _title(comparison, comparison.baseline)
    amount = f"{_points(abs(found.value))} {'more' if found.value >= 0 else 'less'}"
    return (
        f"{winner.title} reaches {_percent(score.value)} {_metric(comparison)}, {amount} than {_lower(rival)} "
        f"(95 % interval {_signed(found.low)} to {_signed(found.high)} points, n={found.n})"
    )


def _undecided(comparison: Comparison) -> str:
    gaps = [d for d in comparison.differences if d.a == comparison.baseline and d.value is not None]
    if not gaps:
        return "No arm could be compared with a prompting baseline"
    top = max(gaps, key=lambda d: d.value or 0.0)
    return (
        f"No arm is shown to be worth its price: {_lower(_title(comparison, top.b))} differs from "
        f"{_lower(_title(comparison, top.a))} by {_signed(top.value)} points "
        f"(95 % interval {_signed(top.low)} to {_signed(top.high)}, n={top.n})"
    )


def _because(
    comparison: Comparison, winner: ArmSummary | None, decision: Decision, advised: str | None
) -> str:
    parts = []
    if winner is None:
        parts.append(
            f"No arm is better than the best prompting arm by {_points(comparison.minimum_effect)} or more, "
            "and none is shown not worse than the best arm."
        )
    elif _gains(comparison, winner):
        parts.append(f"The difference exceeds the agreed minimum of {_points(comparison.minimum_effect)}.")
    else:
        parts.append(
            f"No arm beats the best prompting arm by {_points(comparison.minimum_effect)} or more; "
            "among the arms not shown to lose, this one costs least."
        )
    if winner is not None:
        parts.append(_plainly(comparison, winner))
    if decision in ("confirmed", "overturned") and advised is not None:
        parts.append(f"The advice was {advised.replace('_', '-')}: {decision}.")
    return " ".join(part for part in parts if part)


def _plainly(comparison: Comparison, winner: ArmSummary) -> str:
    """What has to be said aloud: a baseline without a language model wins, or is not beaten."""
    if winner.name == "floor":
        return "Always giving the most frequent answer does as well as any model here."
    if winner.name == "classical":
        return "No language model is needed: TF-IDF with logistic regression does this job."
    classical = next((arm for arm in _ranked(comparison) if arm.name == "classical"), None)
    if classical is not None and _value(comparison, classical) >= _value(comparison, winner):
        score = classical.metrics[comparison.metric]
        return f"TF-IDF with logistic regression scores {_percent(score.value)}, no less: weigh it before any model."
    return ""


def _next_step(
    comparison: Comparison, winner: ArmSummary | None, approach: str | None, decision: Decision
) -> str:
    if winner is None:
        needed = _needed(comparison)
        if needed is not None and needed > comparison.n_test:
            return f"add held-out rows up to about {needed:,} and run `tunecase compare` again"
        return "improve the prompt or the data, then run `tunecase compare` again"
    if winner.name in ("floor", "classical"):
        return "compare a stronger base model with --model before paying for one"
    if decision == "overturned":
        return "correct the answers behind the advice, run `tunecase advise`, and show both in the report"
    if approach == "fine_tuning":
        return "write the report with `tunecase report`, then repeat with the client's base model and three seeds"
    return "write the report with `tunecase report`"


def _needed(comparison: Comparison) -> int | None:
    """Items that would show the minimum effect at the discordance seen in the most promising contrast."""
    gaps = [
        d for d in comparison.differences if d.a == comparison.baseline and d.discordant is not None and d.n
    ]
    if not gaps:
        return None
    top = max(gaps, key=lambda d: d.value or 0.0)
    return needed_n((top.discordant or 0) / top.n, comparison.minimum_effect)


def _caveats(comparison: Comparison) -> list[str]:
    notes = []
    trained = [arm for arm in comparison.arms if arm.train_seconds is not None]
    if any(len(arm.seeds) == 1 for arm in trained):
        notes.append("Trained arms ran with one seed: another seed can move them by points.")
    if comparison.n_test < SMALL_TEST:
        notes.append(f"The test split has {comparison.n_test} items: intervals are wide.")
    machine = comparison.provenance.get("machine") or {}
    if isinstance(machine, dict) and machine.get("device") == "cpu":
        notes.append("Times and costs were measured on a CPU; a server with a GPU has others.")
    if comparison.provenance.get("model") == "starter":
        notes.append(
            "The base model is the bundled starter model, made for demonstration: repeat with the client's model."
        )
    notes += [f"The plan changed after the first prediction: {change}." for change in comparison.deviations]
    notes += [f"{entry['name']} is not ranked: {entry['why']}." for entry in comparison.excluded]
    return notes


def _ranked(comparison: Comparison) -> list[ArmSummary]:
    left_out = {entry["name"] for entry in comparison.excluded}
    return [
        arm
        for arm in comparison.arms
        if arm.name not in left_out
        and comparison.metric in arm.metrics
        and arm.metrics[comparison.metric].value is not None
    ]


def _value(comparison: Comparison, arm: ArmSummary) -> float:
    return arm.metrics[comparison.metric].value or 0.0


def _gains(comparison: Comparison, arm: ArmSummary) -> bool:
    found = _against_baseline(comparison, arm.name)
    if found is None or found.value is None:
        return False
    return found.word == "better" and found.value >= comparison.minimum_effect


def _against_baseline(comparison: Comparison, name: str) -> Difference | None:
    return _between(comparison.differences, comparison.baseline, name)


def _between(differences: Sequence[Difference], a: str | None, b: str) -> Difference | None:
    return next((d for d in differences if d.a == a and d.b == b), None)


def _not_worse(comparison: Comparison, arm: ArmSummary, best: ArmSummary) -> bool:
    low = _low_of(comparison, arm, best)
    return low is not None and low > -comparison.margin


def _shown_worse(comparison: Comparison, arm: ArmSummary, best: ArmSummary) -> bool:
    forward = _between(comparison.differences, best.name, arm.name)
    if forward is not None:
        return forward.word == "worse"
    back = _between(comparison.differences, arm.name, best.name)
    return back is not None and back.word == "better"


def _low_of(comparison: Comparison, arm: ArmSummary, best: ArmSummary) -> float | None:
    """Low end of arm minus best, from whichever direction was computed."""
    forward = _between(comparison.differences, best.name, arm.name)
    if forward is not None:
        return forward.low
    back = _between(comparison.differences, arm.name, best.name)
    return None if back is None or back.high is None else -back.high


def _price(arm: ArmSummary) -> float:
    """Money where it is known, else time; an arm with neither is the dearest."""
    if arm.cost_usd_per_1000 is not None:
        return arm.cost_usd_per_1000
    return arm.p50_seconds if arm.p50_seconds is not None else float("inf")


def _simplicity(arm: ArmSummary) -> int:
    return SIMPLER.index(arm.name) if arm.name in SIMPLER else len(SIMPLER)


def _title(comparison: Comparison, name: str | None) -> str:
    return next((arm.title for arm in comparison.arms if arm.name == name), str(name))


def _lower(title: str) -> str:
    """A title inside a sentence; names in capitals stay."""
    return (
        title
        if title[:2].isupper() or title.startswith(("TF", "LoRA", "QLoRA"))
        else title[:1].lower() + title[1:]
    )


def _metric(comparison: Comparison) -> str:
    return {"macro_f1": "macro-F1", "exact_match": "exact matches", "token_f1": "token F1"}.get(
        comparison.metric, comparison.metric
    )


def _percent(value: float | None) -> str:
    return "no result" if value is None else f"{100 * value:.0f} %"


def _points(value: float) -> str:
    return f"{100 * value:.0f} points"


def _signed(value: float | None) -> str:
    return "no result" if value is None else f"{100 * value:+.0f}"


def _span(low: float | None, high: float | None) -> str:
    return (
        "no interval" if low is None or high is None else f"95 % interval {100 * low:.0f} to {100 * high:.0f}"
    )
