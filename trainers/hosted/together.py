"""Together: POST /files, the content to a place it names, then /fine-tunes with its events."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from advisor.engagement.errors import RunFailed
from advisor.engagement.records.hosted import HostedEvent, HostedSettings, Stage
from trainers.exports.together import LIMITS
from trainers.hosted._kind import Order, Provider, Seen
from trainers.hosted.steps.calling import RERUN, Api

# requests, states and fields as in Together's own Python client 3.1.1, made from its OpenAPI description
STAGES: dict[str, Stage] = {
    "pending": "waiting",
    "queued": "waiting",
    "running": "running",
    "compressing": "running",
    "uploading": "running",
    "cancel_requested": "running",
    "cancelled": "cancelled",
    "error": "failed",
    "completed": "succeeded",
}
CHECKED = ("COMPLETED", None)
BROKEN = ("FAILED", "INVALID_FORMAT")
LOOKS = 600
LATEST = 100
NANODOLLARS = 1e9
"""Of one dollar, as in that client's `finetune_price_to_dollars`."""


def upload(api: Api, file: Path, tag: str) -> str:
    """Asks for a place, sends the content there without the key, and waits for the vendor's check."""
    fields = {
        "purpose": "fine-tune",
        "file_name": f"{tag}-{file.name}",
        "file_type": "jsonl",
        "checksum": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    place, headers = api.where_to("/files", fields)
    named = {name.lower(): value for name, value in headers.items()}
    name = named.get("x-together-file-id", "")
    if not name:
        raise RunFailed(f"{api.host}: the upload got no file id", fix=RERUN)
    api.put_elsewhere(place, file)
    answer = api.post(f"/files/{name}/preprocess")
    for _ in range(LOOKS):
        state = answer.get("processing_status")
        if state in BROKEN:
            report = answer.get("validation_report") or {}
            raise RunFailed(
                f"{api.host}: {file.name} is refused: {api.clean(report.get('error') or state)}",
                fix="correct those rows and run `tunecase check` again",
            )
        if state in CHECKED:
            return name
        time.sleep(api.pause)
        answer = api.get(f"/files/{name}")
    raise RunFailed(f"{api.host}: {file.name} is still being checked", fix=RERUN)


def start(api: Api, order: Order) -> Seen:
    """LoRA on the answers only; what is 0 keeps the vendor's default."""
    asked = order.settings
    body: dict[str, Any] = {
        "model": order.model,
        "training_file": order.files["train"],
        "n_epochs": asked.epochs,
        "suffix": order.tag,
        "random_seed": asked.seed,
        "training_method": {"method": "sft", "train_on_inputs": False},
    }
    if "validation" in order.files:
        body |= {"validation_file": order.files["validation"], "n_evals": asked.epochs}
    if asked.learning_rate:
        body["learning_rate"] = asked.learning_rate
    if asked.batch_size:
        body["batch_size"] = asked.batch_size
    if asked.rank:
        body["training_type"] = {"type": "Lora", "lora_r": asked.rank, "lora_alpha": 2 * asked.rank}
    return _seen(api, api.post("/fine-tunes", body, once=True))


def find(api: Api, order: Order) -> Seen | None:
    """By our tag where the list shows it; else by our upload, the model, the epochs and the seed."""
    listed = api.get("/fine-tunes").get("data") or []
    ours = next((job for job in listed if is_ours(job, order)), None)
    return None if ours is None else _seen(api, ours)


def is_ours(job: dict[str, Any], order: Order) -> bool:
    """Whether the same order made this job; what the list does not show counts as equal."""
    if job.get("suffix"):
        return bool(job["suffix"] == order.tag)
    asked = {
        "training_file": order.files["train"],
        "model": order.model,
        "n_epochs": order.settings.epochs,
        "random_seed": order.settings.seed,
    }
    return "training_file" in job and all(job.get(name) in (None, value) for name, value in asked.items())


def look(api: Api, job: str) -> Seen:
    """The job as it is now."""
    seen = _seen(api, api.get(f"/fine-tunes/{job}"))
    if seen.stage != "failed":
        return seen
    # the job itself holds no reason; its last error event does
    said = [event.message for event in events(api, job) if "error" in event.level]
    return seen._replace(error=said[-1] if said else "")


def events(api: Api, job: str) -> list[HostedEvent]:
    """The latest hundred, oldest first."""
    listed = api.get(f"/fine-tunes/{job}/events").get("data") or []
    found = [
        HostedEvent(
            at=str(one.get("created_at", "")),
            level=_level(one),
            message=api.clean(one.get("message", "")),
        )
        for one in listed
    ]
    return sorted(found, key=lambda event: event.at)[-LATEST:]


def notes(_: HostedSettings) -> list[str]:
    """It takes all of them."""
    return ["the content goes to a storage address that Together names, without the API key"]


def _level(event: dict[str, Any]) -> str:
    return "error" if event.get("type") == "job_error" else str(event.get("level") or "info")


def _seen(api: Api, job: dict[str, Any]) -> Seen:
    status = str(job.get("status", ""))
    return Seen(
        job=str(job.get("id") or ""),
        stage=STAGES.get(status, "running"),
        status=status,
        tuned=str(job.get("model_output_name") or job.get("model_object_name") or ""),
        billed_tokens=job.get("token_count"),
        billed_usd=None if job.get("total_price") is None else job["total_price"] / NANODOLLARS,
    )


PROVIDER = Provider(
    name="together",
    title="Together",
    url="https://api.together.ai/v1",
    example="Qwen/Qwen3-4B",
    asks=lambda url: url,
    before_asking="Together may want it on a dedicated endpoint first, which is billed by the minute",
    hub_names=True,
    bills_validation=True,
    key_variable="TOGETHER_API_KEY",
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
