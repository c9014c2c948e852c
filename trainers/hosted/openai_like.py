"""OpenAI's fine-tuning jobs, and every server that speaks the same requests.

POST /files, POST /fine_tuning/jobs, GET /fine_tuning/jobs/{id} and /events.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.engagement.errors import RunFailed
from advisor.engagement.records.hosted import HostedEvent, HostedSettings, Stage
from trainers.exports.openai_jsonl import LIMITS
from trainers.hosted._kind import Order, Provider, Seen
from trainers.hosted.steps.calling import RERUN, Api

# developers.openai.com/api/reference/resources/fine_tuning; types of the openai client 3.57
STAGES: dict[str, Stage] = {
    "validating_files": "waiting",
    "queued": "waiting",
    "running": "running",
    "paused": "waiting",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}

MARK = "tunecase"
"""Name of our tag in a job's metadata."""
PAGE, PAGES = 100, 50


def upload(api: Api, file: Path, tag: str) -> str:
    """Purpose `fine-tune`; the server checks the file when the job starts."""
    answer = api.send_file("/files", file, {"purpose": "fine-tune"}, as_name=f"{tag}-{file.name}")
    if not answer.get("id"):
        raise RunFailed(f"{api.host}: the upload of {file.name} got no file id", fix=RERUN)
    return str(answer["id"])


def start(api: Api, order: Order) -> Seen:
    """Supervised; the vendor takes no absolute learning rate, only a multiple of its own."""
    asked = order.settings
    hyper: dict[str, Any] = {"n_epochs": asked.epochs}
    if asked.batch_size:
        hyper["batch_size"] = asked.batch_size
    body: dict[str, Any] = {
        "model": order.model,
        "training_file": order.files["train"],
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyper}},
        "suffix": order.tag,
        "metadata": {MARK: order.tag},
        "seed": asked.seed,
    }
    if "validation" in order.files:
        body["validation_file"] = order.files["validation"]
    return _seen(api, api.post("/fine_tuning/jobs", body, once=True))


def find(api: Api, order: Order) -> Seen | None:
    """Newest first, page after page."""
    query: dict[str, str | int] = {"limit": PAGE}
    for _ in range(PAGES):
        answer = api.get("/fine_tuning/jobs", query)
        listed = answer.get("data") or []
        ours = next((job for job in listed if is_ours(job, order)), None)
        if ours is not None:
            return _seen(api, ours)
        if not listed or not answer.get("has_more"):
            return None
        query["after"] = str(listed[-1].get("id", ""))
    return None


def is_ours(job: dict[str, Any], order: Order) -> bool:
    """By our tag where the server shows it; else by our upload, the model, the epochs and the seed."""
    shown = {(job.get("metadata") or {}).get(MARK), job.get("user_provided_suffix"), job.get("suffix")}
    if shown != {None}:
        return order.tag in shown
    hyper = job.get("hyperparameters") or {}
    return (
        job.get("training_file") == order.files["train"]
        # a family's name is answered with the dated name of its member
        and str(job.get("model", order.model)).startswith(order.model)
        and hyper.get("n_epochs", order.settings.epochs) in ("auto", order.settings.epochs)
        and job.get("seed", order.settings.seed) == order.settings.seed
    )


def look(api: Api, job: str) -> Seen:
    """The job as it is now."""
    return _seen(api, api.get(f"/fine_tuning/jobs/{job}"))


def events(api: Api, job: str) -> list[HostedEvent]:
    """The latest hundred; the vendor gives the newest first."""
    listed = api.get(f"/fine_tuning/jobs/{job}/events", {"limit": PAGE}).get("data") or []
    return [
        HostedEvent(
            at=str(one.get("created_at", "")),
            level=str(one.get("level", "info")),
            message=api.clean(one.get("message", "")),
        )
        for one in reversed(listed)
    ]


def notes(settings: HostedSettings) -> list[str]:
    """It takes neither a rank nor an absolute rate."""
    asked = [("rank", settings.rank), ("learning_rate", settings.learning_rate)]
    return [f"{name} is not passed on: this API does not take it" for name, value in asked if value]


def _seen(api: Api, job: dict[str, Any]) -> Seen:
    error = job.get("error") or {}
    said = error.get("message") if isinstance(error, dict) else error
    status = str(job.get("status", ""))
    return Seen(
        job=str(job.get("id") or ""),
        stage=STAGES.get(status, "running"),
        status=status,
        error=api.clean(said or ""),
        tuned=str(job.get("fine_tuned_model") or ""),
        billed_tokens=job.get("trained_tokens"),
    )


PROVIDER = Provider(
    name="openai_like",
    title="OpenAI",
    url="https://api.openai.com/v1",
    example="gpt-4.1-mini-2025-04-14",
    asks=lambda url: url,
    before_asking="",
    key_variable="OPENAI_API_KEY",
    fewest=LIMITS.fewest,
    most_bytes=LIMITS.most_bytes,
    rules=tuple(LIMITS.rules),
    source=LIMITS.source,
    upload=upload,
    start=start,
    find=find,
    look=look,
    events=events,
    notes=notes,
)
