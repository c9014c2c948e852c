"""`check`: what is this file, what is wrong with it, and which rows are for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import DataError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Splits, Task
from advisor.engagement.records.intake import Finding, Intake, Refusal

from . import findings
from .decoding import LineError
from .profiling import profile
from .rows import Content, Numbered, Rejected, read_content
from .splitting import VALIDATION_FROM_TRAIN, Parts, carve, own_splits, random_splits

NOTHING: Mapping[str, str] = MappingProxyType({})
MOST_LABELS = 200
LABEL_WORDS = 8


class Checked(NamedTuple):
    """A file's verdict and, where accepted, its rows."""

    intake: Intake
    """What `check` prints."""
    examples: list[Example]
    """Canonical rows of all splits."""
    splits: Splits | None
    """None when rejected."""
    rejected: list[Rejected]
    """Rows left out."""


def check_files(
    path: Path, *, test: Path | None = None, column_map: Mapping[str, str] = NOTHING, seed: int = 0
) -> Checked:
    """Read, audit and split. Content that cannot be used gives a rejected Intake; a missing file raises."""
    try:
        content = read_content(path, column_map)
        held_out = read_content(test, column_map) if test else None
        return _accept(content, held_out, seed=seed)
    except DataError as wrong:
        return _reject(wrong)


def freeze(engagement: Engagement, checked: Checked) -> None:
    """Write rows, profile and splits, each whole; the splits come last and make it valid."""
    if checked.splits is None or checked.intake.profile is None:
        raise DataError("rejected data cannot be frozen", fix="mend the file and check it again")
    codec.write_bytes(engagement.examples_path, _lines(checked.examples))
    codec.write_bytes(engagement.rejected_path, _lines(checked.rejected))
    codec.write_json(engagement.profile_path, checked.intake.profile)
    codec.write_json(engagement.intake_path, checked.intake)
    codec.write_json(engagement.splits_path, checked.splits)


def _lines(records: Sequence[msgspec.Struct]) -> bytes:
    return b"".join(codec.encode(record) + b"\n" for record in records)


def _reject(wrong: DataError) -> Checked:
    line = wrong.line if isinstance(wrong, LineError) else None
    refusal = Refusal(message=wrong.problem, line=line, fix=wrong.fix)
    intake = Intake(
        status="rejected", format="unknown", task="unknown", rows_in=0, rows_kept=0, errors=[refusal]
    )
    return Checked(intake, [], None, [])


def _accept(content: Content, held_out: Content | None, *, seed: int) -> Checked:
    contents = [content] if held_out is None else [content, held_out]
    judged = [] if held_out is None else _apart(held_out.rows, {row.example.id for row in content.rows})
    task, noted = _task([row.example for row in (*content.rows, *judged)])
    learning, judged = _labelled(content.rows, task), _labelled(judged, task)
    numbered = [*learning, *judged]
    parts, how = _parts(learning, judged, seed=seed)
    parts, leaked = findings.leaks(numbered, parts)
    _refuse_empty(content.path, parts)
    used = {id for ids in parts for id in ids}
    rows = {row.example.id: row.example for row in numbered if row.example.id in used}
    unusual = [note for source in contents for note in source.noted]
    warnings = [*unusual, *findings.left_out(contents), *noted, *leaked, *findings.doubles(numbered)]
    warnings += findings.odd_characters(numbered)
    warnings += findings.labels(rows, parts) if task == "classification" else []
    ordered = [rows[id] for ids in parts for id in ids]
    intake = Intake(
        status="accepted_with_warnings" if warnings else "accepted",
        format=content.format,
        task=task,
        rows_in=sum(source.rows_in for source in contents),
        rows_kept=len(rows),
        warnings=warnings,
        profile=profile(rows, parts, task),
        splits={name: len(ids) for name, ids in parts._asdict().items()},
    )
    splits = Splits(
        train=parts.train,
        validation=parts.validation,
        test=parts.test,
        seed=seed,
        how=how,
        digest=digests.of_records(ordered),
    )
    return Checked(
        intake, list(rows.values()), splits, [row for source in contents for row in source.rejected]
    )


def _apart(rows: Sequence[Numbered], taken: set[str]) -> list[Numbered]:
    """Held-out rows whose ids collide with training rows get a prefix."""
    own = {row.example.id for row in rows}
    renamed = []
    for line, row in rows:
        id = row.id
        while id in taken or (id != row.id and id in own):
            id = f"test-{id}"
        renamed.append(Numbered(line, msgspec.structs.replace(row, id=id)))
    return renamed


def _task(rows: Sequence[Example]) -> tuple[Task, list[Finding]]:
    """Classification if every row has a label that is its output, or if outputs repeat.

    Outputs repeat where each occurs twice on average, none has more than 8 words, and there are at most 200.
    """
    differing = [row for row in rows if row.label is not None and row.label != row.output]
    if all(row.label is not None for row in rows) and not differing:
        return "classification", []
    message = f"{len(differing)} rows have a label that is not their output: the output counts"
    noted = [findings.finding("label_differs", message, [], count=len(differing))] if differing else []
    outputs = {row.output for row in rows}
    short = all(len(output.split()) <= LABEL_WORDS for output in outputs)
    repeats = len(outputs) <= min(MOST_LABELS, len(rows) // 2)
    return ("classification" if short and repeats else "generation"), noted


def _labelled(rows: Sequence[Numbered], task: Task) -> list[Numbered]:
    """For classification the label is the output; for generation a side label stays in `meta`."""
    named = []
    for line, row in rows:
        if task == "classification":
            row = msgspec.structs.replace(row, label=row.output)
        elif row.label is not None:
            row = msgspec.structs.replace(row, label=None, meta={**row.meta, "label": row.label})
        named.append(Numbered(line, row))
    return named


def _parts(learning: Sequence[Numbered], judged: Sequence[Numbered], *, seed: int) -> tuple[Parts, str]:
    rows = [row.example for row in learning]
    if judged:
        train, validation = carve(rows, VALIDATION_FROM_TRAIN, seed=seed)
        return Parts(train, validation, [row.example.id for row in judged]), "given test file"
    own = own_splits(rows, seed=seed)
    if own is not None:
        return own, "the rows' own meta.split"
    return random_splits(rows, seed=seed), "70/10/20, stratified by label, duplicates kept together"


def _refuse_empty(path: Path, parts: Parts) -> None:
    for name in ("train", "test"):
        if not getattr(parts, name):
            counts = ", ".join(f"{split} {len(ids)}" for split, ids in parts._asdict().items())
            raise DataError(
                f"{path}: no row is left for the {name} split ({counts})",
                fix="add rows that differ from each other, ten at least, or name a --test file",
            )
