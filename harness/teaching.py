"""A teacher behind an OpenAI-compatible server: rows in, one reply each, as carefully as an arm is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from advisor.engagement.errors import RunFailed
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import DistillationSettings
from harness.endpoints.client import Refused, Reply, ask, client_for
from harness.endpoints.pool import Policy, ask_all
from harness.endpoints.purse import purse_for
from harness.models.thinking import split

REFUSED = "refused: "
"""How the finish reason of a reply begins where the server will never answer that row."""

Said = TypeVar("Said")


def endpoint_teacher(
    settings: DistillationSettings,
    *,
    instruction: str,
    labels: Sequence[str],
    to: Callable[[Reply], Said],
    tokens: tuple[int, int] = (0, 0),
) -> Callable[[Sequence[Example]], list[Said]]:
    """The server under [distillation], asked as the arm `endpoint` asks: key, deadline, tries, cap.

    `to` makes of a reply what the caller learns from; `tokens` in and out are those of earlier sessions.
    The teacher raises RunFailed where a row gets no answer for now, and at the cap: rows that were answered
    before are the caller's to keep.
    """
    from trainers.language.prompting import task_messages

    client = client_for(settings.base_url, timeout=settings.deadline)
    purse = purse_for(settings.teacher, settings, [tokens])
    limit = settings.max_new_tokens

    def one(row: Example) -> Reply:
        messages = task_messages(instruction, labels, row.input)
        try:
            reply = purse.buy(
                messages, limit, lambda: ask(client, settings.teacher, messages, max_tokens=limit)
            )
        except Refused as wrong:
            # a server that asks for a long wait answers later; a request that it does not accept, never
            if wrong.kind == "row" and not wrong.overloaded:
                return Reply("", 0, 0, f"{REFUSED}{wrong.why}")
            raise
        # what a model writes for itself is nothing to learn from
        return reply._replace(text=split(reply.text).answer)

    def teacher(rows: Sequence[Example]) -> list[Said]:
        host = urlsplit(settings.base_url).hostname
        policy = Policy(tries=settings.tries, at_once=settings.at_once)
        replies: dict[str, Reply] = {}
        for ended in ask_all(rows, one, policy=policy):
            if ended.reply is None:
                raise RunFailed(
                    f"{host}: no answer to row {ended.item.id}: {ended.error}",
                    fix="run the command again: it goes on with the rows that are not yet answered",
                )
            replies[ended.item.id] = ended.reply
        return [to(replies[row.id]) for row in rows]

    return teacher
