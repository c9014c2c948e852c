"""Every training of a plan: its spec, what it is given besides the rows, and the search for its settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from advisor.cli.uploads import host_of, refuse_upload
from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement, ModelFolder
from advisor.engagement.progress import OnProgress
from advisor.engagement.records.documents import Document
from advisor.engagement.records.examples import Example, Preference
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.plan import Plan, SearchSettings, TrainingSettings
from advisor.engagement.records.runs import TrainingSpec

if TYPE_CHECKING:
    from harness.arms._kind import Arm, ArmData
    from harness.endpoints.client import Reply
    from trainers.objectives._kind import Job, Measure, Teacher
    from trainers.searching import Found

PREFERRING = ("dpo", "reward", "rlhf")
"""Objectives that learn from pairs."""


class Base(NamedTuple):
    """What the arms of a plan build on."""

    weights: str
    """sha256 of the base weights."""
    tokenizer: str
    """sha256 of tokenizer and chat template."""


class Tracked(NamedTuple):
    """Who else is told of losses and settings."""

    tracker: str = ""
    """tensorboard, mlflow or wandb; empty for none."""
    may_upload: bool = False
    """Whether they may go to another machine."""


UNTRACKED = Tracked()


class Earlier(NamedTuple):
    """The training that is gone on from."""

    folder: ModelFolder
    """Where it lies."""
    spec: TrainingSpec
    """What it was asked."""
    weights: str
    """sha256 of its files."""


class Trainings:
    """The trainings of one `compare`."""

    def __init__(
        self,
        engagement: Engagement,
        plan: Plan,
        data: ArmData,
        *,
        base: Base | None,
        on_progress: OnProgress,
        tracked: Tracked,
    ) -> None:
        self.engagement, self.plan, self.data, self.base = engagement, plan, data, base
        self.on_progress, self.tracked = on_progress, tracked
        self._sought: dict[str, Found] = {}
        self._earlier: Earlier | None = None
        self._learnt: list[Example] | None = None
        self._grounded: dict[str, ArmData] = {}
        self._specs: dict[tuple[str, int, int | None], TrainingSpec] = {}

    def spec(self, arm: Arm, seed: int, *, rows: int | None = None) -> TrainingSpec:
        """What the arm's model is asked to be, by `rows` of the training rows or all of them.

        Settings are sought first where the plan says so.
        """
        asked = (arm.name, seed, rows)
        if asked not in self._specs:
            self._specs[asked] = self._spec(arm, seed, self._settings(arm), rows=rows)
        return self._specs[asked]

    def train(
        self, arm: Arm, seed: int, *, rows: int | None = None, expected: Expected | None = None
    ) -> None:
        """Train, or find the finished model."""
        from trainers.training import train

        train(self.job(arm, seed, rows=rows, expected=expected))

    def job(self, arm: Arm, seed: int, *, rows: int | None = None, expected: Expected | None = None) -> Job:
        """One training, ready to run."""
        return self._job(arm, self.spec(arm, seed, rows=rows), rows=rows, expected=expected)

    def pairs(self, arm: Arm, *splits: str) -> list[Preference]:
        """Preference pairs of these splits, those to learn from where none is named; none for other arms."""
        if arm.objective not in PREFERRING:
            return []
        wanted = splits or ("train",)
        return [pair for pair in self.engagement.preferences() if pair.meta.get("split", "train") in wanted]

    def texts(self, arm: Arm) -> list[str]:
        """The engagement's documents, for arms that read raw text first."""
        path = self.engagement.documents_path / "documents.jsonl"
        if arm.objective != "continued_pretraining" or not path.exists():
            return []
        return [document.text for document in codec.iter_lines(path, Document)]

    def _data(self, arm: Arm) -> ArmData:
        """The splits; for an arm that retrieves, with the passages found for each row."""
        if not arm.retrieves:
            return self.data
        if arm.name not in self._grounded:
            from harness.retrieval.asking import grounded, grounds

            found = grounds(self.plan, self.engagement, self.data, arm=arm.name)
            self._grounded[arm.name] = grounded(self.data, found)
        return self._grounded[arm.name]

    def _rows(self, arm: Arm, rows: int | None) -> list[Example]:
        """All training rows, or so many of them."""
        train = self._data(arm).train
        if rows is None or rows >= len(train):
            return train
        from harness.curves import nested

        return nested(train, rows)

    def _spec(
        self, arm: Arm, seed: int, settings: TrainingSettings, *, rows: int | None = None
    ) -> TrainingSpec:
        from trainers.training import training_spec

        assert self.base is not None
        assert arm.method is not None
        earlier = self._begins(arm)
        old = self._old(earlier, settings)
        return training_spec(
            msgspec.structs.replace(self.plan, training=settings),
            arm.method,
            seed,
            train=self._rows(arm, rows),
            validation=self._data(arm).validation,
            labels=self.data.labels,
            weights=self.base.weights,
            tokenizer=self.base.tokenizer,
            objective=arm.objective,
            pairs=self.pairs(arm),
            begins_with=earlier.weights if earlier else "",
            texts=self.texts(arm),
            old=[*old, *self.data.test] if old else [],
        )

    def _job(
        self, arm: Arm, spec: TrainingSpec, *, rows: int | None = None, expected: Expected | None = None
    ) -> Job:
        from trainers.objectives._kind import Job

        earlier = self._begins(arm)
        return Job(
            spec=spec,
            folder=self.engagement.model_folder(spec),
            model=self.plan.model,
            train=self._rows(arm, rows),
            validation=self._data(arm).validation,
            on_progress=self.on_progress,
            pairs=self.pairs(arm),
            held_out_pairs=self.pairs(arm, "validation"),
            begin_with=earlier.folder.weights_path if earlier else None,
            measure=self._measure(arm),
            teacher=self._teacher(arm, spec),
            texts=self.texts(arm),
            old=self._old(earlier, spec.settings),
            test=self._data(arm).test,
            expected=expected,
            tracker=self.tracked.tracker,
            may_upload=self.tracked.may_upload,
        )

    def _measure(self, arm: Arm) -> Measure | None:
        """Accuracy or token F1 on validation rows, during training."""
        if arm.objective in PREFERRING:
            return None
        from harness.measuring import measuring

        return measuring(self.plan, self.engagement, self._data(arm))

    def _teacher(self, arm: Arm, spec: TrainingSpec) -> Teacher | None:
        """Run here, or asked through the harness's client with what its answers have cost so far."""
        settings = self.plan.distillation
        if arm.objective != "distillation" or settings is None:
            return None
        from trainers.distilling import teacher_of, tokens_paid

        asked: dict[str, Any] = {"instruction": self.plan.instruction, "labels": self.data.labels}
        if not settings.base_url:
            return teacher_of(settings, **asked)
        from harness.teaching import REFUSED, endpoint_teacher
        from trainers.objectives._kind import Said

        def said(reply: Reply) -> Said:
            refused = reply.finish_reason if reply.finish_reason.startswith(REFUSED) else ""
            counts = reply.tokens_in or 0, reply.tokens_out or 0
            return Said(reply.text, reply.finish_reason == "length", refused, *counts)

        paid = tokens_paid(self.engagement.model_folder(spec), spec.teacher)
        return endpoint_teacher(settings, **asked, to=said, tokens=paid)

    def searches(self) -> dict[str, dict[str, object]]:
        """By arm: how many settings were tried on validation, and which were best."""
        return {
            name: {"trials": len(found.trials), "best": msgspec.to_builtins(found.best)}
            for name, found in self._sought.items()
        }

    def _settings(self, arm: Arm) -> TrainingSettings:
        """Those of the plan, or the best that a search around them finds, made once for each arm."""
        from harness.forecasting import SEARCHED

        if self.plan.search is None or arm.objective != SEARCHED:
            return self.plan.training
        if arm.name not in self._sought:
            self._sought[arm.name] = self._seek(arm, self.plan.search)
        return self._sought[arm.name].settings

    def _seek(self, arm: Arm, budget: SearchSettings) -> Found:
        from trainers.searching import search, space_around

        seed = self.plan.seeds[0]
        around = self._spec(arm, seed, self.plan.training).settings
        space = space_around(around)
        if arm.method == "full":
            space = msgspec.structs.replace(space, rank=(around.rank,))
        return search(
            lambda settings: self._job(arm, self._spec(arm, seed, settings)),
            space,
            trials=budget.trials,
            minutes=budget.minutes or None,
            folder=self.engagement.models_path,
            seed=seed,
            on_progress=self.on_progress,
        )

    def _begins(self, arm: Arm) -> Earlier | None:
        """The earlier training, for arms of its method; the others start afresh."""
        if not self.plan.begin_with:
            return None
        if self._earlier is None:
            assert self.base is not None
            self._earlier = earlier_training(self.engagement, self.plan.begin_with, base=self.base)
        return self._earlier if arm.method == self._earlier.spec.method else None

    def _old(self, earlier: Earlier | None, settings: TrainingSettings) -> list[Example]:
        if earlier is None or not settings.replay:
            return []
        if self._learnt is None:
            self._learnt = rows_learnt(earlier)
        return self._learnt


