"""Supervised fine-tuning from rows to saved weights, on `transformers.Trainer` with our batches and loss."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.progress import Progress
from advisor.engagement.records.runs import Evaluation, TrainingResult
from trainers import methods, tracking
from trainers.crews import Crew
from trainers.language import attention, loading
from trainers.language.rendering import IGNORED
from trainers.language.resolving import files_digest
from trainers.memory_plan import first_tokens, rehearse
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.packing import answer_loss
from trainers.passes import Passes, half_precision
from trainers.rows import Rows, TrainingRow, order, render_rows, steps
from trainers.supervised import arguments
from trainers.watching import (
    Evaluator,
    Keeper,
    Step,
    evenly,
    keep_steps,
    last_checkpoint,
    overfitting,
    pausing,
)
from trainers.weights import keep_trained, parameters, prepare, save, settle

SAVES_PER_RUN = 5
CHECK_ROWS = 16


def fine_tune(job: Job, crew: Crew | None = None) -> TrainingResult:
    """Render, train, keep the best weights, save."""
    tokenizer = loading.load_tokenizer(job.model)
    rows, checks = (render(job, tokenizer, examples) for examples in (job.train, job.validation))
    return fit_rows(job, tokenizer, rows, checks, crew=crew)


def render(job: Job, tokenizer: Any, examples: Sequence[Any]) -> Rows:
    """The job's examples as rows for the network."""
    return render_rows(
        tokenizer,
        examples,
        instruction=job.spec.instruction,
        labels=job.spec.labels,
        max_length=job.spec.settings.max_length,
        turns=job.spec.settings.turns,
    )


def fit_rows(
    job: Job, tokenizer: Any, rows: Rows, checks: Rows, *, crew: Crew | None = None
) -> TrainingResult:
    """Train on rendered rows and save; `checks` are the validation rows, `crew` the processes that train."""
    crew = crew or Crew()
    method = find(methods, Method, job.spec.method)
    loading.tidy_memory(loading.device())
    network, four_bit = prepare(job, method, place=crew.place)
    fit = _Fit(job, network, tokenizer, rows, checks, crew)
    seconds = fit.run()
    best = fit.evaluator.best()
    settle(network, job.folder, fit.evaluator.made, best)
    measured = mean_loss(network, checks.kept, fit.passes)
    save(job, network, method)
    logged = list(codec.iter_lines(job.folder.steps_path, Step))
    worse = overfitting(fit.evaluator.made, logged)
    seen = [row for step in fit.schedule[: len(logged)] for row in step]
    return TrainingResult(
        method=job.spec.method,
        objective=job.spec.objective,
        model=job.model,
        rows=len(rows.kept),
        rows_truncated=rows.truncated,
        rows_dropped=rows.dropped,
        tokens=sum(len(row.input_ids) for row in seen),
        trained_tokens=sum(label != IGNORED for row in seen for label in row.labels),
        trainable_parameters=sum(p.numel() for p in network.parameters() if p.requires_grad),
        total_parameters=parameters(network),
        steps=len(logged),
        first_loss=logged[0].loss,
        last_loss=logged[-1].loss,
        validation_loss=measured,
        seconds=seconds,
        peak_memory_gib=loading.peak_memory_gib(loading.device()),
        quantised_layers=four_bit,
        device=loading.device_name(),
        weights=files_digest(job.folder.weights_path),
        evaluations=fit.evaluator.made,
        best_step=best.step if best else None,
        stopped_early=fit.evaluator.stopped,
        seeds={"adapter": job.spec.seed, "order": job.spec.seed, "dropout": job.spec.seed + 1},
        pack_tokens=fit.passes.tokens,
        checkpointing=fit.passes.checkpointing,
        notes=[*fit.passes.notes, *([worse] if worse else [])],
    )


