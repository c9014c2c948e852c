"""Train one model as its spec says; asked again, it finds the result or resumes where it was killed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import PrinterCallback

from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import TrainingResult, TrainingSpec
from trainers import methods
from trainers.language import loading
from trainers.language.rendering import IGNORED, RENDERER_VERSION
from trainers.language.resolving import TOKENIZER_FILES, files_digest, snapshot
from trainers.methods._kind import Method
from trainers.rows import Rows, TrainingRow, answer_loss, collate, order, render_rows, takes_masks
from trainers.supervised import (
    Keeper,
    Step,
    SupervisedTrainer,
    arguments,
    dataset,
    keep_steps,
    last_checkpoint,
)

TRAINER_VERSION = 1
SAVES_PER_RUN = 5
CHECK_ROWS = 16


def training_spec(
    plan: Plan,
    method: str,
    seed: int,
    *,
    train: Sequence[Example],
    validation: Sequence[Example],
    labels: Sequence[str],
    weights: str,
    tokenizer: str,
) -> TrainingSpec:
    """What the plan asks of one method and seed; the method's own rate where the plan names none."""
    rate = plan.training.learning_rate or find(methods, Method, method).learning_rate
    return TrainingSpec(
        method=method,
        weights=weights,
        tokenizer=tokenizer,
        data=digests.of_records([*train, *validation]),
        instruction=plan.instruction,
        labels=list(labels),
        settings=msgspec.structs.replace(plan.training, learning_rate=rate),
        seed=seed,
        renderer=RENDERER_VERSION,
        trainer=TRAINER_VERSION,
    )


def train(
    spec: TrainingSpec,
    folder: ModelFolder,
    *,
    model: str,
    train: Sequence[Example],
    validation: Sequence[Example],
    on_progress: OnProgress,
    expected: Expected | None = None,
) -> TrainingResult:
    """Train, save, measure; the stored result if it is there.

    Raises PlanError where rows do not fit, RunFailed where the loss or a weight is not finite.
    """
    done = folder.result()
    if done is not None:
        return done
    folder.root.mkdir(parents=True, exist_ok=True)
    codec.write_json(folder.spec_path, spec)
    method = find(methods, Method, spec.method)
    tokenizer = loading.load_tokenizer(model)
    rows = _render(spec, tokenizer, train)
    checks = _render(spec, tokenizer, validation)
    network = _prepare(model, method, spec)
    result = _fit(
        spec, folder, network, tokenizer, rows=rows, checks=checks, model=model, on_progress=on_progress
    )
    result = msgspec.structs.replace(result, expected=expected)
    codec.write_json(folder.result_path, result)
    shutil.rmtree(folder.checkpoint_path, ignore_errors=True)
    return result


def _render(spec: TrainingSpec, tokenizer: Any, examples: Sequence[Example]) -> Rows:
    return render_rows(
        tokenizer,
        examples,
        instruction=spec.instruction,
        labels=spec.labels,
        max_length=spec.settings.max_length,
    )


