"""The plain prompt, put to a model that a vendor has fine-tuned for the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from advisor.engagement import digests
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness.arms import endpoint
from harness.arms._kind import Arm, Prepared, Work


def prepare(work: Work) -> Prepared:
    """The server under [tuned_endpoint], and where its model has learnt."""
    server = of(work.plan)
    told = {"tuned": tuned(work, server.model)}
    found = endpoint.prepared(server, work)
    return replace(found, choices=found.choices | told)


def tuned(work: Work, model: str) -> str:
    """What the model learnt and what was sent for it; refused where that is not what is learnt here."""
    made = next((one for one in work.engagement.hosted_results() if one.model == model), None)
    if made is None:
        return "not by `tunecase tune` here: whether it has learnt rows of the test split is not known"
    if made.data and made.data != digests.of_records([*work.data.train, *work.data.validation]):
        raise PlanError(
            f"{model} was tuned on other rows than the present training rows: it may have learnt test rows",
            fix="run `tunecase tune --add-to-plan` again, or go back to the earlier splits and limit",
        )
    return (
        f"{made.base}, {made.settings.epochs} epochs at {made.host}, where {made.rows} training and "
        f"{made.rows_validation} validation rows were sent"
    )


def of(plan: Plan) -> EndpointSettings:
    """The tuned model, which has to be named."""
    if plan.tuned_endpoint is None:
        raise PlanError(
            "the arm tuned_endpoint asks a model that was tuned at a vendor, and the plan names none",
            fix="run `tunecase tune --vendor VENDOR --add-to-plan`",
        )
    return plan.tuned_endpoint


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """What names the answers."""
    return endpoint.identity(of(plan), plan)


ARM = Arm(
    name="tuned_endpoint",
    title="model fine-tuned at a vendor",
    approach="fine_tuning",
    method=None,
    needs_model=False,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
    remote=True,
)
