"""The engagement folder: the only place that knows file names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.engagement import codec, digests, machine
from advisor.engagement.errors import Busy, FileError, NotReady
from advisor.engagement.hosted_folder import HostedFolder
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.augment import Augmented
from advisor.engagement.records.automation import Automation
from advisor.engagement.records.calibration import Calibration
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.curve import LearningCurve
from advisor.engagement.records.examples import Example, Preference, Splits
from advisor.engagement.records.forgetting import CanarySpec
from advisor.engagement.records.hosted import HostedResult, HostedSpec
from advisor.engagement.records.intake import Intake, Profile
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import (
    Machine,
    Prediction,
    RunResult,
    RunSpec,
    TrainingResult,
    TrainingSpec,
)
from advisor.engagement.records.settings import Settings

MARKER = "engagement.toml"


class Engagement:
    """One client project on disk; every command reads some of its files and writes others."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, start: Path) -> Engagement:
        """The nearest folder upward from `start` that holds `engagement.toml`."""
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / MARKER).is_file():
                return cls(folder)
        raise NotReady(
            f"{start}: no {MARKER} here or above", fix="run `tunecase init DIR`, or name a folder with -C"
        )

    @classmethod
    def create(cls, root: Path, settings: Settings) -> Engagement:
        """A new engagement in an absent or empty folder."""
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise FileError(f"{root} exists and is not empty", fix="name a new folder")
        # imported here: reading an engagement needs no TOML writer
        from advisor.engagement.toml_out import to_toml

        engagement = cls(root)
        codec.write_text(engagement.settings_path, to_toml(settings))
        return engagement

    @property
    def settings_path(self) -> Path:
        """`engagement.toml`."""
        return self.root / MARKER

    @property
    def answers_path(self) -> Path:
        """`answers.toml`."""
        return self.root / "answers.toml"

    @property
    def plan_path(self) -> Path:
        """`plan.toml`."""
        return self.root / "plan.toml"

    @property
    def examples_path(self) -> Path:
        """Canonical rows."""
        return self.root / "data" / "examples.jsonl"

    @property
    def splits_path(self) -> Path:
        """Frozen splits."""
        return self.root / "data" / "splits.json"

    @property
    def profile_path(self) -> Path:
        """Profile of the data."""
        return self.root / "data" / "profile.json"

    @property
    def intake_path(self) -> Path:
        """What `check` said, kept for the report."""
        return self.root / "data" / "intake.json"

    @property
    def rejected_path(self) -> Path:
        """Rows left out, with line and reason."""
        return self.root / "data" / "rejected.jsonl"

    @property
    def unwanted_path(self) -> Path:
        """Rows marked as answers that people do not want."""
        return self.root / "data" / "unwanted.jsonl"

    @property
    def findings_path(self) -> Path:
        """All rows of every finding."""
        return self.root / "data" / "findings.jsonl"

    @property
    def preferences_path(self) -> Path:
        """Preference pairs, where there are any."""
        return self.root / "data" / "preferences.jsonl"

    @property
    def curve_path(self) -> Path:
        """The learning curve of one arm."""
        return self.root / "runs" / "learning_curve.json"

    @property
    def synthetic_path(self) -> Path:
        """Rows that a model has written, learnt from beside the client's."""
        return self.root / "data" / "synthetic.jsonl"

    @property
    def synthetic_record_path(self) -> Path:
        """Where those rows come from; without it they count as absent."""
        return self.root / "data" / "synthetic.json"

    @property
    def augment_path(self) -> Path:
        """Rounds of writing, one folder each."""
        return self.root / "data" / "augment"

    @property
    def models_path(self) -> Path:
        """Folder of trainings, one folder each."""
        return self.root / "models"

    @property
    def documents_path(self) -> Path:
        """Folder of documents for retrieval."""
        return self.root / "data" / "documents"

    @property
    def recommendation_path(self) -> Path:
        """The present advice."""
        return self.root / "advice" / "recommendation.json"

    @property
    def history_path(self) -> Path:
        """Every advice given, one line each."""
        return self.root / "advice" / "history.jsonl"

    @property
    def comparison_path(self) -> Path:
        """Arms side by side."""
        return self.root / "runs" / "comparison.json"

    @property
    def automation_path(self) -> Path:
        """What each arm could do alone."""
        return self.root / "runs" / "automation.json"

    @property
    def verdict_path(self) -> Path:
        """What follows from it."""
        return self.root / "runs" / "verdict.json"

    @property
    def agreed_plan_path(self) -> Path:
        """The decision rule as it stood at the first prediction."""
        return self.root / "runs" / "agreed_plan.json"

    @property
    def machine_path(self) -> Path:
        """Device and thread count of the runs."""
        return self.root / "runs" / "machine.json"

    @property
    def calibration_path(self) -> Path:
        """How fast a machine is, measured."""
        return self.root / "calibration.json"

    @property
    def report_path(self) -> Path:
        """The one HTML file."""
        return self.root / "report" / "report.html"

    @property
    def log_path(self) -> Path:
        """Debug log of the last compare."""
        return self.root / "runs" / "compare.log"

    @property
    def serve_log_path(self) -> Path:
        """Log of the last server."""
        return self.root / "runs" / "serve.log"

    @property
    def serve_request_path(self) -> Path:
        """A request that the last server answers."""
        return self.root / "runs" / "serve_request.json"

    def run_folder(self, spec: RunSpec) -> RunFolder:
        """Where this spec's predictions live."""
        return RunFolder(self.root / "runs" / f"{spec.arm}-{digests.short(spec)}")

    def model_folder(self, spec: TrainingSpec) -> ModelFolder:
        """Where this spec's weights live."""
        return ModelFolder(self.models_path / f"{spec.method}-{digests.short(spec)}")

    def hosted_folder(self, spec: HostedSpec) -> HostedFolder:
        """Where a fine-tuning at a vendor is written down."""
        return HostedFolder(self.models_path / f"hosted-{digests.short(spec)}")

    def hosted_results(self) -> list[HostedResult]:
        """Every finished fine-tuning at a vendor."""
        folders = map(HostedFolder, sorted(self.models_path.glob("hosted-*")))
        return [found for folder in folders if (found := folder.result()) is not None]

    def canary_folder(self, spec: CanarySpec) -> Path:
        """Where one model's answers to the canaries belong."""
        return self.root / "runs" / "canaries" / digests.short(spec)

    def run(self, name: str) -> RunFolder:
        """A run by its folder's name."""
        return RunFolder(self.root / "runs" / name)

    def training_result(self, name: str) -> TrainingResult | None:
        """The result of a trained model by its folder's name, or None."""
        return ModelFolder(self.models_path / name).result()

    def settings(self) -> Settings:
        """Title, client, money."""
        return codec.read_toml(self.settings_path, Settings)

    def plan(self) -> Plan:
        """The agreed work."""
        if not self.plan_path.exists():
            raise NotReady(f"{self.plan_path}: no plan yet", fix="run `tunecase plan`")
        return codec.read_toml(self.plan_path, Plan)

    def recommendation(self) -> Recommendation | None:
        """The advice, or None."""
        return _optional(self.recommendation_path, Recommendation)

    def comparison(self) -> Comparison | None:
        """The comparison, or None."""
        return _optional(self.comparison_path, Comparison)

    def verdict(self) -> Verdict | None:
        """The verdict, or None."""
        return _optional(self.verdict_path, Verdict)

    def automation(self) -> Automation | None:
        """What each arm could do alone, if it was measured."""
        return _optional(self.automation_path, Automation)

    def curve(self) -> LearningCurve | None:
        """The learning curve, if one was drawn."""
        return _optional(self.curve_path, LearningCurve)

    def profile(self) -> Profile | None:
        """The profile, or None."""
        return _optional(self.profile_path, Profile)

    def machine(self) -> Machine | None:
        """Where the runs happen, or None before the first."""
        return _optional(self.machine_path, Machine)

    def calibration(self) -> Calibration | None:
        """The measured speed of a machine, or None where none was measured."""
        return _optional(self.calibration_path, Calibration)

    def calibration_of(self, device: str) -> Calibration | None:
        """The measured speed if it is this device's; CPUs differ by the processor's name and cores."""
        found = self.calibration()
        if found is None or found.device != device:
            return None
        same = (found.processor, found.cores) == (machine.processor(), machine.cores())
        return found if device != "cpu" or same else None

    def intake(self) -> Intake | None:
        """What `check` said, or None."""
        return _optional(self.intake_path, Intake)

    def splits(self) -> Splits:
        """The frozen splits."""
        if not self.splits_path.exists():
            raise NotReady(f"{self.root}: no data yet", fix="run `tunecase check FILE`")
        return codec.read_json(self.splits_path, Splits)

    def examples(self) -> dict[str, Example]:
        """Canonical rows by id, in file order."""
        if not self.examples_path.exists():
            raise NotReady(f"{self.root}: no data yet", fix="run `tunecase check FILE`")
        return {example.id: example for example in codec.iter_lines(self.examples_path, Example)}

    def augmented(self) -> Augmented | None:
        """The round whose rows are learnt from, if any."""
        return _optional(self.synthetic_record_path, Augmented)

    def synthetic(self) -> list[Example]:
        """Rows that a model has written from the frozen ones; none where they were written from others."""
        found = self.augmented()
        if found is None or not self.splits_path.exists() or found.data != self.splits().digest:
            return []
        return list(codec.iter_lines(self.synthetic_path, Example))

    def preferences(self) -> list[Preference]:
        """Preference pairs, possibly none."""
        if not self.preferences_path.exists():
            return []
        return list(codec.iter_lines(self.preferences_path, Preference))

    def run_counts(self) -> tuple[int, int]:
        """Finished runs and begun runs, as their folders say."""
        begun = [folder.parent for folder in (self.root / "runs").glob("*/spec.json")]
        return sum((folder / "result.json").exists() for folder in begun), len(begun)

    @contextmanager
    def lock(self, job: str = "", *, seconds: float = 0.0) -> Iterator[None]:
        """Keep other processes out while this one writes runs, or for so long waits to do one job of them."""
        import filelock

        path = self.root / ".locks" / f"{job}.lock" if job else self.root / ".lock"
        path.parent.mkdir(exist_ok=True)
        lock = filelock.FileLock(str(path))
        try:
            lock.acquire(timeout=seconds)
        except filelock.Timeout:
            raise Busy(
                f"{self.root}: another tunecase process works {f'on {job}' if job else 'here'}",
                fix="wait for it, or stop it",
            ) from None
        try:
            yield
        finally:
            lock.release()


