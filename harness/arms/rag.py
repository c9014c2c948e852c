"""The task in words with passages found in the client's documents."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan
from harness.arms._kind import Arm, Prepared, Work


def prepare(work: Work) -> Prepared:
    """The base model, passages in front of each input."""
    from harness.prompted import language_of
    from harness.retrieval.answering import prepare_grounded

    return prepare_grounded(work, language_of(work), arm="rag")


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """The documents and how they are searched."""
    from harness.retrieval.asking import settings as searched

    return searched(plan, engagement, arm="rag")


ARM = Arm(
    name="rag",
    title="RAG",
    approach="rag",
    method=None,
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
    retrieves=True,
)
