"""One training by trl's trainers: where it resumes, what is written meanwhile, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from advisor.engagement import codec
from advisor.engagement.progress import Progress
from advisor.engagement.records.runs import Evaluation, TrainingResult
from trainers import tracking, trl_engine
from trainers.language import loading
from trainers.language.resolving import files_digest
from trainers.objectives._kind import Job
from trainers.watching import Evaluator, Keeper, Pauser, Step, evenly, keep_steps, last_checkpoint, pausing
from trainers.weights import keep_trained, parameters, settle

SAVES_PER_RUN = 5


class Session:
    """What `transformers.Trainer` is given so that a killed training goes on where it was."""

    def __init__(
        self,
        job: Job,
        network: Any,
        *,
        steps: int,
        tokens: Sequence[int],
        measure: Callable[[int], Evaluation] | None,
    ) -> None:
        self.job, self.network, self.steps = job, network, steps
        self.checkpoint, until = last_checkpoint(job.folder)
        before = keep_steps(job.folder, until)
        self._spent = before[-1].seconds if before else 0.0
        self._started = time.perf_counter()
        self.pauser = Pauser()
        self.keeper = Keeper(job.folder, clock=self.clock, tell=self._tell, tokens=tokens)
        self.evaluator = Evaluator(
            job.folder,
            at=evenly(steps, job.spec.settings.evaluations) if measure else [],
            patience=job.spec.settings.patience,
            measure=measure or _nothing,
            keep=lambda folder: keep_trained(network, folder),
            until=until,
        )
        self._tracked = tracking.callbacks(job, self.evaluator.made, after=until)

    @property
    def callbacks(self) -> list[Any]:
        """In the order that they are asked."""
        return [self.evaluator, self.pauser, self.keeper, *self._tracked]

    def arguments(self, *, batch_size: int, learning_rate: float) -> dict[str, Any]:
        """For trl's configurations."""
        return trl_engine.common(
            self.job.folder,
            steps=self.steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=self.job.spec.seed + 1,
            save_steps=max(1, -(-self.steps // SAVES_PER_RUN)),
        )

    def run(self, trainer: Any) -> float:
        """To the last step, then back to the best weights; returns seconds over all sessions."""
        if not self.evaluator.stopped:
            if self.checkpoint:
                at = self.checkpoint.name.rpartition("-")[2]
                said = f"{self.job.spec.objective}: goes on after step {at} of {self.steps}"
                self.job.on_progress(Progress(said, 0, self.steps))
            with pausing(self.pauser):
                trainer.train(resume_from_checkpoint=str(self.checkpoint) if self.checkpoint else None)
        seconds = self.clock()
        settle(self.network, self.job.folder, self.evaluator.made, self.evaluator.best())
        return seconds

    def clock(self) -> float:
        """Seconds of training over all sessions."""
        return self._spent + time.perf_counter() - self._started

    def result(
        self, *, rows: int, trained_tokens: int, seconds: float, four_bit: int, measured: dict[str, float]
    ) -> TrainingResult:
        """The record of a training whose weights are saved."""
        logged = list(codec.iter_lines(self.job.folder.steps_path, Step))
        best = self.evaluator.best()
        seed = self.job.spec.seed
        return TrainingResult(
            method=self.job.spec.method,
            objective=self.job.spec.objective,
            model=self.job.model,
            rows=rows,
            rows_truncated=0,
            rows_dropped=len(self.job.pairs) - rows,
            tokens=sum(step.tokens for step in logged),
            trained_tokens=trained_tokens,
            trainable_parameters=sum(p.numel() for p in self.network.parameters() if p.requires_grad),
            total_parameters=parameters(self.network),
            steps=len(logged),
            first_loss=logged[0].loss,
            last_loss=logged[-1].loss,
            validation_loss=best.loss if best else logged[-1].loss,
            seconds=seconds,
            peak_memory_gib=loading.peak_memory_gib(loading.device()),
            quantised_layers=four_bit,
            device=loading.device_name(),
            weights=files_digest(self.job.folder.weights_path),
            evaluations=self.evaluator.made,
            best_step=best.step if best else None,
            stopped_early=self.evaluator.stopped,
            seeds={"adapter": seed, "order": seed, "dropout": seed + 1},
            measured=measured,
        )

    def _tell(self, at: int, of: int, loss: float) -> None:
        spec = self.job.spec
        self.job.on_progress(Progress(f"{spec.method}, {spec.objective}", at, of, f"loss {loss:.3f}"))


def _nothing(step: int) -> Evaluation:
    raise AssertionError(f"nothing is measured, yet asked after step {step}")
