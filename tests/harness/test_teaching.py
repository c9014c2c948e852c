"""A teacher behind an endpoint: one client with the arms, so waits, deadline, keys and the cap are theirs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import DistillationSettings
from harness.endpoints.client import Reply
from harness.endpoints.purse import CapReached
from harness.teaching import endpoint_teacher


class Endpoint(BaseHTTPRequestHandler):
    """Says the last word of what it is asked; refuses as often as the server is told to."""

    server: Any

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, self.headers.get("Authorization"), body))
        if self.server.refusals:
            status, headers = self.server.refusals.pop(0)
            self.reply(status, {"error": {"message": "later"}}, headers)
            return
        said = body["messages"][-1]["content"].split()[-1]
        reason = "length" if said == "9" else "stop"
        message = {"role": "assistant", "content": said}
        if said == "think":
            message["content"] = "<think>well</think> yes"
        choice = {"index": 0, "message": message, "finish_reason": reason}
        self.reply(
            200,
            {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
            | {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}},
        )

    def reply(self, status: int, content: Any, headers: Sequence[tuple[str, str]] = ()) -> None:
        """As JSON."""
        out = json.dumps(content).encode()
        self.send_response(status)
        for name, value in [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(out))),
            *headers,
        ]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *_: Any) -> None:
        """Silence."""


@contextmanager
def serving(*refusals: Any) -> Iterator[Any]:
    """An endpoint on a free port, and what it heard."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.heard, server.refusals = [], list(refusals)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked_of(url: str, rows: Sequence[Example], **options: Any) -> list[Reply]:
    """Replies of an endpoint."""
    tokens = options.pop("tokens", (0, 0))
    settings = DistillationSettings(**({"teacher": "big", "base_url": url, "max_new_tokens": 7} | options))
    return endpoint_teacher(settings, instruction="Sort:", labels=[], to=lambda reply: reply, tokens=tokens)(
        rows
    )


def row(text: str, id: str = "1") -> Example:
    """A row to be answered."""
    return Example(id=id, input=text, output="")


def test_it_is_asked_in_order_with_the_task_and_without_our_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("TUNECASE_ENDPOINT_KEY", raising=False)
    rows = [row(f"what about {at}", str(at)) for at in (8, 9, 10)]
    with serving() as server:
        said = asked_of(server.url, [*rows, row("please think", "11")])
        monkeypatch.setenv("TUNECASE_ENDPOINT_KEY", "own")
        asked_of(server.url, rows[:1])
    assert [reply.text for reply in said] == ["8", "9", "10", "yes"]
    assert [reply.finish_reason for reply in said] == ["stop", "length", "stop", "stop"]
    assert (said[0].tokens_in, said[0].tokens_out) == (10, 2)
    path, key, body = server.heard[0]
    assert path == "/v1/chat/completions"
    assert body["messages"][0] == {"role": "system", "content": "Sort:"}
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("big", 0, 7)
    assert not any("sk-secret" in str(heard) for heard in server.heard)
    assert "own" not in key
    assert server.heard[-1][1] == "Bearer own"


def test_a_busy_endpoint_is_asked_again_after_the_time_it_names() -> None:
    with serving((429, [("Retry-After", "0.6")]), (503, [("Retry-After", "0.6")])) as server:
        started = time.monotonic()
        assert asked_of(server.url, [row("say yes")])[0].text == "yes"
        assert time.monotonic() - started >= 1.2
    assert len(server.heard) == 3


def test_what_it_will_never_answer_is_told_apart_from_what_it_does_not_answer_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving((400, [])) as server:
        (never,) = asked_of(server.url, [row("say yes")])
    assert never.finish_reason.startswith("refused: status 400")
    with serving((401, [])) as server, pytest.raises(RunFailed, match="status 401: the key is not accepted"):
        asked_of(server.url, [row("say yes")])
    with (
        serving((429, [("Retry-After", "9999")])) as server,
        pytest.raises(RunFailed, match=r"row 1.*9999 s"),
    ):
        asked_of(server.url, [row("say yes")])
    with pytest.raises(RunFailed, match=r"no answer to row 1: .*1 of 1 tries"):
        asked_of(server.url, [row("say yes")], tries=1)
    with pytest.raises(PlanError, match="base_url is 'localhost:8000'"):
        asked_of("localhost:8000", [row("say yes")])
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(NotReady, match="OPENAI_API_KEY is not set"):
        asked_of("https://api.openai.com/v1", [row("say yes")])


def test_the_cap_counts_what_earlier_sessions_spent() -> None:
    priced: dict[str, Any] = {"usd_in": 1000.0, "usd_out": 1000.0}
    with serving() as server:
        assert asked_of(server.url, [row("say yes")], max_usd=1.0, **priced)[0].text == "yes"
        with pytest.raises(CapReached, match="cap of USD 1"):
            asked_of(server.url, [row("say yes")], max_usd=1.0, tokens=(900, 99), **priced)
        with pytest.raises(PlanError, match="price of big is not known"):
            asked_of(server.url, [row("say yes")], max_usd=1.0)
    assert len(server.heard) == 1
