"""Several processes that train one model on the same rows: every step is parted among them, its loss is not.

Started by `accelerate launch`. The rows of an optimizer step are those of a process alone, so that a crew of
any size learns the same but for rounding.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import torch
import torch.distributed as dist
from accelerate import PartialState
from transformers import TrainerCallback

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.runs import TrainingResult
from trainers import sharding
from trainers.language.rendering import IGNORED
from trainers.objectives._kind import Job
from trainers.packing import answer_loss
from trainers.rows import TrainingRow
from trainers.supervised import SupervisedTrainer, only_step
from trainers.watching import Pauser, conclude, last_checkpoint


@dataclass(frozen=True)
class Crew:
    """Who trains: one process alone, unless more is said."""

    trainer: type[SupervisedTrainer] = SupervisedTrainer
    """How a step is computed."""
    pauser: Pauser = field(default_factory=Pauser)
    """Hears signals."""
    before_saved: Sequence[TrainerCallback] = ()
    """What is asked before a checkpoint counts."""
    home: ModelFolder | None = None
    """Where checkpoints lie, if not in the job's folder."""
    place: torch.device | None = None
    """Where the base is loaded to, if not to the device."""


class SpreadTrainer(SupervisedTrainer):
    """Each process takes its rows of a step; gradients are averaged, so a loss counts for all processes."""

    def get_train_dataloader(self) -> Any:
        """Every process sees every step: accelerate would give each of them other ones."""
        sampler = torch.utils.data.SequentialSampler(self.train_dataset)
        return torch.utils.data.DataLoader(self.train_dataset, 1, sampler=sampler, collate_fn=only_step)

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """All passes of one step; the others would wait for ever for one that tries again."""
        model.train()
        if self.state.global_step == 0 or not hasattr(self, "_trusted"):
            sharding.refuse_unparted(model)
            self._trusted = True
        if not hasattr(model, "config"):
            model.config = self.accelerator.unwrap_model(model).config
        try:
            return self._passes(model, inputs["rows"])
        except torch.cuda.OutOfMemoryError:
            raise RunFailed(
                "out of memory on one of several GPUs",
                fix="lower max_length under [training] in plan.toml, or take more GPUs",
            ) from None

    def _passes(self, model: Any, rows: Sequence[TrainingRow]) -> torch.Tensor:
        crew = dist.get_world_size()
        total = torch.zeros((), device=self.args.device)
        weight = sum(row.weight * sum(label != IGNORED for label in row.labels[1:]) for row in rows)
        mine = list(self.passes.batches(rows[dist.get_rank() :: crew]))
        # a pass of one process is waited for by all: those with fewer rows repeat one that counts nothing
        idle = list(self.passes.batches(rows[:1])) * (_most(len(mine), self.args.device) - len(mine))
        for number, batch in enumerate([*mine, *idle]):
            counts = crew / weight if number < len(mine) else 0.0
            with self.compute_loss_context_manager():
                loss = answer_loss(model, self._prepare_inputs(batch)) * counts
            if not torch.isfinite(loss):
                raise RunFailed(
                    f"loss is {float(loss)} in a batch with rows {', '.join(row.id for row in rows[:4])}",
                    fix="lower learning_rate in plan.toml",
                )
            self.accelerator.backward(loss)
            total += loss.detach()
        return total


class AgreeingPauser(Pauser):
    """A signal that one process heard stops all of them after the same step."""

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask the others, then save and stop, or go on."""
        heard = _most(self.asked or 0, args.device)
        if heard and self.asked is None:
            self.asked = heard
        super().on_step_end(args, state, control, **more)


class Together(TrainerCallback):  # type: ignore[misc]
    """A checkpoint counts once every process has written its part."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Wait for all."""
        dist.barrier()


def train_spread(job: Job) -> TrainingResult:
    """Train in every process of the crew; the first one writes the result where one process would.

    Raises PlanError for what a crew does not do, RunFailed where sharding was asked for and is not on.
    """
    from trainers.fitting import fine_tune

    done = job.folder.result()
    if done is not None:
        return done
    _refuse(job)
    PartialState(cpu=not torch.cuda.is_available())
    with _crew_of(job) as (own, crew):
        made = fine_tune(own, crew)
        dist.barrier()
    engine = "FSDP2" if sharding.is_asked() else "DDP"
    said = f"trained by {dist.get_world_size()} processes with {engine}; memory is that of the first"
    result = msgspec.structs.replace(made, expected=job.expected, notes=[*made.notes, said])
    if dist.get_rank() == 0:
        conclude(job.folder, result)
    dist.barrier()
    return result


@contextmanager
def _crew_of(job: Job) -> Iterator[tuple[Job, Crew]]:
    """This process's own job: all but the first write where nobody looks."""
    first = dist.get_rank() == 0
    if first:
        job.folder.root.mkdir(parents=True, exist_ok=True)
        codec.write_json(job.folder.spec_path, job.spec)
        last_checkpoint(job.folder)
    dist.barrier()
    crew = Crew(
        trainer=SpreadTrainer,
        pauser=AgreeingPauser(),
        before_saved=[Together()],
        home=job.folder,
        place=torch.device("cpu") if sharding.is_asked() else None,
    )
    # the metric needs answers, and a model in parts gives none; validation loss is measured all the same
    job = replace(job, measure=None)
    if first:
        yield job, crew
        return
    with tempfile.TemporaryDirectory() as elsewhere:
        scratch = ModelFolder(Path(elsewhere) / job.folder.name)
        scratch.root.mkdir()
        for path in (job.folder.steps_path, job.folder.evaluations_path):
            if path.exists():
                shutil.copyfile(path, scratch.root / path.name)
        yield replace(job, folder=scratch, on_progress=silent, tracker=""), crew


def _refuse(job: Job) -> None:
    if "WORLD_SIZE" not in os.environ:
        raise NotReady(
            "this training is for several processes, and it is alone",
            fix="start it with `accelerate launch`, on a CPU with `torchrun`: accelerate starts one there",
        )
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "").lower() == "true":
        raise PlanError("DeepSpeed parts weights in a way that is not written here", fix="take fsdp2.yaml")
    settings = job.spec.settings
    refused = {
        job.spec.objective != "sft": f"the objective {job.spec.objective}",
        bool(settings.replay): "replay",
        settings.variant == "pissa": "the variant pissa",
    }
    for is_asked, what in refused.items():
        if is_asked:
            raise PlanError(
                f"{what} is trained by one process only", fix="run `tunecase compare`, or take another arm"
            )


def _most(number: int, where: torch.device) -> int:
    """The largest of what all processes say."""
    found = torch.tensor(number, device=where)
    dist.all_reduce(found, op=dist.ReduceOp.MAX)
    return int(found)
