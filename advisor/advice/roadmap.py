"""Three to five iterations, each with the result that decides whether the next one starts.

Weeks and thresholds are our assumptions unless a source is named; the order follows the published guidance:
measure first, the cheapest step first, and no training on a moving target.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.records.advice import Approach, Iteration, Range

from .choosing import Choice, seen
from .weighing import Fact, all_techniques


def roadmap(approach: Approach, choice: Choice, known: Mapping[str, Fact]) -> list[Iteration]:
    """The way from here to something that runs, or to a founded no."""
    if approach == "not_ready":
        return _not_ready(known)
    steps = [_measure(known), _baseline()]
    if approach in ("rag", "fine_tuning_rag"):
        steps.append(_retrieval())
    if approach in ("fine_tuning", "fine_tuning_rag"):
        steps.append(_training(choice))
    return [*steps, _pilot(trained=choice.parameters is not None)]


def _weeks(low: float, likely: float, high: float) -> Range:
    return Range(low=low, likely=likely, high=high)


def _measure(known: Mapping[str, Fact]) -> Iteration:
    if seen(known, "success_measure") in ("test_set", "checker"):
        return Iteration(
            title="Freeze the measure",
            weeks=_weeks(0.5, 1, 2),
            work=[
                "Freeze the test split with `tunecase check` and let nobody tune on it.",
                "Agree on the metric, the target and the smallest gain worth paying for.",
            ],
            gate="The client signs metric, target and smallest worthwhile gain.",
            otherwise="Settle who decides what a good output is before anything is built.",
        )
    return Iteration(
        title="Agree on the measure",
        weeks=_weeks(1, 2, 4),
        work=[
            "Let two experts judge the same 50 inputs apart, settle differences, write the rule down.",
            "Have 200 cases judged by that rule and freeze them as the test split.",
        ],
        gate="The two experts agree on 9 of 10 cases, and 200 cases are frozen.",
        otherwise="Narrow the task until experts agree; without that no result can be called good.",
    )


def _baseline() -> Iteration:
    return Iteration(
        title="Measure the cheapest alternatives",
        weeks=_weeks(1, 2, 3),
        work=[
            "Score the floor, a classical model where there are labels, prompts with and without examples.",
            "Improve the instructions on the validation split until three rounds bring nothing.",
            "Read every failure and sort it: fact missing, form wrong, or input unclear.",
        ],
        gate="The best prompt has a score with an interval, and misses target, price or speed.",
        otherwise="If it reaches all three, stop here and run it: that is the result.",
    )


def _retrieval() -> Iteration:
    return Iteration(
        title="Find the right passage",
        weeks=_weeks(2, 4, 8),
        work=[
            "Write 50 real questions with the passage that answers each.",
            "Index the documents, and measure the search before the answers.",
            "Give each source an owner and a date.",
        ],
        gate="The right passage is among the first five for 9 of 10 questions; answers beat the best prompt.",
        otherwise="Repair chunks, titles and search terms first: better search has lifted answers most.",
    )


def _training(choice: Choice) -> Iteration:
    title = all_techniques()[choice.technique].title
    first = {
        "dpo": "Tune on approved outputs first, then on pairs; measure the two steps apart.",
        "rlhf": "Tune on demonstrations, train the reward model, then optimise; read the top rewards.",
        "distillation": "Let the large model write outputs, have a sample checked, then train the small one.",
        "continued_pretraining": "Read a tenth of the text first, mixed with general text; measure the gain.",
        "sft_api": "Ask the provider when the base model retires; then train on 50 to 100 examples.",
    }.get(choice.technique, "Train the smallest model that may do on a tenth of the examples.")
    return Iteration(
        title=f"Train on a slice, then on all: {title}",
        weeks=_weeks(2, 4, 10),
        work=[
            first,
            "Draw the learning curve: if more examples still help, collect more; if the first 50 to 100 "
            "do nothing, rethink the task first.",
            "Train on all examples, with two more seeds for the one that leads.",
        ],
        gate="It beats the best alternative by the agreed gain on the frozen split, corrected for all arms.",
        otherwise="Keep the best alternative; clean or relabel the examples before another attempt.",
    )


def _pilot(*, trained: bool) -> Iteration:
    work = [
        "Run it beside today's way for real users, with a person looking at what goes out.",
        "Log inputs, outputs and corrections; each correction is an example for the next round.",
    ]
    if trained:
        work.append("Compare with the newest base model and a plain prompt every year.")
    return Iteration(
        title="Pilot and hand over",
        weeks=_weeks(3, 6, 12),
        work=work,
        gate="Four weeks at the target on live inputs, a named owner, and a date for the next comparison.",
        otherwise="Go back to the iteration whose failure shows in the log.",
    )


def _not_ready(known: Mapping[str, Fact]) -> list[Iteration]:
    if seen(known, "task_kind") == "not_language" or seen(known, "simpler_method") in ("yes", "in_use"):
        return [_simpler(), _compare_simpler(), _again()]
    return [_measure({}), _collect(), _again()]


def _simpler() -> Iteration:
    return Iteration(
        title="Try the simplest method",
        weeks=_weeks(1, 2, 4),
        work=["Write the rule or query, or fit a tree model or optimiser, on last year's cases."],
        gate="It runs on all of last year's cases.",
        otherwise="Name the cases it cannot decide: only those may need language.",
    )


def _compare_simpler() -> Iteration:
    return Iteration(
        title="Measure it against today",
        weeks=_weeks(1, 2, 3),
        work=["Score it on held-out cases beside today's way, in money where possible."],
        gate="It reaches the target: put it into use.",
        otherwise="Read the failures: those that need text to be understood are another project.",
    )


def _collect() -> Iteration:
    return Iteration(
        title="Collect what shows the goal",
        weeks=_weeks(2, 4, 8),
        work=[
            "Log real inputs, and have 100 outputs written or approved as they should be.",
            "Let two reviewers accept or reject ten drawn at random.",
        ],
        gate="Both reviewers accept 9 of 10.",
        otherwise="Rewrite the guideline with the reviewers and collect again.",
    )


def _again() -> Iteration:
    return Iteration(
        title="Ask again",
        weeks=_weeks(0.2, 0.5, 1),
        work=["Answer the questionnaire with what is known by then: `tunecase advise`."],
        gate="The advice is no longer `not ready`.",
        otherwise="Stop: a founded no is a result.",
    )
