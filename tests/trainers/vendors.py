"""Vendors of fine-tuning on this machine, by their public API descriptions, as bad as they can be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-secret-1234567890"


@dataclass
class Script:
    """What the vendor does, and what it saw."""

    key: str = KEY
    """The key it takes."""
    states: list[str] = field(default_factory=lambda: ["running", "succeeded"])
    """States of a job, one a look; the last one stays."""
    trouble: dict[str, list[str]] = field(default_factory=dict)
    """By kind of request (upload, start, list, look), what befalls the next ones: a status code; `cut`,
    where no answer comes and nothing is done; `done_cut` and `done_500`, where it is done all the same;
    `garbled`; or `slow`."""
    hidden: int = 0
    """Lists that do not show a new job yet."""
    shows_tag: bool = True
    """Whether jobs are shown with what we named them."""
    page: int = 100
    """Jobs a page."""
    retry_after: str = "0"
    """Header of a refusal."""
    url: str = ""
    """Where it listens."""
    uploads: list[bytes] = field(default_factory=list)
    """Bodies of uploads."""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    """Jobs that were made: each one costs money."""
    seen: list[str] = field(default_factory=list)
    """Kinds of requests, in order."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """What starts asked for."""
    times: list[float] = field(default_factory=list)
    """When each request came."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """One request changes the script at a time."""

    def next_trouble(self, kind: str) -> str:
        """What befalls this request; empty for nothing."""
        left = self.trouble.get(kind, [])
        return left.pop(0) if left else ""

    def state(self) -> str:
        """The job's state at this look."""
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


class Vendor(BaseHTTPRequestHandler):
    """One request after its server's script."""

    server: Any

    def answer(self) -> None:
        """Troubles first, then what the vendor does."""
        script: Script = self.server.script
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with script.lock:
            kind = self.kind()
            script.seen.append(kind)
            script.times.append(time.monotonic())
            trouble = "" if kind == "put" else script.next_trouble(kind)
        if kind != "put" and self.headers["Authorization"] != f"Bearer {script.key}":
            return self.reply(401, {"error": {"message": f"wrong key {KEY}"}})
        if kind == "put" and KEY in str(self.headers):
            return self.reply(500, {"error": {"message": "the key came along"}})
        if trouble == "cut":
            return None
        if trouble == "slow":
            time.sleep(1.0)
        if trouble.isdigit():
            return self.reply(int(trouble), {"error": {"message": f"trouble {trouble}"}})
        with script.lock:
            made = self.does(script, kind, body)
        if trouble == "done_cut":
            return None
        if trouble == "done_500":
            return self.reply(500, {"error": {"message": "oops"}})
        if trouble == "garbled":
            return self.reply(200, "<html>")
        return self.reply(200, made)

    do_GET = do_POST = do_PUT = answer

    def kind(self) -> str:
        """What is asked for: upload, start, list, events or look."""
        path = self.path.partition("?")[0]
        if path.endswith("/events"):
            return "events"
        if path.endswith("/files"):
            return "upload"
        if path.endswith("/jobs"):
            return "start" if self.command == "POST" else "list"
        return "look"

    def does(self, script: Script, kind: str, body: bytes) -> Any:
        """The vendor's answer, once nothing stands in its way."""
        if kind == "upload":
            script.uploads.append(body)
            return {"id": f"file-{len(script.uploads)}"}
        if kind == "events":
            return {"data": [{"created_at": 2, "level": "info", "message": "Step 5/10: training loss=0.5"}]}
        if kind == "start":
            asked = json.loads(body)
            script.bodies.append(asked)
            shown = asked if script.shows_tag else {k: v for k, v in asked.items() if k != "metadata"}
            hyper = asked["method"]["supervised"]["hyperparameters"]
            named = {
                key: shown[key] for key in ("model", "training_file", "seed", "metadata") if key in shown
            }
            job = {
                "id": f"ftjob-{len(script.jobs) + 1}",
                "status": "queued",
                "hyperparameters": hyper,
            } | named
            script.jobs.insert(0, job)
            return job
        if kind == "list":
            return self.listed(script)
        status = script.state()
        number = self.path.rpartition("/")[2]
        job = next(one for one in script.jobs if one["id"] == number)
        job["status"] = status
        if status == "succeeded":
            job |= {"fine_tuned_model": f"ft:{number}", "trained_tokens": 1234}
        return job | ({"error": {"message": "bad rows"}} if status == "failed" else {})

    def listed(self, script: Script) -> dict[str, Any]:
        """One page of jobs, newest first; a vendor may take its time to show a new one."""
        if script.hidden:
            script.hidden -= 1
            return {"data": script.jobs[1:], "has_more": False}
        ids = [job["id"] for job in script.jobs]
        after = self.path.partition("after=")[2].partition("&")[0]
        begin = ids.index(after) + 1 if after in ids else 0
        shown = script.jobs[begin : begin + script.page]
        return {"data": shown, "has_more": begin + script.page < len(ids)}

    def reply(self, code: int, body: object) -> None:
        """JSON, or text as it is."""
        text = body if isinstance(body, str) else json.dumps(body)
        try:
            self.send_response(code)
            self.send_header("Retry-After", self.server.script.retry_after)
            self.end_headers()
            self.wfile.write(text.encode())
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@contextmanager
def serving(script: Script, handler: type[Vendor] = Vendor) -> Iterator[Script]:
    """The vendor behind a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.script = script  # type: ignore[attr-defined]
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()


class Together(Vendor):
    """A place for the file, its content without the key, the check, then /fine-tunes."""

    def kind(self) -> str:
        """upload, put, check, start, list, events or look."""
        path = self.path.partition("?")[0]
        if path.startswith("/store/"):
            return "put"
        if "/files/" in path:
            return "check"
        if path.endswith("/fine-tunes"):
            return "start" if self.command == "POST" else "list"
        return super().kind()

    def does(self, script: Script, kind: str, body: bytes) -> Any:
        """As Together's client expects it."""
        if kind == "upload":
            return None
        if kind == "put":
            script.uploads.append(body)
            return {}
        if kind == "check":
            broken = b"BROKEN" in script.uploads[-1]
            if self.command == "POST":
                return {"processing_status": "PROCESSING"}
            told = {"validation_report": {"error": "row 3 is broken"}} if broken else {}
            return {"processing_status": "INVALID_FORMAT" if broken else "COMPLETED"} | told
        if kind == "start":
            asked = json.loads(body)
            script.bodies.append(asked)
            named = {name: asked[name] for name in ("model", "training_file", "n_epochs", "random_seed")}
            suffix = {"suffix": asked["suffix"]} if script.shows_tag else {}
            job = {"id": f"ft-{len(script.jobs) + 1}", "status": "pending"} | named | suffix
            script.jobs.insert(0, job)
            return job
        if kind == "list":
            return {"data": self.listed(script)["data"]}
        if kind == "events":
            failed = [{"created_at": "3", "type": "job_error", "message": "out of credit"}]
            return {"data": [{"created_at": "1", "message": "begun"}, *failed]}
        number = self.path.rpartition("/")[2]
        job = next(one for one in script.jobs if one["id"] == number)
        done = {"model_output_name": f"me/{number}", "token_count": 900, "total_price": 250_000_000}
        return job | {"status": script.state()} | done

    def reply(self, code: int, body: object) -> None:
        """A place instead of an answer to an upload."""
        if body is not None:
            return super().reply(code, body)
        script: Script = self.server.script
        number = script.seen.count("upload")
        self.send_response(302)
        self.send_header("Location", script.url.replace("/v1", f"/store/{number}"))
        self.send_header("X-Together-File-Id", f"file-{number}")
        self.end_headers()
        return None


