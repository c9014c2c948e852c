"""The best of several wordings, with or without worked examples, found on validation within a budget."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan
from harness.arms._kind import Arm, Prepared, Work
from harness.arms.few_shot import options
from harness.choosing import Option, choose, prepared_with
from harness.shots import none
from harness.variants import variants


def prepare(work: Work) -> Prepared:
    """First the wording, without examples; then the examples, with the best wording."""
    from harness.prompted import language_of

    language = language_of(work)
    budget = work.plan.prompting
    wordings = [
        Option(one.told, one.instruction, none, shared=True)
        for one in variants(work, language, most=budget.wordings, proposals=budget.proposals)
    ]
    wording = choose(work, language, wordings, stage="optimised_prompt")
    bare = wording.option._replace(told="no examples")
    best = choose(
        work, language, [bare, *options(work, bare.instruction)], stage="optimised_prompt, examples"
    )
    prepared = prepared_with(work, language, best.option, work.items)
    choices = {
        "wording": f"{wording.option.told}; {wording.told}",
        "examples": f"{best.option.told}; {best.told}",
        **prepared.choices,
    }
    return Prepared(prepared.batches, prepared.answer, choices, prepared.prompt)


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """The budget of the search."""
    return {"wordings": str(plan.prompting.wordings), "proposals": str(plan.prompting.proposals)}


ARM = Arm(
    name="optimised_prompt",
    title="Prompting with a searched prompt",
    approach="prompting",
    method=None,
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
)
