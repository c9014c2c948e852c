"""A model trained with the method lora on rows that hold the passages found for them, asked the same way."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan
from harness.arms._kind import Arm, Prepared, Work


def prepare(work: Work) -> Prepared:
    """The trained model, passages in front of each input."""
    from harness.prompted import trained_of
    from harness.retrieval.answering import prepare_grounded

    return prepare_grounded(work, trained_of(work), arm="lora_rag")


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """The documents and how they are searched."""
    from harness.retrieval.asking import settings as searched

    return searched(plan, engagement, arm="lora_rag")


ARM = Arm(
    name="lora_rag",
    title="LoRA fine-tuning with RAG",
    approach="fine_tuning_rag",
    method="lora",
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
    retrieves=True,
)