class _Fit:
    """One training in progress: the schedule of steps, and everything that watches it."""

    def __init__(self, job: Job, network: Any, tokenizer: Any, rows: Rows, checks: Rows, crew: Crew) -> None:
        settings = job.spec.settings
        self.crew, self.home = crew, crew.home or job.folder
        self.job, self.network, self.tokenizer, self.checks = job, network, tokenizer, checks
        sequence = order(
            rows.kept, epochs=settings.epochs, batch_size=settings.batch_size, seed=job.spec.seed
        )
        self.schedule = steps(rows.kept, sequence, batch_size=settings.batch_size)
        pad = loading.padding(tokenizer)
        self.passes = Passes(network, pad=pad, tokens=first_tokens(network, job), say=self._say)
        self.checkpoint, self.until = last_checkpoint(self.home)
        before = keep_steps(job.folder, self.until)
        self.spent = before[-1].seconds if before else 0.0
        self.evaluator = Evaluator(
            job.folder,
            at=evenly(len(self.schedule), settings.evaluations) if checks.kept else [],
            patience=settings.patience,
            measure=self._measure,
            keep=self._keep,
            until=self.until,
        )
        self.started = time.perf_counter()

    def run(self) -> float:
        """All optimizer steps, from the last whole checkpoint; returns seconds over all sessions."""
        job, settings = self.job, self.job.spec.settings
        if self.evaluator.stopped:
            return self.spent
        if self.checkpoint:
            self._say(f"goes on after step {self.until} of {len(self.schedule)}")
        watched = tracking.callbacks(job, self.evaluator.made, after=self.until)
        rehearse(self.network, self.passes, self.schedule)
        pauser = self.crew.pauser
        keeper = Keeper(
            job.folder,
            clock=self.clock,
            tell=self._tell,
            tokens=[sum(len(row.input_ids) for row in step) for step in self.schedule],
            vocabulary=len(self.tokenizer),
        )
        trainer = self.crew.trainer(
            passes=self.passes,
            model=self.network,
            train_dataset=self.schedule,
            callbacks=[self.evaluator, pauser, *self.crew.before_saved, keeper, *watched],
            args=arguments(
                self.home,
                steps=len(self.schedule),
                learning_rate=settings.learning_rate,
                weight_decay=settings.weight_decay,
                seed=job.spec.seed + 1,
                device_type=loading.device().type,
                save_steps=max(1, -(-len(self.schedule) // SAVES_PER_RUN)),
            ),
        )
        # with its bars off, Trainer prints every log to standard output, where the command's answer goes
        trainer.remove_callback(PrinterCallback)
        with pausing(pauser):
            trainer.train(resume_from_checkpoint=str(self.checkpoint) if self.checkpoint else None)
        return self.clock()

    def clock(self) -> float:
        """Seconds of training over all sessions."""
        return self.spent + time.perf_counter() - self.started

    def _measure(self, step: int) -> Evaluation:
        loss = mean_loss(self.network, self.checks.kept, self.passes)
        metric, score = "", None
        if self.job.measure is not None:
            with attention.plain(self.network):
                metric, score = self.job.measure(self.network, self.tokenizer)
        self.network.train()
        return Evaluation(step=step, loss=loss, metric=metric, score=score)

    def _keep(self, folder: Path) -> None:
        keep_trained(self.network, folder)

    def _tell(self, at: int, of: int, loss: float) -> None:
        said = f"loss {loss:.3f}"
        if self.evaluator.made:
            said += f", validation {self.evaluator.made[-1].loss:.3f}"
        self.job.on_progress(Progress(f"{self.job.spec.method}: training", at, of, said))

    def _say(self, line: str) -> None:
        self.job.on_progress(Progress(f"{self.job.spec.method}: {line}", 0, len(self.schedule), ""))


def mean_loss(network: Any, rows: Sequence[TrainingRow], passes: Passes) -> float:
    """Mean loss per trained token in nats, rows of equal weight; the network is left in eval mode."""
    network.eval()
    total, count = 0.0, 0
    where = next(network.parameters()).device
    with torch.no_grad(), half_precision(where):
        for start in range(0, len(rows), CHECK_ROWS):
            plain = [row._replace(weight=1.0) for row in rows[start : start + CHECK_ROWS]]
            for batch in passes.batches(plain):
                total += float(answer_loss(network, {name: value.to(where) for name, value in batch.items()}))
                count += len(batch["labels"])
    return total / max(count, 1)
