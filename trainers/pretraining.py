"""Continued pre-training: raw text in windows, every token learnt; then the rows on top, if there are any."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.records.plan import PretrainingSettings
from advisor.engagement.records.runs import TrainingResult
from trainers import methods
from trainers.fitting import fine_tune, fit_rows, mean_loss
from trainers.language import loading
from trainers.language.rendering import IGNORED, text_row
from trainers.language.resolving import files_digest
from trainers.memory_plan import first_tokens
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.passes import Passes
from trainers.replaying import replayed, started
from trainers.rows import Rows, TrainingRow, row_weight
from trainers.stages import folder_of, run_stage
from trainers.weights import attached, prepare

TEXT_RATE = {True: 1e-4, False: 2e-5}
"""For adapters and for all weights. For long reading the two lie closer together than ten times (arXiv
2405.09673, appendix B), how close is our assumption; warmed up and decayed again as in 2403.08763."""
HELD_OUT = 0.05
"""Share of the documents that perplexity is measured on where the caller names none."""


class Text(NamedTuple):
    """One document."""

    id: str
    """Its row's id, or its place."""
    content: str
    """The whole text."""
    weight: float = 1.0
    """Times the loss of its tokens."""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured before the first step; kept, because a resumed training cannot measure it again."""

    loss: float
    """Mean loss per token of the held-out text, nats."""


class Reading(NamedTuple):
    """The texts as windows."""

    rows: list[TrainingRow]
    """Windows to learn."""
    held_out: list[TrainingRow]
    """Windows to measure perplexity on."""
    notes: list[str]
    """What has to be said of them."""


def pretrain(job: Job) -> TrainingResult:
    """Read the texts; where there are rows with outputs, that is a stage, and fine-tuning follows it."""
    tokenizer = loading.load_tokenizer(job.model)
    reading = _reading(job, tokenizer)
    rows = [row for row in job.train if row.output]
    if not rows:
        return _read(job, tokenizer, reading)
    read = run_stage(job, "texts", lambda inner: _read(inner, tokenizer, reading), said="reading")
    stage = folder_of(job, "texts")
    checks = [row for row in job.validation if row.output]
    digest = files_digest(stage.weights_path)
    spec = msgspec.structs.replace(job.spec, objective="sft", begins_with=digest)
    tuning = started(replace(job, spec=spec, train=rows, validation=checks, begin_with=stage.weights_path))
    mixed, replay = replayed(tuning)
    tuned = fine_tune(mixed)
    after = _perplexity_of(job, tokenizer, reading)
    return msgspec.structs.replace(
        tuned,
        objective=job.spec.objective,
        seconds=read.seconds + tuned.seconds,
        measured={**read.measured, "perplexity_after_tuning": after},
        notes=[*read.notes, *tuned.notes, *replay],
    )


def _read(job: Job, tokenizer: Any, reading: Reading) -> TrainingResult:
    """All windows, with the perplexity of held-out text before and after."""
    wanted = job.spec.pretraining or PretrainingSettings()
    adapter = find(methods, Method, job.spec.method).adapter
    settings = msgspec.structs.replace(
        job.spec.settings,
        epochs=wanted.epochs,
        learning_rate=wanted.learning_rate or TEXT_RATE[adapter],
    )
    inner = replace(job, spec=msgspec.structs.replace(job.spec, settings=settings), measure=None)
    before = _before(inner, tokenizer, reading.held_out)
    result = fit_rows(inner, tokenizer, Rows(reading.rows, 0, 0), Rows(reading.held_out, 0, 0))
    measured = {
        "perplexity_before": math.exp(before),
        "perplexity_after": math.exp(result.validation_loss),
        "held_out_tokens": float(_trained(reading.held_out)),
    }
    return msgspec.structs.replace(result, measured=measured, notes=[*reading.notes, *result.notes])


def _before(job: Job, tokenizer: Any, rows: Sequence[TrainingRow]) -> float:
    """Mean loss of the held-out windows at the start."""
    path = job.folder.root / "before.json"
    if path.exists():
        return codec.read_json(path, Before).loss
    network, _ = prepare(job, find(methods, Method, job.spec.method))
    loss = _loss(job, network, tokenizer, rows)
    codec.write_json(path, Before(loss=loss))
    return loss


def _perplexity_of(job: Job, tokenizer: Any, reading: Reading) -> float:
    """Of the held-out windows, by the weights that are saved at the end."""
    network, _ = attached(job, find(methods, Method, job.spec.method), job.folder.weights_path)
    return math.exp(_loss(job, network, tokenizer, reading.held_out))


def _loss(job: Job, network: Any, tokenizer: Any, rows: Sequence[TrainingRow]) -> float:
    pad = loading.padding(tokenizer)
    passes = Passes(network, pad=pad, tokens=first_tokens(network, job), say=lambda _: None)
    return mean_loss(network, rows, passes)


def _reading(job: Job, tokenizer: Any) -> Reading:
    """The job's texts, and those held out: the caller's, or a share drawn with the seed."""
    texts = [
        *(Text(f"text {number}", content) for number, content in enumerate(job.texts, start=1)),
        *(Text(row.id, row.input_text(), row_weight(row)) for row in job.train if not row.output),
    ]
    held_out = [
        *(Text(f"held-out text {number}", content) for number, content in enumerate(job.held_out_texts, 1)),
        *(Text(row.id, row.input_text()) for row in job.validation if not row.output),
    ]
    longest = job.spec.settings.max_length
    rows = windows(tokenizer, texts, longest=longest)
    notes = [f"{len(texts)} texts are read in {len(rows)} windows of at most {longest} tokens"]
    if held_out:
        return _checked(Reading(rows, windows(tokenizer, held_out, longest=longest), notes))
    units = [[row for row in rows if row.id == text.id] for text in texts] if len(texts) > 1 else []
    units = [unit for unit in units if unit] if len(texts) > 1 else [[row] for row in rows]
    count = max(1, round(HELD_OUT * len(units)))
    places = set(random.Random(f"{job.spec.seed}/texts").sample(range(len(units)), min(count, len(units))))
    kept = [row for place, unit in enumerate(units) if place not in places for row in unit]
    checks = [row for place, unit in enumerate(units) if place in places for row in unit]
    what = "texts" if len(texts) > 1 else "windows"
    notes.append(f"{len(places)} of these {what} are held out, drawn with the seed, to measure perplexity")
    return _checked(Reading(kept, checks, notes))


def _checked(reading: Reading) -> Reading:
    if reading.rows and reading.held_out:
        return reading
    raise PlanError(
        f"continued pre-training has {len(reading.rows)} windows of text to learn and "
        f"{len(reading.held_out)} held out, and needs both",
        fix="bring more text, or lower max_length under [training] in plan.toml",
    )


def windows(tokenizer: Any, texts: Sequence[Text], *, longest: int) -> list[TrainingRow]:
    """Texts cut into rows of at most `longest` tokens in which every token is learnt once.

    A window opens with the last token of the one before, as context only: that way no token at a border goes
    unlearnt. A text's first token has nothing before it and is context only too.
    """
    if longest < 2:
        raise PlanError(f"max_length is {longest}, and a window needs 2 tokens", fix="raise it in plan.toml")
    found = []
    for text in texts:
        if not text.content.strip() or text.weight == 0:
            continue
        ids = text_row(tokenizer, text.content)
        for start in range(0, len(ids) - 1, longest - 1):
            part = ids[start : start + longest]
            found.append(TrainingRow(text.id, part, [IGNORED, *part[1:]], text.weight))
    return found


def _trained(rows: Sequence[TrainingRow]) -> int:
    return sum(label != IGNORED for row in rows for label in row.labels)