def _prepare(model: str, method: Method, spec: TrainingSpec) -> Any:
    """The base with fresh adapters, or the whole base; the initialisation has its own seed."""
    network = loading.load_network(
        snapshot(model), quantised=method.quantised, full_precision=not method.adapter
    )
    if not method.adapter:
        return network.requires_grad_(True)
    from peft import LoraConfig, get_peft_model

    network.requires_grad_(False)
    torch.manual_seed(spec.seed)
    config = LoraConfig(
        r=spec.settings.rank,
        lora_alpha=2 * spec.settings.rank,
        lora_dropout=0.0,
        target_modules=method.target_modules,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(network, config)


def _fit(
    spec: TrainingSpec,
    folder: ModelFolder,
    network: Any,
    tokenizer: Any,
    *,
    rows: Rows,
    checks: Rows,
    model: str,
    on_progress: OnProgress,
) -> TrainingResult:
    settings, where = spec.settings, loading.device()
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    sequence = order(rows.kept, epochs=settings.epochs, batch_size=settings.batch_size, seed=spec.seed)
    seen, share = dataset(rows.kept, sequence), takes_masks(network)
    loading.reset_peak_memory(where)
    quantised = loading.four_bit_layers(network)
    seconds = _run(spec, folder, network, seen, pad=pad, share=share, on_progress=on_progress)
    _refuse_broken_weights(network)
    logged = list(codec.iter_lines(folder.steps_path, Step))
    moving = sum(p.numel() for p in network.parameters() if p.requires_grad)
    measured = _mean_loss(network.eval(), checks, pad=pad, share=share, where=where)
    _save(network, folder.weights_path, model=model, method=spec.method)
    return TrainingResult(
        method=spec.method,
        model=model,
        rows=len(rows.kept),
        rows_truncated=rows.truncated,
        rows_dropped=rows.dropped,
        tokens=sum(len(row.input_ids) for row in seen),
        trained_tokens=sum(label != IGNORED for row in seen for label in row.labels),
        trainable_parameters=moving,
        total_parameters=_parameters(network),
        steps=len(seen) // settings.batch_size,
        first_loss=logged[0].loss,
        last_loss=logged[-1].loss,
        validation_loss=measured,
        seconds=seconds,
        peak_memory_gib=loading.peak_memory_gib(where),
        quantised_layers=quantised,
        device=loading.device_name(),
        weights=files_digest(folder.weights_path),
    )


def _run(
    spec: TrainingSpec,
    folder: ModelFolder,
    network: Any,
    seen: list[TrainingRow],
    *,
    pad: int,
    share: bool,
    on_progress: OnProgress,
) -> float:
    """All optimizer steps, from the last whole checkpoint; returns seconds over all sessions."""
    settings = spec.settings
    steps = len(seen) // settings.batch_size
    checkpoint, step = last_checkpoint(folder)
    before = keep_steps(folder, step)
    spent = before[-1].seconds if before else 0.0
    started = time.perf_counter()

    def clock() -> float:
        return spent + time.perf_counter() - started

    def tell(at: int, of: int, loss: float) -> None:
        on_progress(Progress(f"{spec.method}: training", at, of, f"loss {loss:.3f}"))

    trainer = SupervisedTrainer(
        pad=pad,
        share=share,
        model=network,
        train_dataset=seen,
        callbacks=[Keeper(folder, clock, tell)],
        args=arguments(
            folder,
            steps=steps,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            seed=spec.seed + 1,
            device_type=loading.device().type,
            save_steps=max(1, -(-steps // SAVES_PER_RUN)),
        ),
    )
    # with its bars off, Trainer prints every log to standard output, which belongs to the command's answer
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return clock()


def _mean_loss(network: Any, rows: Rows, *, pad: int, share: bool, where: torch.device) -> float:
    """Mean loss per trained token, nats."""
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(rows.kept), CHECK_ROWS):
            batch = collate(rows.kept[start : start + CHECK_ROWS], pad, share=share)
            total += float(answer_loss(network, {name: value.to(where) for name, value in batch.items()}))
            count += len(batch["labels"])
    return total / max(count, 1)


def _refuse_broken_weights(network: Any) -> None:
    for name, weight in network.named_parameters():
        if weight.requires_grad and not torch.isfinite(weight).all():
            raise RunFailed(f"{name} is not finite after training", fix="lower learning_rate in plan.toml")


def _save(network: Any, target: Path, *, model: str, method: str) -> None:
    """Adapter in peft's format, or the whole model with the base's own tokenizer files; then renamed."""
    staging = target.with_name(f"{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    network.save_pretrained(staging, safe_serialization=True)
    _order_targets(staging / "adapter_config.json")
    if method == "full":
        for name in TOKENIZER_FILES:
            if (snapshot(model) / name).is_file():
                shutil.copyfile(snapshot(model) / name, staging / name)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)


def _order_targets(path: Path) -> None:
    """peft writes the set of target modules in an order that changes from process to process."""
    if path.exists():
        config = json.loads(path.read_text(encoding="utf-8"))
        config["target_modules"] = sorted(config["target_modules"])
        codec.write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")


def _parameters(network: Any) -> int:
    """Parameters of the model; a 4-bit tensor holds two in each byte."""
    count = 0
    for weight in network.parameters():
        state = getattr(weight, "quant_state", None)
        count += state.shape.numel() if state is not None else weight.numel()
    return count
