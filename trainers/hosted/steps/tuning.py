"""From rows to a tuned model at a vendor: each step is written down first, so that a killed run goes on."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import RunFailed
from advisor.engagement.progress import Progress
from advisor.engagement.records.hosted import FINAL, HostedEvent, HostedJob, HostedResult
from trainers.hosted._kind import Order, Seen
from trainers.hosted.steps.calling import TIMEOUT, Api, Unclear
from trainers.hosted.steps.preparing import Prepared, Tuning, prepare, refuse_forbidden

JOB = "job.json"
RESULT = "hosted_result.json"
POLL_SECONDS = 20.0
STARTS = 3
KEPT_EVENTS = 200


def tune_hosted(
    tuning: Tuning,
    *,
    today: dt.date | None = None,
    again: bool = False,
    poll_seconds: float = POLL_SECONDS,
    timeout_seconds: float = TIMEOUT,
) -> HostedResult:
    """Upload, start, follow to the end; the stored result if it is there, the running job if one is.

    `again` starts a new job where the last one failed. Stopping the process leaves the job running at the
    vendor; the same call finds it. Raises NotReady where data must not leave or there is no key, RunFailed
    with the vendor's words where the job fails or is cancelled.
    """
    day = today or dt.datetime.now(dt.UTC).date()
    prepared = prepare(tuning, today=day)
    folder = folder_of(tuning, prepared)
    if (folder / RESULT).is_file():
        return codec.read_json(folder / RESULT, HostedResult)
    refuse_forbidden(tuning, prepared, today=day)
    pause = min(poll_seconds, 1.0)
    provider = prepared.provider
    with Api(prepared.spec.url, provider.key_variable, pause=pause, timeout=timeout_seconds) as api:
        with tuning.engagement.lock():
            follower = _Follower(tuning, prepared, folder, api, _known(folder, prepared, again=again))
            follower.upload()
            follower.start()
        follower.follow(poll_seconds)
    return follower.conclude()


def folder_of(tuning: Tuning, prepared: Prepared) -> Path:
    """`models/hosted-<digest of the spec>/`."""
    return tuning.engagement.root / "models" / f"hosted-{digests.short(prepared.spec)}"


def _known(folder: Path, prepared: Prepared, *, again: bool) -> HostedJob:
    if not (folder / JOB).is_file():
        return HostedJob(spec=prepared.spec)
    job = codec.read_json(folder / JOB, HostedJob)
    if again and job.stage in ("failed", "cancelled"):
        return HostedJob(spec=prepared.spec, attempt=job.attempt + 1)
    return job


class _Follower:
    """One job, and its state on disk."""

    def __init__(self, tuning: Tuning, prepared: Prepared, folder: Path, api: Api, job: HostedJob) -> None:
        self.tuning, self.prepared, self.folder, self.api, self.job = tuning, prepared, folder, api, job

    @property
    def tag(self) -> str:
        """The same for the same spec and attempt, at most 18 letters."""
        return f"tc-{digests.short(self.prepared.spec)}-{self.job.attempt}"

    @property
    def order(self) -> Order:
        """What is to be started."""
        return Order(self.tag, self.prepared.spec.model, self.job.files, self.prepared.spec.settings)

    def upload(self) -> None:
        """Each file that has no id yet."""
        for name, content in self.prepared.files.items():
            if name in self.job.files or self.job.job:
                continue
            path = self.folder / f"{name}.jsonl"
            codec.write_bytes(path, content)
            self._keep()
            self._say(f"uploading {name}.jsonl to {self.api.host}")
            found = self.prepared.provider.upload(self.api, path, self.tag)
            self._keep(files=self.job.files | {name: found})

    def start(self) -> None:
        """Start the job unless the vendor already has it: an earlier call may have been cut off."""
        for _ in range(STARTS):
            if self.job.job:
                return
            begun = self.prepared.provider.find(self.api, self.order)
            if begun is None:
                try:
                    begun = self.prepared.provider.start(self.api, self.order)
                except Unclear:
                    continue
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            self._keep(job=begun.job, started_at=now, stage=begun.stage, status=begun.status)
        if not self.job.job:
            raise RunFailed(
                f"{self.api.host}: no clear answer on starting the job, {STARTS} times",
                fix="run the same call again: it looks for the job first",
            )

    def follow(self, poll_seconds: float) -> None:
        """Until the vendor calls it finished."""
        while self.job.stage not in FINAL:
            seen = self.prepared.provider.look(self.api, self.job.job)
            self._note(seen)
            if self.job.stage not in FINAL:
                time.sleep(poll_seconds)

    def conclude(self) -> HostedResult:
        """The result, or the vendor's words on why there is none."""
        job, spec = self.job, self.prepared.spec
        if job.stage != "succeeded" or not job.tuned:
            said = job.error or "it gives no reason"
            if job.stage == "succeeded":
                said = "it names no tuned model"
            raise RunFailed(
                f"{self.api.host}: job {job.job} {job.stage}: {said}",
                fix="mend what the vendor names, then start again with again=True",
            )
        plan = self.prepared.plan
        rows = {file.name: file.rows for file in plan.files}
        result = HostedResult(
            provider=spec.provider,
            host=plan.host,
            base=spec.model,
            model=job.tuned,
            job=job.job,
            rows=rows["train.jsonl"],
            rows_validation=rows.get("validation.jsonl", 0),
            trained_tokens=plan.trained_tokens,
            billed_tokens=job.billed_tokens,
            usd_likely=plan.usd_likely,
            seconds=_seconds_since(job.started_at),
            settings=spec.settings,
            notes=plan.notes,
        )
        codec.write_json(self.folder / RESULT, result)
        return result

    def _note(self, seen: Seen) -> None:
        fresh = self._fresh(self.prepared.provider.events(self.api, self.job.job))
        for event in fresh:
            self._say(event.message, percent=seen.percent)
        if seen.status != self.job.status or seen.percent:
            self._say(seen.status, percent=seen.percent)
        changed = (seen.stage, seen.status, seen.error, seen.tuned, seen.billed_tokens) != (
            self.job.stage,
            self.job.status,
            self.job.error,
            self.job.tuned,
            self.job.billed_tokens,
        )
        if fresh or changed:
            self._keep(
                stage=seen.stage,
                status=seen.status,
                error=seen.error,
                tuned=seen.tuned,
                billed_tokens=seen.billed_tokens,
                events=[*self.job.events, *fresh][-KEPT_EVENTS:],
            )

    def _fresh(self, events: list[HostedEvent]) -> list[HostedEvent]:
        known = set(map(_identity, self.job.events))
        return [event for event in events if _identity(event) not in known]

    def _keep(self, **changes: object) -> None:
        self.job = msgspec.structs.replace(self.job, **changes)
        codec.write_json(self.folder / JOB, self.job)

    def _say(self, line: str, *, percent: int = 0) -> None:
        self.tuning.on_progress(Progress(f"hosted: {self.job.spec.provider}", percent, 100, line))


def _identity(event: HostedEvent) -> tuple[str, str]:
    return event.at, event.message


def _seconds_since(started_at: str) -> float | None:
    if not started_at:
        return None
    begun = dt.datetime.fromisoformat(started_at)
    return max(0.0, (dt.datetime.now(dt.UTC) - begun).total_seconds())
