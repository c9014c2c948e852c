"""Passages found in the client's documents, put with each row to the model behind the endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan
from harness.arms import endpoint
from harness.arms._kind import Arm, Prepared, Work

NAME = "endpoint_rag"


def prepare(work: Work) -> Prepared:
    """The server under [endpoint], with the search that `rag` has."""
    from harness.retrieval.asking import grounds

    server = endpoint.of(work.plan, NAME)
    return endpoint.prepared(server, work, grounds(work.plan, work.engagement, work.data, arm=NAME))


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """The server and its model, the documents and how they are searched."""
    from harness.retrieval.asking import settings as searched

    server = endpoint.identity(endpoint.of(plan, NAME), plan)
    return {**server, **searched(plan, engagement, arm=NAME)}


ARM = Arm(
    name=NAME,
    title="RAG with the model behind an endpoint",
    approach="rag",
    method=None,
    needs_model=False,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
    retrieves=True,
    remote=True,
)
