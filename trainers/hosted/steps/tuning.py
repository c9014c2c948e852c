"""From rows to a tuned model at a vendor: each step is written down first, so that a killed run goes on."""

from __future__ import annotations

import datetime as dt
import re
import time

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import RunFailed
from advisor.engagement.hosted_folder import HostedFolder
from advisor.engagement.progress import Progress
from advisor.engagement.records.hosted import (
    FINAL,
    HostedEvent,
    HostedJob,
    HostedPlan,
    HostedResult,
)
from trainers.hosted._kind import Order, Seen
from trainers.hosted.steps.calling import FIRST_PAUSE, RERUN, TIMEOUT, Api, NoAnswer, Unclear
from trainers.hosted.steps.preparing import Prepared, Tuning

POLL_SECONDS = 20.0
STARTS = 3
LOOKS = 6
"""Looks for a job that may have been started, each after twice the pause: 31 seconds in all."""
SETTLED = 3600.0
"""Seconds after which a job that is not listed does not exist: our choice, far above any delay we know of."""
PATIENCE = 3600.0
"""Seconds without an answer after which nobody follows any longer: our choice."""
KEPT_EVENTS = 200
STEP = re.compile(r"\bstep (\d+) ?(?:/|of) ?(\d+)", re.IGNORECASE)
"""How events tell steps, as OpenAI's `Step 10/100: training loss=0.52`."""


def tune_hosted(
    tuning: Tuning,
    prepared: Prepared,
    *,
    again: bool = False,
    poll_seconds: float = POLL_SECONDS,
    timeout_seconds: float = TIMEOUT,
    patience: float = PATIENCE,
) -> HostedResult:
    """Upload, start, follow to the end; the stored result if it is there, the running job if one is.

    `again` starts a new job where the last one failed, or where none was found after a start without an
    answer. Stopping the process leaves the job running at the
    vendor; the same call finds it. Raises NotReady where there is no key, RunFailed with the vendor's words
    where the job fails or is cancelled.
    """
    folder = tuning.engagement.hosted_folder(prepared.spec)
    done = folder.result()
    if done is not None:
        return done
    pause = min(poll_seconds, FIRST_PAUSE)
    key_variable = prepared.provider.key_variable
    with Api(prepared.spec.url, key_variable, pause=pause, timeout=timeout_seconds) as api:
        with tuning.engagement.lock():
            known = folder.job() or HostedJob(spec=prepared.spec)
            follower = _Follower(tuning, prepared, folder, api, known)
            if again:
                follower.begin_anew()
            follower.upload()
            follower.start()
        follower.follow(poll_seconds, patience)
    return follower.conclude()


