"""The plain prompt, put to a model behind an OpenAI-compatible server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import EndpointSettings, Plan
from harness.arms._kind import Answer, Arm, Prepared, Work
from harness.endpoints.client import Reply, ask, client_for
from harness.endpoints.expecting import LABEL_TOKENS
from harness.endpoints.pool import Policy, ask_all
from harness.endpoints.purse import purse_for
from harness.intake.token_lengths import count
from harness.models.thinking import split
from harness.retrieval.searching import query_of

if TYPE_CHECKING:
    from harness.retrieval.asking import Grounds


def prepare(work: Work) -> Prepared:
    """The server under [endpoint]."""
    return prepared(of(work.plan), work)


def prepared(settings: EndpointSettings, work: Work, found: Grounds | None = None) -> Prepared:
    """A client, a purse that knows what earlier sessions spent, and every row asked once.

    With `found` each row goes out with its passages.
    """
    from trainers.language.prompting import task_messages

    client = client_for(settings.base_url, timeout=settings.deadline)
    purse = purse_for(settings.model, settings, [(row.tokens_in, row.tokens_out) for row in work.answered])
    limit, labels = _limit(settings, work), work.data.labels

    def one(example: Example) -> Reply:
        asked = found.asked(example) if found else example
        messages = task_messages(work.plan.instruction, work.data.labels, asked.input)
        return purse.buy(messages, limit, lambda: ask(client, settings.model, messages, max_tokens=limit))

    def stream(items: Sequence[Example]) -> Iterator[tuple[Example, Answer, float]]:
        policy = Policy(tries=settings.tries, at_once=settings.at_once)
        for ended in ask_all(items, one, policy=policy, seed=work.seed):
            row = found.asked(ended.item) if found else ended.item
            read = [message.content for message in task_messages(work.plan.instruction, labels, row.input)]
            said = _answer(ended.reply, ended.error, labels, read, stop=work.plan.generation.stop)
            yield ended.item, found.answer_in_full(ended.item, said) if found else said, ended.seconds

    def answer(batch: Sequence[Example]) -> list[Answer]:
        by_id = {example.id: found for example, found, _ in stream(batch)}
        return [by_id[example.id] for example in batch]

    host = urlsplit(settings.base_url).hostname or ""
    sent = f"{settings.model} at {host}: {len(work.items)} rows are sent there"
    choices = {"server": sent}
    shown = task_messages(work.plan.instruction, labels, "{input}")
    if found:
        from harness.retrieval.answering import template, told

        found.searcher.find_all([query_of(row) for row in work.items])
        choices = {"server": f"{sent}, each with up to {found.choice.passages} passages", **told(found)}
        shown = task_messages(work.plan.instruction, labels, template(found))
    return Prepared(
        [work.items],
        answer,
        choices,
        "\n\n".join(message.content for message in shown),
        price=purse.price if purse.usd_in or purse.usd_out else None,
        stream=stream,
    )


def of(plan: Plan, arm: str = "endpoint") -> EndpointSettings:
    """The plan's server, which has to be named."""
    if plan.endpoint is None:
        raise PlanError(
            f"the arm {arm} asks a server, and the plan names none",
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
    reply: Reply | None,
    error: str | None,
    labels: Sequence[str],
    read: Sequence[str],
    *,
    stop: Sequence[str] = (),
) -> Answer:
    """What a reply comes to; `read` are the messages, from which tokens that nobody counted are estimated."""
    if reply is None:
        return Answer(None, error=error, finish_reason="error")
    guessed = reply.tokens_in is None or reply.tokens_out is None
    tokens_in, tokens_out = reply.tokens_in, reply.tokens_out
    if tokens_in is None:
        tokens_in = sum(count(read, None)[0])
    if tokens_out is None:
        tokens_out = count([reply.text], None)[0][0]
    found = Answer("", tokens_in=tokens_in, tokens_out=tokens_out, tokens_estimated=guessed)
    if reply.finish_reason == "content_filter":
        return found
    parts = split(reply.text)
    ends = [place for text in stop if (place := parts.answer.find(text)) >= 0]
    text = parts.answer[: min(ends)].strip() if ends else parts.answer
    cut = not parts.closed or (reply.finish_reason == "length" and not ends)
    return found._replace(
        output=label_of(text, labels) if labels else text,
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
