"""The winner rule as a table, and sentences that never say what the numbers do not."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.catalogue import stems
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Word
from advisor.engagement.records.runs import Estimate
from harness import metrics
from harness.judging import decide, judge
from harness.winning import find_winner

N = 200
TITLES = {
    "floor": "Most frequent answer",
    "classical": "TF-IDF with logistic regression",
    "zero_shot": "Prompting without examples",
    "few_shot": "Prompting with examples",
    "lora": "LoRA fine-tuning",
    "full": "Full fine-tuning",
}
NAMES = {title.lower(): name for name, title in TITLES.items()}
COSTS = {"floor": 0.0, "classical": 0.01, "zero_shot": 1.0, "few_shot": 3.0, "lora": 1.02, "full": 1.5}


def word_of(low: float, high: float) -> Word:
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "not worse" if low > -0.02 else "not shown to differ"


def summary(name: str, value: float | None) -> ArmSummary:
    reach = 0.05
    estimate = Estimate(
        value=value,
        low=None if value is None else max(0.0, value - reach),
        high=None if value is None else min(1.0, value + reach),
        n=N if value is not None else 0,
    )
    return ArmSummary(
        name=name,
        title=TITLES[name],
        seeds=[0],
        metrics={"accuracy": estimate},
        validation=value,
        failed=0,
        unparsed=0,
        cost_usd_per_1000=COSTS[name],
        p50_seconds=COSTS[name] / 100,
        p95_seconds=COSTS[name] / 50,
        train_seconds=60.0 if name in ("lora", "full") else None,
        train_cost_usd=None,
        peak_memory_gib=None,
        word="baseline" if name == "few_shot" else "not ranked",
    )


def pair(a: str, b: str, values: dict[str, float], reach: float) -> Difference:
    value = values[b] - values[a]
    low, high = value - reach, value + reach
    return Difference(
        metric="accuracy",
        a=a,
        b=b,
        value=value,
        low=low,
        high=high,
        p=0.001 if low > 0 or high < 0 else 0.5,
        p_adjusted=0.001 if low > 0 or high < 0 else 0.5,
        n=N,
        discordant=40,
        fixed=20,
        broken=20,
        method="table",
        minimum_detectable=0.09,
        word=word_of(low, high),
    )


def comparison(
    values: dict[str, float], *, reach: float = 0.03, baseline: str | None = "few_shot", **changes: object
) -> Comparison:
    """Every arm against every other, each interval as wide as the next."""
    differences = [pair(a, b, values, reach) for a in values for b in values if a != b]
    fields: dict[str, object] = {
        "metric": "accuracy",
        "baseline": baseline,
        "arms": [summary(name, value) for name, value in values.items()],
        "differences": differences,
        "excluded": [],
        "minimum_effect": 0.05,
        "margin": 0.02,
        "labels": ["a", "b"],
        "n_test": N,
        "n_train": 600,
        "n_validation": 100,
        "plan_digest": "",
        "deviations": [],
        "provenance": {},
        **changes,
    }
    return Comparison(**fields)  # type: ignore[arg-type]


def winner(values: dict[str, float], **changes: object) -> str | None:
    found = find_winner(comparison(values, **changes))  # type: ignore[arg-type]
    return found.name if found else None


@pytest.mark.parametrize(
    ("values", "reach", "expected"),
    [
        # a gain beyond the minimum wins
        ({"few_shot": 0.6, "lora": 0.9}, 0.03, "lora"),
        # of two gains the better one, where the other is shown worse
        ({"few_shot": 0.6, "lora": 0.75, "full": 0.9}, 0.03, "full"),
        # a cheaper gain that is not worse than the best
        ({"few_shot": 0.6, "lora": 0.899, "full": 0.9}, 0.015, "lora"),
        # not shown to differ is not enough to replace the best
        ({"few_shot": 0.6, "lora": 0.88, "full": 0.9}, 0.03, "full"),
        # a baseline without a language model may win
        ({"few_shot": 0.6, "classical": 0.9, "lora": 0.7}, 0.03, "classical"),
        # cheap and not worse than the best, although dear arms gain too
        ({"few_shot": 0.6, "classical": 0.899, "lora": 0.9}, 0.015, "classical"),
        # a shown difference below the minimum is no gain; the baseline does not stand while more is possible
        ({"few_shot": 0.6, "lora": 0.64}, 0.03, None),
        # nothing can reach the minimum: prompting is enough
        ({"zero_shot": 0.6, "lora": 0.61}, 0.025, "zero_shot"),
        # a trained arm that is not worse may replace a dearer prompt
        ({"few_shot": 0.6, "lora": 0.61}, 0.025, "lora"),
        # every rival is worse: prompting is enough
        ({"few_shot": 0.6, "floor": 0.2, "lora": 0.4}, 0.03, "few_shot"),
        # a cheaper arm that is not worse than a standing baseline
        ({"few_shot": 0.6, "zero_shot": 0.6, "lora": 0.5}, 0.015, "zero_shot"),
        # floor as good as prompting: nothing was learned
        ({"floor": 0.5, "few_shot": 0.5}, 0.015, "floor"),
        # wide intervals decide nothing
        ({"few_shot": 0.6, "lora": 0.62, "floor": 0.58}, 0.2, None),
        # no gain: an arm dearer than prompting cannot win
        ({"zero_shot": 0.6, "full": 0.601}, 0.015, "zero_shot"),
    ],
)
def test_the_winner_rule(values: dict[str, float], reach: float, expected: str | None) -> None:
    baseline = "few_shot" if "few_shot" in values else "zero_shot"
    assert winner(values, reach=reach, baseline=baseline) == expected


@pytest.mark.parametrize(("floor", "works"), [(0.02, False), (0.01, False), (0.0, True)])
def test_a_winner_that_does_not_beat_the_most_frequent_answer_is_not_called_enough(
    floor: float, works: bool
) -> None:
    values = {"zero_shot": 0.03, "floor": floor}
    found = judge(comparison(values, reach=0.025, baseline="zero_shot"), None)
    assert found.winner == "zero_shot"
    assert ("is enough" in found.because) == works
    assert ("nothing here is shown to work yet" in found.because) != works
    assert found.next_step.startswith("improve") != works


def test_without_a_baseline_nobody_wins() -> None:
    assert winner({"lora": 0.9, "classical": 0.5}, baseline=None) is None
    verdict = judge(comparison({"lora": 0.9, "classical": 0.5}, baseline=None), None)
    assert "few_shot" in verdict.next_step


def test_an_excluded_arm_cannot_win() -> None:
    out = [{"name": "lora", "why": "9 of 200 requests failed (4.5%)"}]
    values = {"few_shot": 0.6, "lora": 0.9, "floor": 0.2}
    assert winner(values, excluded=out) == "few_shot"
    assert any("4.5%" in caveat for caveat in judge(comparison(values, excluded=out), None).caveats)


@pytest.mark.parametrize(
    ("arm", "approach", "advised", "decision"),
    [
        ("lora", "fine_tuning", "fine_tuning", "confirmed"),
        ("lora", "fine_tuning", "prompting", "overturned"),
        ("classical", "none", "prompting", "overturned"),
        (None, None, "prompting", "inconclusive"),
        ("lora", "fine_tuning", None, "no_advice"),
        (None, None, None, "no_advice"),
    ],
)
def test_the_decision(arm: str | None, approach: str | None, advised: str | None, decision: str) -> None:
    assert decide(summary(arm, 0.9) if arm else None, approach, advised) == decision


def test_the_sentence_states_level_difference_interval_and_n() -> None:
    verdict = judge(comparison({"few_shot": 0.6, "lora": 0.91}), None)
    assert verdict.sentence == (
        "LoRA fine-tuning classifies 91 of 100 inputs right, 31 points more than the best prompting arm, "
        "prompting with examples (95 % interval 28 to 34, n=200)"
    )


def test_classical_is_named_when_it_does_better_than_every_model() -> None:
    verdict = judge(comparison({"few_shot": 0.6, "classical": 0.9, "lora": 0.7}), None)
    assert (
        "TF-IDF with logistic regression does better than every language model arm: use it."
        in verdict.because
    )


def test_a_model_that_does_not_beat_classical_is_told_so() -> None:
    verdict = judge(comparison({"few_shot": 0.6, "classical": 0.88, "lora": 0.9}), None)
    assert verdict.winner == "lora"
    assert "is not shown to lose to it" in verdict.because


def test_an_inconclusive_verdict_says_how_many_items_would_settle_it() -> None:
    verdict = judge(comparison({"few_shot": 0.6, "lora": 0.64}), None)
    assert verdict.winner is None
    assert verdict.needed_n is not None
    assert verdict.needed_n > N
    assert f"{verdict.needed_n:,}" in verdict.next_step


@pytest.mark.parametrize("name", stems(metrics))
def test_a_verdict_can_be_worded_for_every_metric(name: str) -> None:
    found = comparison({"few_shot": 0.6, "lora": 0.9})
    arms = [msgspec.structs.replace(arm, metrics={name: arm.metrics["accuracy"]}) for arm in found.arms]
    sentence = judge(msgspec.structs.replace(found, metric=name, arms=arms), None).sentence
    assert sentence.startswith("LoRA fine-tuning ")
    assert re.search(r" 90 of 100\b| 0\.900, ", sentence)
    assert ", 30 points more than the best prompting arm" in sentence
    if name == "chrf":
        assert "reaches a chrF++ of 0.900" in sentence


@settings(deadline=None, max_examples=300)
@given(
    values=st.fixed_dictionaries(
        {"few_shot": st.floats(0, 1)},
        optional={name: st.floats(0, 1) for name in TITLES if name != "few_shot"},
    ),
    reach=st.sampled_from([0.005, 0.015, 0.03, 0.1, 0.3]),
)
def test_a_verdict_never_contradicts_its_numbers(values: dict[str, float], reach: float) -> None:
    compared = comparison(values, reach=reach)
    verdict = judge(compared, None)
    against = {one.b: one for one in compared.differences if one.a == "few_shot"}
    if verdict.winner in (None, "few_shot"):
        assert not any(one.word == "better" and (one.value or 0) >= 0.05 for one in against.values())
    else:
        assert f"{100 * values[verdict.winner]:.1f}".removesuffix(".0") in verdict.sentence
    if verdict.winner in ("lora", "full"):
        assert against[verdict.winner].word in ("better", "not worse")
    for amount, direction in re.findall(r"([\d.]+) points (more|fewer) than", verdict.sentence):
        named = re.search(r"promising, ([^,]+), scores", verdict.sentence)
        arm = NAMES[named[1].lower()] if named else verdict.winner
        value = against[str(arm)].value or 0.0
        assert abs(abs(100 * value) - float(amount)) <= 0.051
        assert float(amount) == 0 or (direction == "more") == (value > 0)
    if "does better than every language model arm" in verdict.because:
        assert all(
            values["classical"] > value
            for name, value in values.items()
            if name not in ("floor", "classical")
        )
    if verdict.winner is not None and "it is not worse" in verdict.because:
        best = max(values, key=lambda name: values[name])
        assert values[verdict.winner] > values[best] - 0.02
