"""Work that spans siblings, as a list of jobs: each kind has its function here, the executor runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.cli.limits import limits_of
from advisor.cli.trainings import UNTRACKED, Base, Tracked, Trainings, refuse_impossible
from advisor.engagement import codec, digests
from advisor.engagement import machine as present
from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.folder import Engagement, ModelFolder, RunFolder
from advisor.engagement.progress import OnProgress
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.forecast import ArmForecast, Expected
from advisor.engagement.records.forgetting import CanaryAnswer, Forgetting
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Machine, RunSpec, TrainingSpec

if TYPE_CHECKING:
    from harness.arms._kind import Arm, ArmData
    from harness.executors.local import Job

ORPHAN_SECONDS = 600.0
"""How long a job waits for the process that had it before: a worker whose parent was killed still saves."""
PACKAGES = (
    "tunecase",
    "torch",
    "transformers",
    "peft",
    "bitsandbytes",
    "scikit-learn",
    "scipy",
    "statsmodels",
)


class Work:
    """One `compare`: the plan, the data, and what has been trained so far."""

    def __init__(
        self,
        engagement: Engagement,
        plan: Plan,
        *,
        on_progress: OnProgress,
        tracked: Tracked = UNTRACKED,
        may_execute: bool = False,
    ) -> None:
        from harness import arms
        from harness.arms._kind import Arm
        from harness.decoding import decoding_of
        from harness.judges.judging import refuse
        from harness.marking import basis_of, require
        from harness.running import arm_data
        from trainers.language.resolving import tokenizer_digest, weights_digest

        self.engagement = engagement
        self.plan = plan
        self.on_progress = on_progress
        self.may_execute = may_execute
        self.expected: dict[str, ArmForecast] = {}
        self.data: ArmData = arm_data(engagement, plan)
        require(plan.metric, basis_of(self.data, plan, engagement, may_execute=may_execute))
        decoding_of(plan, self.data, engagement)
        refuse(plan, self.data.task)
        self.arms: dict[str, Arm] = {name: find(arms, Arm, name) for name in plan.arms}
        _refuse_wrong_task(self.arms, self.data.task)
        refuse_impossible(engagement, plan, self.arms)
        needs_model = any(arm.needs_model for arm in self.arms.values())
        self.weights = weights_digest(plan.model) if needs_model else None
        self.tokenizer = tokenizer_digest(plan.model) if needs_model else None
        base = Base(self.weights, self.tokenizer) if self.weights and self.tokenizer else None
        self.trainings = Trainings(
            engagement, plan, self.data, base=base, on_progress=on_progress, tracked=tracked
        )

    def jobs(self) -> list[Job]:
        """Every training and every run, in plan order, each arm's training right before its run."""
        from harness.executors.grid import jobs_of

        return jobs_of(self.plan, self.arms)

    def actions(self) -> dict[str, Callable[[Job], None]]:
        """What each kind of job is, done once at a time even where two processes were given the same."""
        kinds = {"train": self.train, "run": self.run, "canaries": self.ask_canaries}
        return {kind: self._alone(action) for kind, action in kinds.items()}

    def _alone(self, action: Callable[[Job], None]) -> Callable[[Job], None]:
        def locked(job: Job) -> None:
            part = "" if job.rows is None else f"-{job.rows}"
            name = f"{job.kind}-{job.arm}-{job.seed}{part}"
            with self.engagement.lock(name, seconds=ORPHAN_SECONDS):
                action(job)

        return locked

    def training_spec(self, job: Job) -> TrainingSpec:
        """What the arm's model is asked to be."""
        return self.trainings.spec(self.arms[job.arm], job.seed, rows=job.rows)

    def run_spec(self, job: Job) -> RunSpec:
        """What the arm is asked; a trained arm's spec exists only once its model does."""
        from harness.running import run_spec

        arm = self.arms[job.arm]
        return run_spec(
            job.arm,
            self.plan,
            self.data,
            self.engagement,
            seed=job.seed,
            weights=self.weights if arm.needs_model else None,
            tokenizer=self.tokenizer if arm.needs_model else None,
            adapter=self._adapter(job),
        )

    def _adapter(self, job: Job) -> str | None:
        """sha256 of the trained files as they lie there now; refused where they were put there otherwise."""
        from trainers.language.resolving import trained_digest

        trained = self.trained(job)
        result = trained.result() if trained else None
        if trained is None or result is None:
            return None
        if codec.read_json(trained.spec_path, TrainingSpec) != self.training_spec(job):
            raise RunFailed(
                f"{trained.root}: this model was trained to another specification than its name says",
                fix="delete that folder and run `tunecase compare` again",
            )
        return trained_digest(trained.weights_path, recorded=result.weights)

    def trained(self, job: Job) -> ModelFolder | None:
        """The model folder of a trained arm."""
        return self.engagement.model_folder(self.training_spec(job)) if self.arms[job.arm].method else None

    def train(self, job: Job) -> None:
        """Train, or find the finished model."""
        self.trainings.train(self.arms[job.arm], job.seed, rows=job.rows, expected=self._expected(job))

    def run(self, job: Job) -> None:
        """Predict, or find the finished run."""
        from harness.running import run_arm

        spec = self.run_spec(job)
        model = self.plan.model if self.arms[job.arm].needs_model else None
        run_arm(
            spec,
            self.engagement.run_folder(spec),
            data=self.data,
            plan=self.plan,
            engagement=self.engagement,
            model=model,
            trained=self.trained(job),
            on_progress=self.on_progress,
            expected=self._expected(job),
            may_execute=self.may_execute,
        )

    def ask_canaries(self, job: Job) -> None:
        """General tasks for the trained model and its base, or their answers on disk."""
        with self.engagement.lock("canaries", seconds=ORPHAN_SECONDS):
            self._canaries(None)
        self._canaries(job)

    def forgetting(self) -> list[Forgetting]:
        """What each trained model of the plan lost against its base."""
        from harness.forgetting.asking import beside

        asked = [job for job in self.jobs() if job.kind == "canaries"]
        if not asked:
            return []
        base = self._canaries(None)
        return [beside(job.arm, job.seed, base, self._canaries(job)) for job in asked]

    def _canaries(self, job: Job | None) -> dict[str, CanaryAnswer]:
        """Answers of the trained model of a job; None: of the base."""
        from harness.forgetting.asking import ask, canary_spec

        assert self.weights is not None
        assert self.tokenizer is not None
        trained = self.trained(job) if job else None
        spec = canary_spec(
            weights=self.weights,
            tokenizer=self.tokenizer,
            adapter=self._adapter(job) if job else None,
            quantised=job is not None and self.arms[job.arm].method == "qlora",
        )
        return ask(
            spec,
            self.engagement.canary_folder(spec),
            model=self.plan.model,
            adapter=trained.weights_path if trained else None,
            on_progress=self.on_progress,
            said=job.arm if job else "base model",
        )

    def _expected(self, job: Job) -> Expected | None:
        """What the forecast says of this job, to be kept beside what it took."""
        arm = self.expected.get(job.arm)
        if arm is None or job.rows is not None:
            return None
        seconds = arm.training_seconds if job.kind == "train" else arm.predicting_seconds
        # the forecast has one figure for memory, that of the dearer job
        dearer = (job.kind == "train") == bool(self.arms[job.arm].method)
        return Expected(seconds=seconds, memory_gib=arm.memory_gib if dearer else None)

    def folders(self) -> list[RunFolder]:
        """The run folders of this plan, in plan order."""
        return [self.engagement.run_folder(self.run_spec(job)) for job in self.jobs() if job.kind == "run"]