class Fireworks(Vendor):
    """Datasets by name, their files, and jobs by a name that is ours."""

    def kind(self) -> str:
        """dataset, upload, check, start or look."""
        path = self.path.partition("?")[0]
        if path.endswith("/supervisedFineTuningJobs"):
            return "start"
        if "/supervisedFineTuningJobs/" in path:
            return "look"
        if path.endswith(":upload"):
            return "upload"
        return "dataset" if self.command == "POST" else "check"

    def does(self, script: Script, kind: str, body: bytes) -> Any:
        """As Fireworks' documentation has it; None stands for 404, an empty list for 409."""
        name = self.path.rpartition("=" if kind == "start" else "/")[2]
        if kind == "dataset":
            return {}
        if kind == "upload":
            script.uploads.append(body)
            return {}
        if kind == "check":
            return {"state": "READY" if script.uploads else "UPLOADING"}
        found = next((job for job in script.jobs if job["name"].endswith(name)), None)
        if kind == "start":
            if found is not None:
                return []
            asked = json.loads(body)
            script.bodies.append(asked)
            script.jobs.append({"name": f"accounts/me/supervisedFineTuningJobs/{name}"} | asked)
            return script.jobs[-1] | {"state": "JOB_STATE_CREATING"}
        if found is None or script.hidden:
            script.hidden -= bool(script.jobs)
            return None
        told = {
            "state": script.state(),
            "jobProgress": {"percent": 40},
            "status": {"message": "no such base"},
        }
        return found | told

    def reply(self, code: int, body: object) -> None:
        """404 and 409 as that API words them."""
        if body is None:
            return super().reply(404, {"error": {"message": "not found"}})
        if body == []:
            return super().reply(409, {"error": {"message": "job already exists"}})
        return super().reply(code, body)
