"""Fireworks: a dataset, its file, then a supervised fine-tuning job, all under one account."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.records.hosted import HostedEvent, HostedSettings, Stage
from trainers.exports.making import chat
from trainers.hosted._kind import Order, Provider, Seen
from trainers.hosted.steps.calling import RERUN, Api

ACCOUNT = "FIREWORKS_ACCOUNT_ID"
# docs.fireworks.ai/fine-tuning/fine-tuning-via-api; states and fields as in Fireworks' own client 1.2.30
STAGES: dict[str, Stage] = {
    "JOB_STATE_CREATING": "waiting",
    "JOB_STATE_PENDING": "waiting",
    "JOB_STATE_VALIDATING": "waiting",
    "JOB_STATE_CREATING_INPUT_DATASET": "waiting",
    "JOB_STATE_PAUSED": "waiting",
    "JOB_STATE_RE_QUEUEING": "waiting",
    "JOB_STATE_COMPLETED": "succeeded",
    "JOB_STATE_EARLY_STOPPED": "succeeded",
    "JOB_STATE_FAILED": "failed",
    "JOB_STATE_EXPIRED": "failed",
    "JOB_STATE_DELETING": "cancelled",
    "JOB_STATE_DELETING_CLEANING_UP": "cancelled",
    "JOB_STATE_CANCELLED": "cancelled",
}
LOOKS = 600
EXISTS = re.compile(r": 409: |already exists", re.IGNORECASE)
GONE = ": 404: "


def upload(api: Api, file: Path, tag: str) -> str:
    """A dataset of that name, made once, then its file; usable when the vendor says READY."""
    name = f"{tag}-{file.stem}"
    rows = file.read_text(encoding="utf-8").count("\n")
    dataset = {"userUploaded": {}, "exampleCount": str(rows), "format": "CHAT"}
    try:
        api.post(f"{_account()}/datasets", {"datasetId": name, "dataset": dataset})
    except RunFailed as wrong:
        if not EXISTS.search(wrong.problem):
            raise
    state = api.get(f"{_account()}/datasets/{name}").get("state")
    if state != "READY":
        api.send_file(f"{_account()}/datasets/{name}:upload", file, {}, as_name=file.name)
    for _ in range(LOOKS):
        found = api.get(f"{_account()}/datasets/{name}")
        status = found.get("status") or {}
        if status.get("code", "OK") != "OK":
            raise RunFailed(
                f"{api.host}: {file.name} is refused: {api.clean(status.get('message') or status['code'])}",
                fix="correct those rows and run `tunecase check` again",
            )
        if found.get("state") == "READY":
            return name
        time.sleep(api.pause)
    raise RunFailed(f"{api.host}: {file.name} is still being checked", fix=RERUN)


def start(api: Api, order: Order) -> Seen:
    """LoRA; the job and the tuned model are named by our tag."""
    asked = order.settings
    body: dict[str, Any] = {
        "dataset": _name("datasets", order.files["train"]),
        "baseModel": order.model,
        "displayName": order.tag,
        "outputModel": _name("models", order.tag),
        "epochs": asked.epochs,
    }
    if "validation" in order.files:
        body["evaluationDataset"] = _name("datasets", order.files["validation"])
    if asked.learning_rate:
        body["learningRate"] = asked.learning_rate
    if asked.rank:
        body["loraRank"] = asked.rank
    if asked.batch_size:
        body["batchSizeSamples"] = asked.batch_size
    path = f"{_account()}/supervisedFineTuningJobs?supervisedFineTuningJobId={order.tag}"
    try:
        return _seen(api, api.post(path, body, once=True))
    except RunFailed as wrong:
        if EXISTS.search(wrong.problem):
            return look(api, order.tag)
        raise


def find(api: Api, order: Order) -> Seen | None:
    """By our tag, which is the job's id."""
    try:
        return look(api, order.tag)
    except RunFailed as wrong:
        if GONE in wrong.problem:
            return None
        raise


def look(api: Api, job: str) -> Seen:
    """The job as it is now."""
    return _seen(api, api.get(f"{_account()}/supervisedFineTuningJobs/{job}"))


def events(_: Api, __: str) -> list[HostedEvent]:
    """The API has no list of events; states and per cent stand for them."""
    return []


def notes(settings: HostedSettings) -> list[str]:
    """It takes no seed."""
    return ["seed is not passed on: this API does not take it"] if settings.seed else []


def _account() -> str:
    account = os.environ.get(ACCOUNT, "")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", account):
        raise NotReady(f"{ACCOUNT} is not set to an account's id", fix=f"export {ACCOUNT}=...")
    return f"/accounts/{account}"


def _name(kind: str, name: str) -> str:
    return f"{_account().removeprefix('/')}/{kind}/{name}"


def _seen(api: Api, job: dict[str, Any]) -> Seen:
    status = job.get("status") or {}
    state = str(job.get("state", ""))
    stage = STAGES.get(state, "running")
    return Seen(
        job=str(job.get("name", "")).rpartition("/")[2],
        stage=stage,
        status=state,
        error=api.clean(status.get("message") or "") if stage in ("failed", "cancelled") else "",
        tuned=str(job.get("outputModel") or "") if stage == "succeeded" else "",
        billed_tokens=None,
        percent=int((job.get("jobProgress") or {}).get("percent") or 0),
    )


PROVIDER = Provider(
    name="fireworks",
    title="Fireworks",
    url="https://api.fireworks.ai/v1",
    example="accounts/fireworks/models/qwen3-8b",
    asks=lambda url: f"{url.removesuffix('/v1')}/inference/v1",
    before_asking="deploy it on demand at Fireworks first; that is billed by the GPU-second",
    names_jobs=True,
    key_variable="FIREWORKS_API_KEY",
    # 3 rows at least: fine-tuning-models; 150 MB in one request: fine-tuning-via-api, in those docs
    fewest=3,
    most_bytes=150_000_000,
    rules=(chat.answered, chat.no_empty_content, chat.alternates),
    source="docs.fireworks.ai/fine-tuning/fine-tuning-models",
    upload=upload,
    start=start,
    find=find,
    look=look,
    events=events,
    notes=notes,
)
