"""A verdict in sentences: each is made of the numbers it states, so that it cannot contradict them."""

from __future__ import annotations

from advisor.engagement.catalogue import find
from advisor.engagement.records.comparison import ArmSummary, Comparison, Decision, Difference
from harness import arms
from harness.arms._kind import Arm
from harness.constraints import money_of
from harness.winning import between, candidates, gains_enough, ranked_arms, value_of

SMALL_TEST = 100
MANY_CUT = 0.05
"""Share of outputs cut at the limit from which it is said."""
LEVELS = {
    "accuracy": "classifies {percent} of 100 inputs right",
    "bleu": "reaches a BLEU of {value}",
    "chrf": "reaches a chrF++ of {value}",
    "corpus_chrf": "reaches a corpus chrF++ of {value}",
    "exact_match": "answers {percent} of 100 inputs exactly",
    "field_f1": "reaches a field F1 of {value}",
    "judge": "wins {percent} of 100 pairs by the judge, ties counted half",
    "json_valid": "answers {percent} of 100 inputs with valid JSON",
    "macro_f1": "reaches a macro-F1 of {value}",
    "mcc": "reaches a Matthews correlation of {value}",
    "normalised_match": "answers {percent} of 100 inputs exactly, spelling aside",
    "placeholders": "keeps {percent} of 100 placeholders and numbers",
    "rouge_l": "reaches a ROUGE-L of {value}",
    "schema_valid": "answers {percent} of 100 inputs with JSON of the wanted form",
    "slot_f1": "reaches a slot F1 of {value}",
    "sql_match": "gets the wanted rows for {percent} of 100 questions",
    "style": "reaches a score for the wanted style of {value}",
    "terms": "uses {percent} of 100 terms",
    "token_f1": "reaches a token F1 of {value}",
}


def sentence(comparison: Comparison, winner: ArmSummary | None) -> str:
    """The decision in one sentence, with one number and its interval."""
    if winner is None:
        return _undecided(comparison)
    found = between(comparison, comparison.baseline, winner.name)
    if found is None or found.value is None:
        return f"{_level(comparison, winner)}; {_nothing_more(comparison)}"
    rival = f"the best prompting arm, {_title(comparison, found.a)}"
    return f"{winner.title} {_verb(comparison, winner)}, {_amount(found)} than {rival} ({_interval(found)})"


def because(
    comparison: Comparison, winner: ArmSummary | None, *, decision: Decision, advised: str | None
) -> str:
    """Why, in one or two sentences."""
    parts = [_rule(comparison, winner), *_plain_baselines(comparison, winner), *_bill(comparison, winner)]
    if decision in ("confirmed", "overturned") and advised is not None:
        parts.append(f"The advice was {advised.replace('_', ' ')}: {decision}.")
    return " ".join(parts)


def next_step(
    comparison: Comparison,
    winner: ArmSummary | None,
    *,
    approach: str | None,
    decision: Decision,
    needed: int | None,
) -> str:
    """What to do now."""
    if winner is None and comparison.baseline is None:
        return "add few_shot to the arms and run `tunecase compare` again"
    if winner is None and needed is not None and needed > comparison.n_test:
        return f"add held-out rows up to about {needed:,} and run `tunecase compare` again"
    if winner is None:
        return "improve the prompt or the data, then run `tunecase compare` again"
    if unproved(comparison, winner):
        return "improve the prompt, the data or the base model, then run `tunecase compare` again"
    if winner.name in ("floor", "classical"):
        return "compare a stronger base model with --model before paying for one"
    if decision == "overturned":
        return "correct the answers behind the advice, run `tunecase advise`, and show both in the report"
    if approach == "fine_tuning":
        return "repeat with the client's base model and three seeds, then run `tunecase report`"
    return "write the report with `tunecase report`"


