"""The recommendation in sentences: what it is, what may go wrong, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.engagement.records.advice import Approach, BaseModel, Cost, FindOut, Ranked
from advisor.engagement.records.answers import Answers
from advisor.questionnaire.criterion import NotReadyBecause

from .choosing import Choice, not_commercial, seen
from .weighing import Fact, all_approaches, all_techniques, facts

TIED = "It is a tie"
OPENAI_CLOSES = "2027-01-06"
"""OpenAI deprecations page, notice of May 2026: from this day no organisation can start a fine-tuning job."""
FIRST: dict[NotReadyBecause, str] = {
    "no_measure": "Let two experts agree on the right output for 20 real inputs; that is the measure.",
    "no_data": "Log real inputs, and have 50 outputs written or approved as they should be.",
    "wrong_data": "Collect outputs that show the goal: ten of them beat thousands of another kind.",
    "not_a_language_problem": "Try the rule, query, optimiser or tree model on last year's cases, measured.",
}
"""What to do first, by what is missing."""


def title(approach: str) -> str:
    """The approach in words."""
    return all_approaches()[approach].title


def sentence(ranking: Sequence[Ranked], tied: Sequence[Approach], *, technique: str) -> str:
    """The recommendation in one sentence, with the runner-up and the margin."""
    first, second = ranking[0], ranking[1]
    if tied:
        names = " and ".join(title(name) for name in (first.approach, *tied))
        shares = ", ".join(percent(one.probability) for one in ranking[: len(tied) + 1])
        return f"{TIED} between {names} ({shares}): start with the cheaper and measure."
    what = {
        "prompting": "Stay with prompting",
        "rag": "Build retrieval (RAG)",
        "fine_tuning": f"Fine-tune, with {_technique(technique)}",
        "fine_tuning_rag": f"Build retrieval (RAG) and fine-tune on top, with {_technique(technique)}",
        "not_ready": "Do not build yet",
    }[first.approach]
    runner_up = f"next is {title(second.approach)} at {percent(second.probability)}"
    return f"{what} ({percent(first.probability)}; {runner_up})."


def percent(share: float) -> str:
    """`42%`; nothing is shown as impossible."""
    return f"{share:.0%}" if share >= 0.005 else "under 1%"


def _technique(name: str) -> str:
    return all_techniques()[name].title if name in all_techniques() else name


def risks(
    approach: Approach, choice: Choice, answers: Answers, *, models: Sequence[BaseModel], bill: Cost
) -> list[str]:
    """What may go wrong even if the advice is right, and what may stand in its way."""
    known = facts(answers)
    found = list(all_approaches()[approach].risks)
    if choice.parameters is not None:
        found.append(all_techniques()[choice.technique].risk)
    found += [
        f"{name} may not be used commercially under its licence: leave it out, or buy another licence."
        for name in not_commercial(models)
    ]
    found += _hosted(choice, known) + _hosting(approach, known)
    if seen(known, "success_measure") in ("opinion", "small_set", "undefined") and approach != "not_ready":
        found.append("Fewer than 100 agreed cases cannot show a small gain: plan for labelling a test set.")
    if seen(known, "error_cost") == "harm":
        found.append(
            "A wrong output can do harm: a person decides until measured accuracy is above break-even."
        )
    return [*found, *_budget(answers, bill)]


def _hosted(choice: Choice, known: Mapping[str, Fact]) -> list[str]:
    found = []
    if choice.technique == "sft_api":
        found.append(
            f"OpenAI closes self-serve fine-tuning for new jobs on {OPENAI_CLOSES}: "
            "do not start a new project there."
        )
    if seen(known, "tried") == "hosted_model":
        found.append(
            "The model changed at a provider ends when its base model is retired; at OpenAI no new job "
            f"starts from {OPENAI_CLOSES} on. Ask for the date, and plan its replacement on open weights."
        )
    return found


def _hosting(approach: Approach, known: Mapping[str, Fact]) -> list[str]:
    no_card = seen(known, "hardware") == "none" and seen(known, "data_leaves") == "own_machines"
    if no_card and approach != "not_ready":
        return ["Data must stay in-house and there is no card: one has to be procured before anything runs."]
    return []


def _budget(answers: Answers, bill: Cost) -> list[str]:
    budget = answers.number("budget")
    volume = answers.number("requests_per_month")
    if budget is None or bill.currency != "USD":
        return []
    first_year = bill.one_off.likely + (12 * bill.per_month.likely if volume is not None else 0.0)
    if first_year <= budget:
        return []
    return [
        f"The likely cost of the first year, USD {first_year:,.0f}, is above the budget of USD {budget:,.0f}."
    ]


def next_steps(
    approach: Approach, choice: Choice, unknown: Sequence[FindOut], because: NotReadyBecause | None
) -> list[str]:
    """What to do, in order."""
    found = []
    worth = [f"{one.question_text} ({one.who})" for one in unknown if one.could_become][:2]
    if worth:
        found.append(f"Find out: {' '.join(worth)}")
    if because is not None:
        return [*found, FIRST[because], "Then run `tunecase advise` again."]
    found.append(all_approaches()[approach].first_step)
    found.append("Freeze the data and its test split: `tunecase check FILE`.")
    found.append("Compare with the cheap alternatives before deciding: `tunecase compare`.")
    if choice.parameters is not None:
        found.append("Rerun the comparison every year, or when a new base model appears.")
    return found
