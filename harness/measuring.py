"""How well a model answers validation rows while it is being trained, for the trainers to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.plan import Plan
from harness.arms._kind import Answer, ArmData, Work
from harness.decoding import decoding_of
from harness.metrics.token_f1 import token_f1

MOST_LABELLED = 100
"""Validation rows of one look where labels are scored, which takes one forward pass."""
MOST_WRITTEN = 24
"""Validation rows of one look where text is written, which takes one for each token."""


def measuring(
    plan: Plan, engagement: Engagement, data: ArmData
) -> Callable[[Any, Any], tuple[str, float]] | None:
    """Network and tokenizer to `accuracy` (labels) or `token_f1` (text) and its value, 0 to 1.

    Rows are spread evenly over the validation split; labels are taken as scored, without calibration. None
    where there are no validation rows.
    """
    from harness.prompted import evenly, prepare_with

    labelled = data.task == "classification"
    items = evenly(data.validation, MOST_LABELLED if labelled else MOST_WRITTEN)
    if not items:
        return None
    work = Work(
        data=data,
        instruction=plan.instruction,
        seed=0,
        model=plan.model,
        adapter=None,
        quantised=False,
        max_new_tokens=decoding_of(plan, data, engagement).limit,
        on_progress=silent,
        plan=plan,
        engagement=engagement,
    )

    def measure(network: Any, tokenizer: Any) -> tuple[str, float]:
        from trainers.language.loading import Language

        network.eval()
        language = Language(network, tokenizer, next(network.parameters()).device, plan.model)
        prepared = prepare_with(work, language, (), items)
        scores = [
            _score(answer, example.output, labelled=labelled)
            for batch in prepared.batches
            for example, answer in zip(batch, prepared.answer(batch), strict=True)
        ]
        return ("accuracy" if labelled else "token_f1"), sum(scores) / len(scores)

    return measure


def _score(answer: Answer, target: str, *, labelled: bool) -> float:
    if answer.output is None:
        return 0.0
    if labelled and not answer.logprobs:
        return float(answer.output == target)
    if labelled:
        return float(max(answer.logprobs, key=answer.logprobs.__getitem__) == target)
    return token_f1(answer.output, target)