def caveats(comparison: Comparison) -> list[str]:
    """What to keep in mind when quoting the numbers."""
    notes = []
    trained = [arm for arm in comparison.arms if arm.train_seconds is not None]
    if any(len(arm.seeds) == 1 for arm in trained):
        notes.append("Trained arms ran with one seed: another seed can move them by points.")
    if any(len(arm.seeds) > 1 for arm in trained):
        notes.append("Differences rest on items and seeds; the interval of one arm rests on its items.")
    if comparison.n_test < SMALL_TEST:
        notes.append(f"The test split has {comparison.n_test} items: intervals are wide.")
    if not comparison.n_validation:
        notes.append("There are no validation rows: the baseline is the simplest prompting arm.")
    notes.append("Nobody has labelled the test split twice: wrong labels cost every arm alike.")
    machine = comparison.provenance.get("machine")
    if isinstance(machine, dict) and machine.get("device") == "cpu":
        notes.append("Times and costs were measured on a CPU; a server with a GPU has others.")
    if comparison.provenance.get("model") == "starter":
        notes.append("The base model is the bundled starter model, made for demonstration.")
    notes += [one.sentence for one in comparison.forgetting if one.word == "forgets"]
    if any(one.word == "cannot be told" for one in comparison.forgetting):
        first = comparison.forgetting[0]
        notes.append(
            f"Whether training costs general ability cannot be told: the base model does {first.before} of "
            f"{first.n} general tasks."
        )
    notes += [f"The plan changed after the first prediction: {change}." for change in comparison.deviations]
    notes += [f"{entry['name']} is not ranked: {entry['why']}." for entry in comparison.excluded]
    notes += [f"{_title(comparison, one['name'])} cannot win: {one['why']}." for one in comparison.aside]
    notes += [
        f"{arm.title}: its server did not count the tokens of {arm.tokens_estimated} answers. They are "
        "estimated from the words, and so is the cost."
        for arm in comparison.arms
        if arm.tokens_estimated
    ]
    notes += _slow_here(comparison)
    notes += _cut_off(comparison)
    notes += comparison.judge.told if comparison.judge else []
    return notes


def _cut_off(comparison: Comparison) -> list[str]:
    """Arms with so many cut outputs that the limit rather than the model may decide."""
    notes = []
    for arm in comparison.arms:
        if arm.answered and arm.truncated >= MANY_CUT * arm.answered:
            where = "while it was still thinking or at" if arm.thought else "at"
            notes.append(
                f"{arm.title}: {arm.truncated} of {arm.answered} outputs were cut {where} the limit and "
                "count as wrong; max_new_tokens under [generation] in plan.toml raises it."
            )
    return notes


def _rule(comparison: Comparison, winner: ArmSummary | None) -> str:
    """Which row of the winner rule decided."""
    least = f"{_number(100 * comparison.minimum_effect)} points"
    if winner is None and comparison.baseline is None:
        return "No prompting arm ran, so nothing can be called a gain."
    if winner is None:
        return (
            f"No {_arm(comparison)} is shown to be {least} better than the best prompting arm, "
            "and none that costs no more is shown not worse than the best."
        )
    gains = [arm for arm in candidates(comparison) if gains_enough(comparison, arm)]
    if not gains:
        start = f"No {_arm(comparison)} is shown to be {least} better than the best prompting arm; "
        if unproved(comparison, winner):
            return start + (
                f"{_in_sentence(winner.title)} costs no more per request, but is not shown to do better than "
                "always giving the most frequent answer: nothing here is shown to work yet."
            )
        return start + f"{_in_sentence(winner.title)} is enough and costs no more per request."
    best = max(gains, key=lambda arm: value_of(comparison, arm))
    found = between(comparison, best.name, winner.name)
    if found is None or value_of(comparison, best) == value_of(comparison, winner):
        return f"The difference is shown, and exceeds the agreed minimum of {least}."
    rival = _in_sentence(best.title)
    return f"Per request it costs no more than {rival}, and it is not worse ({_interval(found)})."


def unproved(comparison: Comparison, winner: ArmSummary) -> bool:
    """Whether the winner was held against the most frequent answer, and is not shown to do better."""
    floor = next((arm for arm in ranked_arms(comparison) if arm.name == "floor"), None)
    if floor is None or winner.name == floor.name:
        return False
    pairs = (floor.name, winner.name), (winner.name, floor.name)
    held = any(between(comparison, *pair) is not None for pair in pairs)
    return held and _word_against(comparison, winner, floor) != "worse"


def _arm(comparison: Comparison) -> str:
    """What is spoken of: every arm, or those that the client's limits leave."""
    return "arm within the client's limits" if comparison.aside else "arm"


def _bill(comparison: Comparison, winner: ArmSummary | None) -> list[str]:
    """What the winner costs a month beside the best prompting arm, and when its training is earned back."""
    money = money_of(comparison, winner) if winner else None
    if money is None:
        return []
    volume = f"At {money.requests_per_month:,.0f} requests a month"
    bill = f"{volume} it costs {_usd(money.usd_per_month)} a month for machines"
    if money.baseline_usd_per_month is None:
        return [f"{bill}."]
    parts = [f"{bill}, the best prompting arm {_usd(money.baseline_usd_per_month)}."]
    if money.break_even_requests is not None:
        parts.append(f"Its training is earned back after {money.break_even_requests:,.0f} requests.")
    elif money.usd_per_extra_right is not None:
        parts.append(f"Each further right answer costs {_usd(money.usd_per_extra_right)}.")
    return parts


def _usd(amount: float) -> str:
    if amount < 0.01:
        return "below USD 0.01"
    return f"USD {amount:,.0f}" if amount >= 100 else f"USD {amount:,.2f}"