Execute = Callable[[Work, "Sequence[Job]"], None]
"""Runs jobs, somewhere."""


def in_process(work: Work, jobs: Sequence[Job]) -> None:
    """Here, one after the other."""
    from harness.executors.local import execute

    execute(jobs, work.actions())


def compare(work: Work, *, machine: Machine, execute: Execute = in_process) -> tuple[Comparison, Verdict]:
    """Run every job that is not done, then compare and judge."""
    from harness.comparing import compare as compare_runs
    from harness.forecasting import forecast
    from harness.judges.judging import judge_outputs
    from harness.judging import judge

    engagement = work.engagement
    foreseen = forecast(engagement, work.plan, device=machine.device)
    work.expected = {arm.name: arm for arm in foreseen.arms}
    execute(work, work.jobs())
    folders = work.folders()
    price = _hourly_price(engagement, machine)
    judged = judge_outputs(engagement, work.plan, work.data, folders, on_progress=work.on_progress)
    comparison = compare_runs(
        engagement,
        work.plan,
        work.data,
        folders,
        provenance=provenance(work, machine, price),
        hourly_usd=price["usd"] if price else None,
        forgetting=work.forgetting(),
        limits=limits_of(engagement, work.plan, work.arms),
        may_execute=work.may_execute,
        judged=judged,
    )
    verdict = judge(comparison, engagement.recommendation())
    codec.write_json(engagement.verdict_path, verdict)
    if work.data.task == "classification":
        from harness.automating import automate

        automate(engagement, folders)
    return comparison, verdict


def prepare_machine(engagement: Engagement, *, workers: int = 1) -> Machine:
    """Probe the machine once per engagement: a resumed run computes with the same number of threads.

    Where its speed was measured, with as many threads as then; several workers share them.
    """
    from trainers.language.loading import device_name
    from trainers.language.threads import choose_threads, set_threads

    cores = present.cores()
    device = device_name()
    known = engagement.machine()
    if known is None or (known.device, known.cores) != (device, cores):
        measured = engagement.calibration_of(device)
        threads = measured.threads if measured else choose_threads()
        known = Machine(device=device, cores=cores, threads=max(1, threads // workers))
        codec.write_json(engagement.machine_path, known)
    set_threads(known.threads)
    return known


def provenance(work: Work, machine: Machine, price: dict[str, Any] | None) -> dict[str, Any]:
    """Everything needed to say where the numbers come from."""
    return {
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "machine": msgspec.to_builtins(machine),
        "model": work.plan.model if work.weights else None,
        "weights": work.weights,
        "tokenizer": work.tokenizer,
        "data": work.data.digest,
        "splits": work.engagement.splits().digest,
        "plan": digests.of_record(work.plan),
        "seeds": work.plan.seeds,
        "hourly_price": price,
        "searches": work.trainings.searches(),
    }


def _hourly_price(engagement: Engagement, machine: Machine) -> dict[str, Any] | None:
    from advisor.costing.prices import hourly_price

    price = hourly_price(machine.device, engagement.settings().prices)
    return price._asdict() if price else None


def _refuse_wrong_task(arms: dict[str, Arm], task: str) -> None:
    wrong = [name for name, arm in arms.items() if task not in arm.tasks]
    if wrong:
        fitting = [name for name in arms if name not in wrong]
        raise PlanError(
            f"{', '.join(wrong)}: no arm for {task}", fix=f"run with --arms {','.join(fitting) or 'floor'}"
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