def earlier_training(engagement: Engagement, named: str, *, base: Base) -> Earlier:
    """The training that `begin_with` names, here or in another engagement; refused on another base."""
    from trainers.language.resolving import files_digest

    root = Path(named) if Path(named).is_absolute() else engagement.root / named
    folder = ModelFolder(root)
    if folder.result() is None:
        raise PlanError(
            f"begin_with: {root} holds no finished training",
            fix="name a folder below models/ with a result.json in it",
        )
    spec = codec.read_json(folder.spec_path, TrainingSpec)
    if spec.weights != base.weights:
        raise PlanError(
            f"begin_with: {root} was trained on another base model than the plan's",
            fix="set model to the base of that training",
        )
    return Earlier(folder, spec, files_digest(folder.weights_path))


def rows_learnt(earlier: Earlier) -> list[Example]:
    """Training rows of the engagement that an earlier training lies in, if they are those that it learnt."""
    from harness.running import arm_data

    old = Engagement(earlier.folder.root.parents[1])
    data = arm_data(old, old.plan())
    if digests.of_records([*data.train, *data.validation]) != earlier.spec.data:
        raise PlanError(
            f"replay: the rows in {old.root} are no longer those that {earlier.folder.name} learnt",
            fix="copy the engagement before new data is checked into it, and name the copy in begin_with",
        )
    return data.train


