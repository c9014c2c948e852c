"""OpenAI-compatible servers on this machine: one that behaves, one that does the worst that servers do."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Answering = Callable[[str], str]


class Log(NamedTuple):
    """What a server saw."""

    asked: Counter[str]
    """Requests by the text of their last message."""
    answered: Counter[str]
    """Whole answers sent, by the same."""
    keys: set[str]
    """Authorization headers."""
    early: list[float]
    """Seconds by which requests came before a Retry-After had passed."""
    most_at_once: list[int]
    """Requests under way, at each request."""


def completion(text: str, **changes: Any) -> dict[str, Any]:
    """A chat completion."""
    made = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
    return made | changes


TROUBLES = ("busy", "broken", "late", "cut", "garbled", "empty", "miscounted")
DRIPS = ("drips", "drips at once")
"""A byte every little while, without end: after good headers, and before any."""
UNCOUNTED = ("uncounted", "miscounted", "overcounted")
"""Good answers without counts of tokens, with counts that are none, and with counts that cannot be."""


class Behaviour:
    """What a server answers, how often it does not, and what it has seen."""

    def __init__(
        self,
        answer: Answering,
        *,
        hostile: float,
        troubles: Sequence[str],
        seed: int,
        slow: float,
        retry_after: float,
    ) -> None:
        self.answer, self.hostile, self.troubles, self.slow = answer, hostile, troubles, slow
        self.retry_after = retry_after
        self.log = Log(Counter(), Counter(), set(), [], [])
        self.lock = threading.Lock()
        self.not_before = 0.0
        self._draw = random.Random(seed)
        self._under_way = 0

    def begin(self, asked: str, key: str) -> str:
        """Note a request; the trouble that it meets, or an empty word."""
        with self.lock:
            left = self.not_before - time.monotonic()
            self.log.asked[asked] += 1
            self.log.keys.add(key)
            self.log.early.extend([left] if left > 0 else [])
            self._under_way += 1
            self.log.most_at_once.append(self._under_way)
            return self._draw.choice(self.troubles) if self._draw.random() < self.hostile else ""

    def end(self) -> None:
        """Note that a request is over."""
        with self.lock:
            self._under_way -= 1

    def whole(self, asked: str) -> dict[str, Any]:
        """A good answer."""
        with self.lock:
            self.log.answered[asked] += 1
        return completion(self.answer(asked))

    def wait(self, seconds: float) -> None:
        """Ask everybody to stay away."""
        with self.lock:
            self.not_before = time.monotonic() + seconds


class Handler(BaseHTTPRequestHandler):
    """Answers chat completions as its behaviour says."""

    behaviour: Behaviour

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        """One chat completion."""
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if not sent.endswith(b"}"):
            # whoever asked was killed in the middle of it
            return
        body = json.loads(sent)
        if self.path != "/v1/chat/completions":
            self._send(404, b'{"error": {"message": "no such path"}}')
            return
        asked = str(body["messages"][-1]["content"])
        trouble = self.behaviour.begin(asked, self.headers.get("Authorization", ""))
        try:
            time.sleep(self.behaviour.slow)
            self._respond(asked, trouble)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.behaviour.end()

    def _respond(self, asked: str, trouble: str) -> None:
        if trouble == "busy":
            asked = self.behaviour.retry_after
            self.behaviour.wait(asked)
            self._send(429, b'{"error": {"message": "slow down"}}', {"Retry-After": str(asked)})
        elif trouble == "broken":
            self._send(500, b"<html>oh dear</html>")
        elif trouble == "late":
            time.sleep(1.5)
            self._send(200, json.dumps(completion("too late")).encode())
        elif trouble == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"id": "c1", "choi')
            self.connection.close()
        elif trouble in DRIPS:
            self._drip(body=trouble == "drips")
        elif trouble == "garbled":
            self._send(200, b'{"choices": [{"mess')
        elif trouble == "empty":
            self._send(200, json.dumps(completion("", choices=[])).encode())
        else:
            made = self.behaviour.whole(asked)
            if trouble == "miscounted":
                made["usage"] = {"prompt_tokens": "many", "completion_tokens": -4}
            elif trouble == "uncounted":
                del made["usage"]
            elif trouble == "overcounted":
                made["usage"] = {"prompt_tokens": 10**9, "completion_tokens": 10**9, "total_tokens": 1}
            self._send(200, json.dumps(made).encode())

    def _drip(self, *, body: bool) -> None:
        """Until the other side has had enough, or for half a minute."""
        if body:
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
        for _ in range(120):
            self.wfile.write(b" " if body else b"H")
            self.wfile.flush()
            time.sleep(0.25)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(
    answer: Answering,
    *,
    hostile: float = 0.0,
    troubles: Sequence[str] = TROUBLES,
    seed: int = 0,
    slow: float = 0.0,
    retry_after: float = 0.3,
) -> Iterator[tuple[str, Log]]:
    """Address and log; a share `hostile` of the requests meets one of the troubles."""
    behaviour = Behaviour(
        answer, hostile=hostile, troubles=troubles, seed=seed, slow=slow, retry_after=retry_after
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"behaviour": behaviour}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", behaviour.log
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