def _slow_here(comparison: Comparison) -> list[str]:
    """Arms over the client's limit on a CPU, where that rules nothing out."""
    limit = comparison.limits.seconds
    out = {entry["name"] for entry in comparison.aside}
    if limit is None:
        return []
    timed = [arm for arm in ranked_arms(comparison) if arm.name not in out and arm.p95_seconds is not None]
    slow = [arm.name for arm in timed if (arm.p95_seconds or 0.0) > limit]
    if not slow:
        return []
    return [f"On this machine {', '.join(slow)} took longer than the {limit:g} s that one output may take."]


def _plain_baselines(comparison: Comparison, winner: ArmSummary | None) -> list[str]:
    """What has to be said aloud: a baseline without a language model wins, or is not beaten."""
    ranked = ranked_arms(comparison)
    models = [arm for arm in ranked if find(arms, Arm, arm.name).needs_model]
    classical = next((arm for arm in ranked if arm.name == "classical"), None)
    if not models:
        return []
    if winner is not None and winner.name == "floor":
        return [
            "Always giving the most frequent answer is enough: no model has learned anything useful here."
        ]
    if classical is None:
        return []
    words = [_word_against(comparison, classical, arm) for arm in models]
    if all(word == "worse" for word in words):
        return [f"{classical.title} does better than every language model arm: use it."]
    if winner is classical:
        return [f"No language model arm is shown to beat {classical.title}: use it."]
    if winner is not None and _word_against(comparison, winner, classical) != "worse":
        return [f"{classical.title} is not shown to lose to it: weigh it before paying for a model."]
    return []


def _word_against(comparison: Comparison, one: ArmSummary, other: ArmSummary) -> str:
    """`worse` where the other arm is shown worse than the one, whichever way the pair was computed."""
    forward = between(comparison, one.name, other.name)
    if forward is not None:
        return forward.word
    back = between(comparison, other.name, one.name)
    return "worse" if back is not None and back.word == "better" else "not shown to differ"


def _undecided(comparison: Comparison) -> str:
    top = _closest(comparison)
    if top is None:
        return "No arm could be compared with a prompting baseline"
    return (
        f"No {_arm(comparison)} is shown to be worth its price: "
        f"the most promising, {_title(comparison, top.b)}, scores "
        f"{_amount(top)} than the best prompting arm, {_title(comparison, top.a)} ({_interval(top)})"
    )


def _nothing_more(comparison: Comparison) -> str:
    least = _number(100 * comparison.minimum_effect)
    top = _closest(comparison)
    if top is None:
        return "nothing was compared with it"
    return (
        f"no {_arm(comparison)} is shown to score {least} points more, "
        f"the closest, {_title(comparison, top.b)}, scores "
        f"{_amount(top)} "
        f"({_interval(top)})"
    )


def _closest(comparison: Comparison) -> Difference | None:
    """The most promising contrast with the baseline."""
    allowed = {arm.name for arm in candidates(comparison)}
    found = [
        one
        for one in comparison.differences
        if one.a == comparison.baseline and one.value is not None and one.b in allowed
    ]
    return max(found, key=lambda one: one.value or 0.0, default=None)


def _level(comparison: Comparison, arm: ArmSummary) -> str:
    score = arm.metrics[comparison.metric]
    span = _span(score.low, score.high)
    return f"{arm.title} {_verb(comparison, arm)} (95 % interval {span} in points, n={score.n})"


def _verb(comparison: Comparison, arm: ArmSummary) -> str:
    value = value_of(comparison, arm)
    return LEVELS[comparison.metric].format(percent=_number(100 * value), value=f"{value:.3f}")


def _amount(found: Difference) -> str:
    """`31 points more`, `2 points fewer` or `0 points more or fewer`."""
    assert found.value is not None
    shown = _number(abs(100 * found.value))
    if shown == "0":
        return "0 points more"
    return f"{shown} points {'more' if found.value > 0 else 'fewer'}"


def _interval(found: Difference) -> str:
    return f"95 % interval {_span(found.low, found.high)}, n={found.n}"


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "not known"
    return f"{_number(100 * low)} to {_number(100 * high)}"


def _number(value: float) -> str:
    """One decimal, and none where it is zero."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _title(comparison: Comparison, name: str) -> str:
    """An arm by its title, as it stands inside a sentence."""
    return _in_sentence(next((arm.title for arm in comparison.arms if arm.name == name), name))


def _in_sentence(title: str) -> str:
    """A title inside a sentence: names written in capitals keep them."""
    first = title.split(" ", 1)[0]
    return title if sum(letter.isupper() for letter in first) > 1 else title[:1].lower() + title[1:]