class ModelFolder:
    """One trained model: spec, steps, checkpoints, weights, result."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spec_path = root / "spec.json"
        self.steps_path = root / "steps.jsonl"
        self.evaluations_path = root / "evaluations.jsonl"
        self.checkpoint_path = root / "checkpoint"
        self.best_path = root / "best"
        self.weights_path = root / "weights"
        self.result_path = root / "result.json"

    @property
    def name(self) -> str:
        """Folder name: method and digest."""
        return self.root.name

    def result(self) -> TrainingResult | None:
        """The result, or None while training is not done."""
        return _optional(self.result_path, TrainingResult)


class RunFolder:
    """One arm over the held-out data: spec, predictions, result."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spec_path = root / "spec.json"
        self.predictions_path = root / "predictions.jsonl"
        self.result_path = root / "result.json"

    @property
    def name(self) -> str:
        """Folder name: arm and digest."""
        return self.root.name

    def result(self) -> RunResult | None:
        """The result, or None while the arm is not done."""
        return _optional(self.result_path, RunResult)

    def predictions(self) -> list[Prediction]:
        """Finished rows, possibly none."""
        if not self.predictions_path.exists():
            return []
        return list(codec.iter_lines(self.predictions_path, Prediction))


def _optional(path: Path, kind: type[codec.R]) -> codec.R | None:
    return codec.read_json(path, kind) if path.exists() else None
