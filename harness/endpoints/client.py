"""The `openai` client for any OpenAI-compatible server, and one request to it with a deadline of its own."""

from __future__ import annotations

import asyncio
import email.utils
import os
import threading
import time
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from advisor.engagement.errors import MissingPackage, NotReady, PlanError
from advisor.engagement.records.examples import Message

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

OPENAI = "api.openai.com"
OPENAI_KEY = "OPENAI_API_KEY"
OWN_KEY = "TUNECASE_ENDPOINT_KEY"
"""Key of any other server; a key of OpenAI's is never sent to one."""
STOPPING = {401: "the key is not accepted", 403: "the key may not use it", 404: "no such model or address"}
"""Status codes that every further request would meet too."""
TRANSIENT = (408, 409, 425, 429)
LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more is taken as failing."""
ADDED_TOKENS = 10_000
"""What a server may put around the messages; a prompt has no more tokens than bytes besides: our bound."""

Kind = Literal["again", "row", "stop"]


class Reply(NamedTuple):
    """What the server said."""

    text: str
    """The answer, as it came."""
    tokens_in: int | None
    """Prompt tokens as the server counts them; None where it does not say."""
    tokens_out: int | None
    """Answer tokens; None as above."""
    finish_reason: str
    """stop, length, or content_filter."""


class Refused(Exception):
    """One request that brought no answer; its words hold neither key nor client text."""

    def __init__(self, why: str, kind: Kind, *, wait: float | None = None, overloaded: bool = False) -> None:
        super().__init__(why)
        self.why, self.kind, self.wait, self.overloaded = why, kind, wait, overloaded


class Server:
    """A client on a loop of its own, where a deadline ends a request however slowly the answer drips.

    The client's own timeouts count the wait for the next byte: a server that sends one in time, over and
    over, would hold a request for ever.
    """

    def __init__(self, base_url: str, key: str, *, deadline: float) -> None:
        """`deadline` in seconds, from sending to the last byte."""
        openai = _openai()
        self.host = urlsplit(base_url).hostname
        self._deadline = deadline
        self._client: AsyncOpenAI = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=key,
            organization="",
            project="",
            timeout=deadline,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False, timeout=deadline),
        )
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_turn, args=(self._loop,), name="endpoint", daemon=True).start()
        weakref.finalize(self, _end, self._loop, self._client)

    def complete(self, **request: Any) -> Any:
        """A chat completion; raises TimeoutError at the deadline, and what the client raises."""
        sent = self._client.chat.completions.create(**request)
        return asyncio.run_coroutine_threadsafe(_within(sent, self._deadline), self._loop).result()


async def _within(sent: Any, seconds: float) -> Any:
    return await asyncio.wait_for(sent, seconds)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _end(loop: asyncio.AbstractEventLoop, client: AsyncOpenAI) -> None:
    """Close what is open, then let the thread go."""

    async def close() -> None:
        await client.close()
        loop.stop()

    asyncio.run_coroutine_threadsafe(close(), loop)


def client_for(base_url: str, *, timeout: float) -> Server:
    """A client for the server, with the key that is meant for it and without retries of its own.

    `timeout` is the deadline of one request in seconds. Raises PlanError for an address that is none,
    NotReady where OpenAI's key is absent.
    """
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise PlanError(
            f"base_url is {base_url!r}, expected http:// or https://", fix="write it as http://HOST:PORT/v1"
        )
    name = OPENAI_KEY if address.hostname == OPENAI else OWN_KEY
    key = os.environ.get(name, "")
    if not key and address.hostname == OPENAI:
        raise NotReady(f"{name} is not set, and OpenAI asks for a key", fix=f"export {name}")
    return Server(base_url, key or "none", deadline=timeout)


def open_client(base_url: str, key: str, *, timeout: float) -> OpenAI:
    """A client with this key and no other; proxies of the environment never see client text."""
    openai = _openai()
    client: OpenAI = openai.OpenAI(
        base_url=base_url,
        api_key=key,
        organization="",
        project="",
        timeout=timeout,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(trust_env=False, timeout=timeout),
    )
    return client


def _openai() -> Any:
    try:
        import openai
    except ImportError:
        raise MissingPackage(
            "an endpoint needs the package `openai`", fix="pip install 'tunecase[run]'"
        ) from None
    return openai


def ask(
    client: Server,
    model: str,
    messages: Sequence[Message],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int | None = None,
) -> Reply:
    """One request; every way to fail is a Refused that says whether to try again."""
    import openai

    # OpenAI's own models refuse max_tokens, many servers know nothing else
    limit = "max_completion_tokens" if client.host == OPENAI else "max_tokens"
    turns: Any = [{"role": message.role, "content": message.content} for message in messages]
    more: dict[str, Any] = {limit: max_tokens} | ({} if seed is None else {"seed": seed})
    try:
        made = client.complete(model=model, messages=turns, temperature=temperature, extra_body=more)
        read = ADDED_TOKENS + sum(len(message.content.encode()) for message in messages)
        return _reply(made, most_in=read, most_out=2 * max_tokens + ADDED_TOKENS)
    except (TimeoutError, openai.APITimeoutError):
        raise Refused("no answer within the deadline", "again", overloaded=True) from None
    except openai.APIConnectionError as wrong:
        raise Refused(f"the connection broke ({type(wrong).__name__})", "again") from None
    except openai.APIStatusError as wrong:
        raise _by_status(wrong.status_code, wrong.response.headers.get("retry-after")) from None
    except (openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError):
        raise Refused("the answer is no chat completion", "again") from None


def _reply(made: Any, *, most_in: int, most_out: int) -> Reply:
    if not made.choices:
        raise Refused("the answer holds no choice", "again")
    first = made.choices[0]
    if first.message.content is None and first.finish_reason != "content_filter":
        raise Refused("the answer holds no text", "again")
    usage = made.usage
    return Reply(
        text=str(first.message.content or ""),
        tokens_in=_count(usage.prompt_tokens if usage else None, most_in),
        tokens_out=_count(usage.completion_tokens if usage else None, most_out),
        finish_reason=str(first.finish_reason or "stop"),
    )


def _count(said: Any, most: int) -> int | None:
    """A server's count, where it is one and can be true."""
    is_count = isinstance(said, int) and not isinstance(said, bool)
    return said if is_count and 0 <= said <= most else None


def _by_status(status: int, after: str | None) -> Refused:
    if status in STOPPING:
        return Refused(f"status {status}: {STOPPING[status]}", "stop")
    if status in TRANSIENT or status >= 500:
        wait = retry_after(after, now=time.time())
        if wait is not None and wait > LONGEST_WAIT:
            return Refused(f"status {status}: it asks to wait {wait:.0f} s", "row", overloaded=True)
        return Refused(f"status {status}", "again", wait=wait, overloaded=True)
    return Refused(f"status {status}: the request is not accepted, for example for its length", "row")


def retry_after(said: str | None, *, now: float) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date against `now` (seconds since 1970)."""
    if not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.fromtimestamp(now, tz=UTC)).total_seconds())
