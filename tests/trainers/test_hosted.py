"""Hosted fine-tuning against a local server that speaks OpenAI's job API."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from advisor.engagement.errors import NotReady, RunFailed
from tests.trainers.exporting import INSTRUCTION, LABELS, engagement, examples
from trainers.hosted.steps.preparing import Tuning, dry_run
from trainers.hosted.steps.tuning import tune_hosted

KEY = "sk-secret-1234567890"
DAY = dt.date(2026, 11, 25)


class Vendor(BaseHTTPRequestHandler):
    """Answers from its server's script; every request is written down."""

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        script = self.server.script  # type: ignore[attr-defined]
        script["seen"].append((self.command, self.path, body))
        if self.headers["Authorization"] != f"Bearer {script['key']}":
            self.reply(401, {"error": {"message": f"wrong key {KEY}"}})
        elif self.path == "/v1/files":
            self.reply(200, {"id": "file-1"})
        elif script["trouble"]:
            self.reply(script["trouble"].pop(0), {"error": {"message": "busy"}})
        elif self.path.endswith("limit=100") and "events" in self.path:
            self.reply(200, {"data": [{"created_at": 1, "level": "info", "message": "step 1"}]})
        elif self.command == "GET" and "?" in self.path:
            self.reply(200, {"data": script["jobs"]})
        else:
            status = script["states"].pop(0) if self.command == "GET" else "queued"
            job = {"id": "ftjob-1", "status": status, "training_file": "file-1", "fine_tuned_model": "ft:x"}
            script["jobs"] = [job]
            self.reply(200, job | ({"error": {"message": "bad rows"}} if status == "failed" else {}))

    do_GET = do_POST = answer

    def reply(self, code: int, body: object) -> None:
        self.send_response(code)
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    states = ["running", "succeeded"]
    server.script = {"key": KEY, "seen": [], "trouble": [], "states": states, "jobs": []}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def tuning(root: Path, server: ThreadingHTTPServer, **changes: str) -> Tuning:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    made = engagement(root)
    return Tuning(made, "openai_like", "m-8b", INSTRUCTION, LABELS, examples(12), url=url, **changes)  # type: ignore[arg-type]


def test_a_job_is_followed_to_its_model_found_again_and_the_key_is_nowhere(
    vendor: ThreadingHTTPServer, tmp_path: Path
) -> None:
    script = vendor.script  # type: ignore[attr-defined]
    script["trouble"] = [429, 500]
    asked = tuning(tmp_path, vendor)
    result = tune_hosted(asked, today=DAY, poll_seconds=0.01)
    assert (result.model, result.rows, result.job) == ("ft:x", 12, "ftjob-1")
    count = len(script["seen"])
    assert tune_hosted(asked, today=DAY) == result
    assert len(script["seen"]) == count
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_a_failed_job_and_a_wrong_key_are_told_in_the_vendors_words(
    vendor: ThreadingHTTPServer, tmp_path: Path
) -> None:
    script = vendor.script  # type: ignore[attr-defined]
    asked = tuning(tmp_path, vendor)
    script["key"] = "another"
    with pytest.raises(RunFailed, match="401: wrong key") as wrong:
        tune_hosted(asked, today=DAY, poll_seconds=0.01)
    assert KEY not in wrong.value.problem
    script["key"], script["states"] = KEY, ["failed"]
    with pytest.raises(RunFailed, match="job ftjob-1 failed: bad rows"):
        tune_hosted(asked, today=DAY, poll_seconds=0.01)


def test_nothing_is_sent_in_a_dry_run_or_where_data_must_not_leave(
    vendor: ThreadingHTTPServer, tmp_path: Path
) -> None:
    asked = tuning(tmp_path, vendor, confined="Data stays here.")
    assert dry_run(asked, today=DAY).files[0].rows == 12
    with pytest.raises(NotReady, match="Data stays here"):
        tune_hosted(asked, today=DAY)
    assert not vendor.script["seen"]  # type: ignore[attr-defined]
