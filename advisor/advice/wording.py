"""The recommendation in sentences: what it is, what may go wrong, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.engagement.records.advice import Approach, FindOut, Ranked

from .choosing import Choice, seen
from .weighing import Fact, all_approaches, all_techniques

TIED = "It is a tie"


def title(approach: str) -> str:
    """The approach in words."""
    return all_approaches()[approach].title


def sentence(ranking: Sequence[Ranked], tied: Sequence[Approach], *, technique: str) -> str:
    """The recommendation in one sentence, with the runner-up and the margin."""
    first, second = ranking[0], ranking[1]
    if tied:
        names = " and ".join(title(name) for name in (first.approach, *tied))
        shares = ", ".join(f"{one.probability:.0%}" for one in ranking[: len(tied) + 1])
        return f"{TIED} between {names} ({shares}): start with the cheaper and measure."
    what = {
        "prompting": "Stay with prompting",
        "rag": "Build retrieval (RAG)",
        "fine_tuning": f"Fine-tune, with {_technique(technique)}",
        "fine_tuning_rag": f"Build retrieval (RAG) and fine-tune on top, with {_technique(technique)}",
        "not_ready": "Do not build yet",
    }[first.approach]
    return f"{what} ({first.probability:.0%}; next is {title(second.approach)} at {second.probability:.0%})."


def _technique(name: str) -> str:
    return all_techniques()[name].title if name in all_techniques() else name


def risks(approach: Approach, choice: Choice, known: Mapping[str, Fact]) -> list[str]:
    """What may go wrong even if the advice is right."""
    found = list(all_approaches()[approach].risks)
    if choice.parameters is not None:
        found.append(all_techniques()[choice.technique].risk)
    if choice.technique == "sft_api":
        found.append(
            "OpenAI closes self-serve fine-tuning in January 2027: do not start a new project there."
        )
    no_card = seen(known, "hardware") == "none" and seen(known, "data_leaves") == "own_machines"
    if no_card and approach != "not_ready":
        found.append(
            "Data must stay in-house and there is no card: one has to be procured before anything runs."
        )
    if seen(known, "success_measure") in ("opinion", "small_set") and approach != "not_ready":
        found.append("Fewer than 100 agreed cases cannot show a small gain: plan for labelling a test set.")
    return found


def next_steps(approach: Approach, choice: Choice, unknown: Sequence[FindOut]) -> list[str]:
    """What to do, in order."""
    found = []
    worth = [one.question_text for one in unknown if one.could_become][:2]
    if worth:
        found.append(f"Find out: {' '.join(worth)}")
    found.append(all_approaches()[approach].first_step)
    if approach == "not_ready":
        return [*found, "Then run `tunecase advise` again."]
    found.append("Freeze the data and its test split: `tunecase check FILE`.")
    found.append("Compare with the cheap alternatives before deciding: `tunecase compare`.")
    if choice.parameters is not None:
        found.append("Rerun the comparison every year, or when a new base model appears.")
    return found
