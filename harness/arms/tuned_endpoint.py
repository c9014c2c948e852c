"""The plain prompt, put to a model that a vendor has fine-tuned for the task."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness.arms import endpoint
from harness.arms._kind import Arm, Prepared, Work


def prepare(work: Work) -> Prepared:
    """The server under [tuned_endpoint]."""
    return endpoint.prepared(of(work.plan), work)


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