def permitted(engagement: Engagement, plan: Plan, *, tracker: str, allowed: Collection[str]) -> Tracked:
    """The tracker, once it is known and neither it nor a teacher sends out what may not leave."""
    teacher = plan.distillation if "distillation" in plan.arms else None
    if teacher is not None and teacher.base_url:
        refuse_upload(engagement, host_of(teacher.base_url), "the teacher", allowed=allowed)
    servers = (
        ("endpoint", plan.endpoint, ""),
        ("endpoint_rag", plan.endpoint, ", with passages of the documents,"),
        ("tuned_endpoint", plan.tuned_endpoint, ""),
    )
    for arm, server, more in servers:
        if arm in plan.arms and server is not None:
            refuse_upload(engagement, host_of(server.base_url), f"the arm {arm}{more}", allowed=allowed)
    if plan.judge is not None and plan.judge.base_url:
        refuse_upload(engagement, host_of(plan.judge.base_url), "the judge", allowed=allowed)
    if not tracker:
        return UNTRACKED
    from trainers.tracking import KINDS, refuse

    refuse(tracker, may_upload=True)
    refuse_upload(engagement, KINDS[tracker].uploads(), f"the tracker {tracker}", allowed=allowed)
    return Tracked(tracker, may_upload=True)


def refuse_impossible(engagement: Engagement, plan: Plan, arms: Mapping[str, Arm]) -> None:
    """Refuse what a training would lack, before anything runs."""
    for name, arm in arms.items():
        if arm.settings is not None:
            arm.settings(plan, engagement)
        if arm.objective == "distillation" and (plan.distillation is None or not plan.distillation.teacher):
            raise PlanError(
                f"{name} learns the answers of a teacher, and the plan names none",
                fix='add to plan.toml: [distillation] with teacher = "MODEL" (and base_url for an endpoint)',
            )
        if arm.objective == "continued_pretraining" and not engagement.documents_path.exists():
            raise NotReady(
                f"{name} reads raw text first, and the engagement has no documents",
                fix="run `tunecase check FILE --documents FOLDER`",
            )
    if plan.search is not None and plan.search.trials < 1:
        raise PlanError(
            f"[search] trials is {plan.search.trials}, expected 1 or more", fix="correct it in plan.toml"
        )
