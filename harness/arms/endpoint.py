"""The plain prompt, put to a model behind an OpenAI-compatible server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness.arms._kind import Answer, Arm, Prepared, Work
from harness.endpoints.client import Reply, ask, client_for
from harness.endpoints.pool import Policy, ask_all
from harness.endpoints.purse import purse_for
from harness.models.thinking import split

LABEL_TOKENS = 32
"""Longest answer where a label is asked for; room for a sentence around it: our choice."""


def prepare(work: Work) -> Prepared:
    """The server under [endpoint]."""
    return prepared(of(work.plan), work)


def prepared(settings: EndpointSettings, work: Work) -> Prepared:
    """A client, a purse that knows what earlier sessions spent, and every row asked once."""
    from trainers.language.prompting import task_messages

    client = client_for(settings.base_url, timeout=settings.deadline)
    purse = purse_for(settings, [(row.tokens_in, row.tokens_out) for row in work.answered])
    limit = _limit(settings, work)

    def one(example: Example) -> Reply:
        messages = task_messages(work.plan.instruction, work.data.labels, example.input)
        return purse.buy(messages, limit, lambda: ask(client, settings.model, messages, max_tokens=limit))

    def stream(items: Sequence[Example]) -> Iterator[tuple[Example, Answer, float]]:
        policy = Policy(tries=settings.tries, at_once=settings.at_once)
        for ended in ask_all(items, one, policy=policy, seed=work.seed):
            answer = _answer(ended.reply, ended.error, work.data.labels, stop=work.plan.generation.stop)
            yield ended.item, answer, ended.seconds

    def answer(batch: Sequence[Example]) -> list[Answer]:
        by_id = {example.id: found for example, found, _ in stream(batch)}
        return [by_id[example.id] for example in batch]

    host = urlsplit(settings.base_url).hostname or ""
    shown = task_messages(work.plan.instruction, work.data.labels, "{input}")
    return Prepared(
        [work.items],
        answer,
        {"server": f"{settings.model} at {host}: {len(work.items)} rows are sent there"},
        "\n\n".join(message.content for message in shown),
        price=purse.price if purse.usd_in or purse.usd_out else None,
        stream=stream,
    )


def of(plan: Plan) -> EndpointSettings:
    """The plan's server, which has to be named."""
    if plan.endpoint is None:
        raise PlanError(
            "the arm endpoint asks a server, and the plan names none",
            fix='add to plan.toml: [endpoint] with base_url = "http://HOST:PORT/v1" and model = "NAME"',
        )
    return plan.endpoint


def settings(plan: Plan, engagement: Engagement) -> Mapping[str, str]:
    """What names the answers."""
    return identity(of(plan), plan)


def identity(found: EndpointSettings, plan: Plan) -> Mapping[str, str]:
    """The server, its model, the task in words and the longest answer."""
    return {
        "base_url": found.base_url,
        "model": found.model,
        "instruction": plan.instruction,
        "max_new_tokens": str(found.max_new_tokens),
    }


def label_of(text: str, labels: Sequence[str]) -> str:
    """The label that an answer names: equal but for case and marks around it, or the only one in it.

    An answer that names none, or several of which none contains the others, comes back as it is.
    """
    plain = text.strip().strip("\"'`.*- \n").casefold()
    for label in labels:
        if label.casefold() == plain:
            return label
    inside = [
        label
        for label in labels
        if re.search(rf"(?<!\w){re.escape(label.casefold())}(?!\w)", text.casefold())
    ]
    longest = max(inside, key=len, default="")
    if longest and all(label.casefold() in longest.casefold() for label in inside):
        return longest
    return text.strip()


def _answer(
    reply: Reply | None, error: str | None, labels: Sequence[str], *, stop: Sequence[str] = ()
) -> Answer:
    if reply is None:
        return Answer(None, error=error, finish_reason="error")
    if reply.finish_reason == "content_filter":
        return Answer(
            "", tokens_in=reply.tokens_in or 0, tokens_out=reply.tokens_out or 0, finish_reason="stop"
        )
    parts = split(reply.text)
    ends = [place for text in stop if (place := parts.answer.find(text)) >= 0]
    text = parts.answer[: min(ends)].strip() if ends else parts.answer
    cut = not parts.closed or (reply.finish_reason == "length" and not ends)
    return Answer(
        label_of(text, labels) if labels else text,
        tokens_in=reply.tokens_in or 0,
        tokens_out=reply.tokens_out or 0,
        finish_reason="length" if cut else "stop",
        thinking=parts.thinking,
    )


def _limit(settings: EndpointSettings, work: Work) -> int:
    if settings.max_new_tokens:
        return settings.max_new_tokens
    return LABEL_TOKENS if work.data.task == "classification" else work.max_new_tokens


ARM = Arm(
    name="endpoint",
    title="model behind an endpoint",
    approach="prompting",
    method=None,
    needs_model=False,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
    settings=settings,
    remote=True,
)
