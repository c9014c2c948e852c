"""Distillation: a teacher's answers become the outputs that a smaller model is fine-tuned on.

On the level of whole answers, as in arXiv 1606.07947: the student learns what the teacher would say, with the
loss of ordinary fine-tuning. Each answer is kept on disk as soon as its group is there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import torch

from advisor.engagement import codec
from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import DistillationSettings
from advisor.engagement.records.runs import TrainingResult
from trainers.fitting import fit_rows, render
from trainers.language import loading
from trainers.language.prompting import task_messages
from trainers.language.rendering import prompt_ids, training_row
from trainers.objectives._kind import Job, Said, Teacher
from trainers.replaying import replayed

TAUGHT = "teacher.jsonl"
GROUP = 8
"""Rows asked together; at most so many answers are lost by a kill."""
REFUSED_SHARE = 0.2
"""Above this share of unusable answers the teacher does not do the task."""


class Taught(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `teacher.jsonl`."""

    id: str
    """Example id."""
    output: str
    """What the teacher said, as it said it."""
    teacher: str
    """sha256 of the teacher's settings."""
    unfinished: bool = False
    """Whether its limit cut it off."""
    refused: str = ""
    """Why the teacher will never answer."""
    tokens_in: int = 0
    """Tokens that were paid for, read."""
    tokens_out: int = 0
    """Written."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `left_out.jsonl`."""

    id: str
    """Example id."""
    reason: str
    """Why nothing is learnt from the answer."""
    output: str
    """What the teacher said."""


def distill(job: Job) -> TrainingResult:
    """Ask the teacher what is not yet answered, leave out what cannot be used, fine-tune on the rest."""
    said = ask(job)
    release = getattr(job.teacher, "release", None)
    if release is not None:
        release()
    tokenizer = loading.load_tokenizer(job.model)
    train, left = _usable(job, tokenizer, job.train, said)
    codec.write_lines(job.folder.root / "left_out.jsonl", left)
    _refuse(left, len(job.train))
    missing = [row for row in job.validation if not row.output]
    answered, unanswered = _usable(job, tokenizer, missing, said)
    validation = [row for row in job.validation if row.output] + answered
    mixed, notes = replayed(replace(job, train=train, validation=validation))
    result = fit_rows(
        mixed, tokenizer, render(mixed, tokenizer, mixed.train), render(mixed, tokenizer, validation)
    )
    reasons = Counter(one.reason for one in left)
    counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    if counted:
        notes = [*notes, f"{len(left)} of {len(job.train)} answers of the teacher are left out: {counted}"]
    if unanswered:
        notes = [*notes, f"{len(unanswered)} validation rows are left out too: no usable answer"]
    return msgspec.structs.replace(
        result, measured=_agreement(job, train, len(left)), notes=[*result.notes, *notes]
    )


def ask(job: Job) -> dict[str, Taught]:
    """The teacher's answer to every training row, and to validation rows that have none, by id.

    Answers that are already in `teacher.jsonl` are not asked for again; groups are the same after a kill.
    """
    assert job.teacher is not None
    path = job.folder.root / TAUGHT
    said = {one.id: one for one in codec.kept_lines(path, Taught) if one.teacher == job.spec.teacher}
    asked = [*job.train, *(row for row in job.validation if not row.output)]
    for start in range(0, len(asked), GROUP):
        group = [row for row in asked[start : start + GROUP] if row.id not in said]
        if not group:
            continue
        # without the outputs that its answers are compared with
        answers = job.teacher([msgspec.structs.replace(row, output="", label=None) for row in group])
        if len(answers) != len(group):
            raise RunFailed(
                f"the teacher gave {len(answers)} answers to {len(group)} rows, first {group[0].id}",
                fix="mend the teacher: one answer for each row, in order",
            )
        found = [_taught(job, row, answer) for row, answer in zip(group, answers, strict=True)]
        _append(path, found)
        said |= {one.id: one for one in found}
        job.on_progress(Progress("teacher: answering", len(said), len(asked), ""))
    return said


def tokens_paid(folder: ModelFolder, teacher: str) -> tuple[int, int]:
    """Tokens in and out of the answers on disk; `teacher` is the digest of its settings."""
    kept = [one for one in codec.kept_lines(folder.root / TAUGHT, Taught) if one.teacher == teacher]
    return sum(one.tokens_in for one in kept), sum(one.tokens_out for one in kept)


def _taught(job: Job, row: Example, answer: str | Said) -> Taught:
    said = Said(answer) if isinstance(answer, str) else answer
    more = {name: value for name, value in said._asdict().items() if name != "text"}
    return Taught(id=row.id, output=said.text, teacher=job.spec.teacher, **more)


def _append(path: Path, found: Sequence[Taught]) -> None:
    with path.open("ab") as out:
        out.write(b"".join(codec.encode(one) + b"\n" for one in found))
        out.flush()
        os.fsync(out.fileno())