class _Follower:
    """One job, and its state on disk."""

    def __init__(
        self, tuning: Tuning, prepared: Prepared, folder: HostedFolder, api: Api, job: HostedJob
    ) -> None:
        self.tuning, self.prepared, self.folder, self.api, self.job = tuning, prepared, folder, api, job
        self._percent = 0

    @property
    def tag(self) -> str:
        """The same for the same spec and attempt, at most 18 letters."""
        return f"tc-{digests.short(self.prepared.spec)}-{self.job.attempt}"

    @property
    def order(self) -> Order:
        """What is to be started."""
        return Order(self.tag, self.prepared.spec.model, self.job.files, self.prepared.spec.settings)

    def begin_anew(self) -> None:
        """Another attempt under another tag, unless the job is there or may still come to its end."""
        lost = self.job.asked and not self.job.job and self._begun() is None
        if lost or self.job.stage in ("failed", "cancelled"):
            self.job = HostedJob(spec=self.prepared.spec, attempt=self.job.attempt + 1)

    def upload(self) -> None:
        """Each file that has no id yet."""
        for name, content in self.prepared.files.items():
            if name in self.job.files or self.job.job:
                continue
            path = self.folder.file_path(name)
            codec.write_bytes(path, content)
            self._keep()
            self._say("upload", f"{name}.jsonl to {self.api.host}")
            found = self.prepared.provider.upload(self.api, path, self.tag)
            self._keep(files=self.job.files | {name: found})

    def start(self) -> None:
        """Start the job unless the vendor already has it, or may have it without showing it yet.

        An earlier request may have been cut off after it was carried out, and every job is billed.
        """
        for _ in range(STARTS):
            begun = None if self.job.job else self._begun()
            if begun is None and not self.job.job:
                self._refuse_unsure()
                begun = self._started()
            if begun is not None:
                now = _now().isoformat(timespec="seconds")
                self._keep(job=begun.job, started_at=now, status=begun.status)
            if self.job.job:
                return
        raise RunFailed(f"{self.api.host}: no clear answer on starting the job, {STARTS} times", fix=RERUN)

    def _begun(self) -> Seen | None:
        """The job, where an earlier request has begun one; a vendor may take its time to list it."""
        for number in range(LOOKS if self.job.asked else 1):
            if number:
                self._say("start", f"looking whether {self.api.host} has the job")
                time.sleep(self.api.pause * 2 ** (number - 1))
            found = self.prepared.provider.find(self.api, self.order)
            if found is not None and found.job:
                return found
        return None

    def _refuse_unsure(self) -> None:
        """Raise RunFailed where a start is open, unless the vendor or an hour makes a second one safe."""
        job = self.job
        sent = dt.datetime.fromisoformat(job.asked_at) if job.asked_at else None
        settled = sent is not None and (_now() - sent).total_seconds() >= SETTLED
        if not job.asked or settled or self.prepared.provider.names_jobs:
            return
        raise RunFailed(
            f"{self.api.host}: it did not say whether it started the job {self.tag}, and does not list it; "
            "a second job would be billed too",
            fix="run the same command again: it looks again, and from an hour after the start on it begins "
            "one where none is listed; with --again it does so now, once you have seen that none is there",
        )

    def _started(self) -> Seen | None:
        """The job that one request begins; None where nobody can say whether it did."""
        self._keep(asked=True, asked_at=_now().isoformat(timespec="seconds"))
        try:
            begun = self.prepared.provider.start(self.api, self.order)
        except Unclear:
            return None
        except RunFailed:
            self._keep(asked=False)
            raise
        return begun if begun.job else None

    def follow(self, poll_seconds: float, patience: float) -> None:
        """Until the vendor calls it finished; silence is borne for a while."""
        last = time.monotonic()
        while self.job.stage not in FINAL or (self.job.stage == "succeeded" and not self.job.tuned):
            try:
                self._note(self.prepared.provider.look(self.api, self.job.job))
                last = time.monotonic()
            except NoAnswer as silence:
                if time.monotonic() - last >= patience:
                    raise
                self._say(self.job.status, f"{silence.problem}; the job goes on there, looking again")
            if self.job.stage in FINAL:
                return
            time.sleep(poll_seconds)

    def conclude(self) -> HostedResult:
        """The result, or the vendor's words on why there is none."""
        job = self.job
        if job.stage == "succeeded" and not job.tuned:
            raise RunFailed(f"{self.api.host}: job {job.job} succeeded and names no tuned model", fix=RERUN)
        if job.stage != "succeeded":
            raise RunFailed(
                f"{self.api.host}: job {job.job} {job.stage}: {job.error or 'it gives no reason'}",
                fix="mend what the vendor names, then start a new job with --again",
            )
        rows = digests.of_records([*self.tuning.train, *self.tuning.validation])
        result = _result(job, self.prepared, data=rows)
        codec.write_json(self.folder.result_path, result)
        return result

    def _note(self, seen: Seen) -> None:
        fresh = self._fresh(self.prepared.provider.events(self.api, self.job.job))
        steps = [found for event in fresh if (found := STEP.search(event.message))]
        if steps and int(steps[-1][2]):
            self._percent = min(99, 100 * int(steps[-1][1]) // int(steps[-1][2]))
        self._percent = 100 if seen.stage == "succeeded" else max(self._percent, seen.percent)
        before = self.job
        self._keep(
            stage=seen.stage,
            status=seen.status,
            error=seen.error,
            tuned=seen.tuned if seen.stage == "succeeded" else "",
            billed_tokens=seen.billed_tokens,
            billed_usd=seen.billed_usd,
            events=[*self.job.events, *fresh][-KEPT_EVENTS:],
        )
        for event in fresh:
            self._say(seen.status, event.message)
        if not fresh and (seen.status != before.status or seen.percent):
            self._say(seen.status, "")

    def _fresh(self, events: list[HostedEvent]) -> list[HostedEvent]:
        known = set(map(_identity, self.job.events))
        return [event for event in events if _identity(event) not in known]

    def _keep(self, **changes: object) -> None:
        changed = msgspec.structs.replace(self.job, **changes)
        if changed != self.job or not self.folder.job_path.is_file():
            self.job = changed
            codec.write_json(self.folder.job_path, self.job)

    def _say(self, stage: str, note: str) -> None:
        title = self.prepared.provider.title
        self.tuning.on_progress(Progress(f"{title}: {stage}", self._percent, 100, note))


def _result(job: HostedJob, prepared: Prepared, *, data: str) -> HostedResult:
    plan, spec, now = prepared.plan, prepared.spec, _now()
    rows = {file.name: file.rows for file in plan.files}
    begun = dt.datetime.fromisoformat(job.started_at) if job.started_at else None
    return HostedResult(
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
        seconds=None if begun is None else max(0.0, (now - begun).total_seconds()),
        settings=spec.settings,
        notes=plan.notes,
        url=prepared.provider.asks(spec.url),
        usd_billed=_billed(job, plan),
        price_source=plan.price_source,
        price_as_of=plan.price_as_of,
        data=data,
        finished_at=now.isoformat(timespec="seconds"),
    )


def _billed(job: HostedJob, plan: HostedPlan) -> float | None:
    if job.billed_usd is not None or job.billed_tokens is None or plan.usd_per_million is None:
        return job.billed_usd
    return plan.usd_per_million.likely * job.billed_tokens / 1e6


def _identity(event: HostedEvent) -> tuple[str, str]:
    return event.at, event.message


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