def _usable(
    job: Job, tokenizer: Any, rows: Sequence[Example], said: dict[str, Taught]
) -> tuple[list[Example], list[LeftOut]]:
    """Rows with the teacher's answer as their output, and the answers that cannot be used."""
    kept: list[Example] = []
    left: list[LeftOut] = []
    names = {label.strip().casefold(): label for label in job.spec.labels}
    for row in rows:
        answer = said[row.id].output.strip()
        output = names.get(answer.casefold(), "") if names else answer
        reason = _reason(job, tokenizer, row, said[row.id], output)
        if reason:
            left.append(LeftOut(id=row.id, reason=reason, output=said[row.id].output))
        else:
            label = output if names else row.label
            kept.append(msgspec.structs.replace(row, output=output, label=label))
    return kept, left


def _reason(job: Job, tokenizer: Any, row: Example, said: Taught, output: str) -> str:
    """Why the answer cannot be learnt, or nothing."""
    if said.refused:
        return said.refused
    if not said.output.strip():
        return "empty"
    if said.unfinished:
        return "cut at the teacher's limit"
    if not output:
        return "no label"
    messages = task_messages(job.spec.instruction, job.spec.labels, row.input)
    longest = job.spec.settings.max_length
    if training_row(tokenizer, messages, output, max_length=longest).truncated:
        return f"longer than {longest} tokens with its input"
    return ""


def _refuse(left: Sequence[LeftOut], count: int) -> None:
    if len(left) <= REFUSED_SHARE * count:
        return
    first = left[0]
    raise RunFailed(
        f"{len(left)} of {count} answers of the teacher cannot be used, first row {first.id}: {first.reason}",
        fix="read left_out.jsonl; take another teacher, clearer instructions, or a larger max_new_tokens",
    )


def _agreement(job: Job, taught: Sequence[Example], left: int) -> dict[str, float]:
    """How often the teacher gives the output that the client wrote; what is left out counts as wrong."""
    counts = {"teacher_rows": float(len(taught)), "teacher_left_out": float(left)}
    wanted = {row.id: row.output for row in job.train if row.output}
    if not wanted:
        return counts
    given = {row.id: row.output for row in taught}
    right = sum(
        given.get(id, "").strip().casefold() == gold.strip().casefold() for id, gold in wanted.items()
    )
    name = "teacher_accuracy" if job.spec.labels else "teacher_exact_match"
    return {**counts, name: right / len(wanted), "teacher_gold_rows": float(len(wanted))}


def teacher_of(settings: DistillationSettings, *, instruction: str, labels: Sequence[str]) -> Teacher:
    """The teacher that the plan names, run here; one behind an endpoint is asked by the harness's client."""
    if not settings.teacher:
        raise PlanError("distillation names no teacher", fix="set teacher under [distillation] in plan.toml")
    return local_teacher(
        settings.teacher, instruction, labels, settings.max_new_tokens, quantised=settings.quantised
    )


def local_teacher(
    model: str, instruction: str, labels: Sequence[str], max_new_tokens: int, *, quantised: bool = False
) -> Teacher:
    """A model of this machine, asked greedily; loaded at the first question, let go before the student."""
    return _Local(model, instruction, labels, max_new_tokens, quantised=quantised)


class _Local:
    """Rows of one call are answered together, padded on the left."""

    def __init__(
        self, model: str, instruction: str, labels: Sequence[str], max_new_tokens: int, *, quantised: bool
    ) -> None:
        self._model, self._quantised, self._most = model, quantised, max_new_tokens
        self._instruction, self._labels = instruction, labels
        self._language: loading.Language | None = None

    def __call__(self, rows: Sequence[Example]) -> list[Said]:
        if self._language is None:
            self._language = loading.load_language(self._model, quantised=self._quantised)
        tokenizer = self._language.tokenizer
        prompts = [
            prompt_ids(tokenizer, task_messages(self._instruction, self._labels, row.input)) for row in rows
        ]
        return self._answers(self._language, prompts)

    def release(self) -> None:
        """Give the memory back; the next question loads the model again."""
        self._language = None
        loading.tidy_memory(loading.device())

    def _answers(self, language: loading.Language, prompts: Sequence[list[int]]) -> list[Said]:
        ends = _ends(language)
        width = max(map(len, prompts))
        ids = torch.full((len(prompts), width), ends[0])
        mask = torch.zeros((len(prompts), width), dtype=torch.long)
        for number, prompt in enumerate(prompts):
            ids[number, width - len(prompt) :] = torch.tensor(prompt)
            mask[number, width - len(prompt) :] = 1
        with torch.no_grad():
            whole = language.network.generate(
                input_ids=ids.to(language.device),
                attention_mask=mask.to(language.device),
                do_sample=False,
                max_new_tokens=self._most,
                eos_token_id=ends,
                pad_token_id=ends[0],
            )
        return [_text(language.tokenizer, row, ends) for row in whole[:, width:].tolist()]


def _ends(language: loading.Language) -> list[int]:
    """Ids that end an answer: the tokenizer's, and those that the model names besides."""
    named = getattr(language.network.generation_config, "eos_token_id", None)
    more = named if isinstance(named, list) else [] if named is None else [named]
    return list(dict.fromkeys([int(language.tokenizer.eos_token_id), *map(int, more)]))


def _text(tokenizer: Any, ids: list[int], ends: Sequence[int]) -> Said:
    """Text up to the first end; without one the answer is unfinished."""
    stop = next((at for at, token in enumerate(ids) if token in ends), None)
    said = str(tokenizer.decode(ids[:stop], skip_special_tokens=True))
    return Said(said, unfinished=stop is None)
