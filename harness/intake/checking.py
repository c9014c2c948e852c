"""`check`: what is this file, what is wrong with it, and which rows are for what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import DataError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Finding, Intake, Profile, Refusal, Splits, Task
from harness.intake.reading import Content, Numbered, Rejected, read_content
from harness.intake.splitting import VALIDATION_FROM_TRAIN, carve, given_splits, normalised, random_splits

NOTHING: Mapping[str, str] = MappingProxyType({})
MOST_LABELS = 200
RARE = 5
LINES_SHOWN = 10
USUAL_DISCORDANCE = 0.2
THIN_TEST_CLASS = 20


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
        if not content.rows or (held_out is not None and not held_out.rows):
            raise DataError(f"{path}: no usable row", fix="rows need an input and an output")
        return _accept(content, held_out, seed=seed)
    except DataError as wrong:
        return _reject(path, wrong)


def freeze(engagement: Engagement, checked: Checked) -> None:
    """Write rows, profile and splits; the splits come last and make it valid."""
    assert checked.splits is not None
    assert checked.intake.profile is not None
    lines = b"".join(codec.encode(example) + b"\n" for example in checked.examples)
    codec.write_bytes(engagement.examples_path, lines)
    rejected = b"".join(codec.encode(row) + b"\n" for row in checked.rejected)
    codec.write_bytes(engagement.rejected_path, rejected)
    codec.write_json(engagement.profile_path, checked.intake.profile)
    codec.write_json(engagement.intake_path, checked.intake)
    codec.write_json(engagement.splits_path, checked.splits)


def _reject(path: Path, wrong: DataError) -> Checked:
    place = wrong.problem.removeprefix(str(path)).split(":")[0].split()
    line = int(place[1]) if len(place) > 1 and place[0] == "line" and place[1].isdigit() else None
    refusal = Refusal(message=wrong.problem, line=line, fix=wrong.fix)
    intake = Intake(
        status="rejected", format="unknown", task="unknown", rows_in=0, rows_kept=0, errors=[refusal]
    )
    return Checked(intake, [], None, [])


def _accept(content: Content, held_out: Content | None, *, seed: int) -> Checked:
    given = [] if held_out is None else _apart(held_out.rows, {row.example.id for row in content.rows})
    rows = [row.example for row in content.rows] + [row.example for row in given]
    task = _task(rows)
    rows = [_labelled(row, task) for row in rows]
    learning, judged = rows[: len(content.rows)], rows[len(content.rows) :]
    named, how = _named_splits(learning, judged, seed=seed)
    findings, leaked = _leaks(content.rows, rows, named)
    named["train"] = [id for id in named["train"] if id not in leaked]
    named["validation"] = [id for id in named["validation"] if id not in leaked]
    rows = [row for row in rows if row.id not in leaked]
    findings += _audit(content, held_out, rows, named, task)
    by_id = {row.id: row for row in rows}
    ordered = [by_id[id] for name in ("train", "validation", "test") for id in named[name]]
    splits = Splits(**named, seed=seed, how=how, digest=digests.of_records(ordered))
    intake = Intake(
        status="accepted_with_warnings" if findings else "accepted",
        format=content.format,
        task=task,
        rows_in=content.rows_in + (held_out.rows_in if held_out else 0),
        rows_kept=len(rows),
        warnings=findings,
        profile=_profile(rows, named, task),
        splits={name: len(ids) for name, ids in named.items()},
    )
    return Checked(intake, rows, splits, content.rejected + (held_out.rejected if held_out else []))


def _apart(rows: Sequence[Numbered], taken: set[str]) -> list[Numbered]:
    """Held-out rows whose ids collide with training rows get a prefix."""
    return [
        Numbered(line, msgspec.structs.replace(row, id=f"test-{row.id}") if row.id in taken else row)
        for line, row in rows
    ]


def _task(rows: Sequence[Example]) -> Task:
    """Classification if every row has a label, or at most 200 short outputs each occur twice on average."""
    labels = {row.label for row in rows if row.label is not None}
    if all(row.label is not None for row in rows) and 2 <= len(labels) <= MOST_LABELS:
        return "classification"
    outputs = {row.output for row in rows}
    short = all(len(output.split()) <= 8 for output in outputs)
    return (
        "classification" if short and 2 <= len(outputs) <= min(MOST_LABELS, len(rows) // 2) else "generation"
    )


def _labelled(row: Example, task: Task) -> Example:
    label = (row.label or row.output) if task == "classification" else None
    return msgspec.structs.replace(row, label=label, output=label if label is not None else row.output)


def _named_splits(
    learning: Sequence[Example], judged: Sequence[Example], *, seed: int
) -> tuple[dict[str, list[str]], str]:
    if judged:
        train, validation = carve(learning, VALIDATION_FROM_TRAIN, seed=seed)
        return {
            "train": train,
            "validation": validation,
            "test": [row.id for row in judged],
        }, "given test file"
    own = given_splits(learning)
    if own is not None:
        return own, "the rows' own meta.split"
    return random_splits(learning, seed=seed), "stratified by label, duplicates kept together"


def _leaks(
    numbered: Sequence[Numbered], rows: Sequence[Example], named: dict[str, list[str]]
) -> tuple[list[Finding], set[str]]:
    """Training and validation rows whose input stands in the test split: removed, and said."""
    judged = set(named["test"])
    seen = {normalised(row.input_text()) for row in rows if row.id in judged}
    lines = {row.example.id: row.line for row in numbered}
    leaked = [row for row in rows if row.id not in judged and normalised(row.input_text()) in seen]
    if not leaked:
        return [], set()
    message = f"{len(leaked)} training rows repeat a held-out input and were removed from training"
    return [_finding("leak", message, [lines[row.id] for row in leaked])], {row.id for row in leaked}


def _finding(code: str, message: str, lines: Sequence[int]) -> Finding:
    return Finding(code=code, message=message, count=len(lines), lines=sorted(lines)[:LINES_SHOWN])


def _audit(
    content: Content,
    held_out: Content | None,
    rows: Sequence[Example],
    named: dict[str, list[str]],
    task: Task,
) -> list[Finding]:
    lines = {row.example.id: row.line for row in content.rows}
    findings: list[Finding] = []
    for source in (content, held_out):
        if source is not None and source.rejected:
            left = [row.line for row in source.rejected]
            findings.append(
                _finding("empty", f"{len(left)} rows without input or output were left out", left)
            )
    twins: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        twins[normalised(row.input_text())].append(row)
    doubles = [row for group in twins.values() if len({r.output for r in group}) == 1 for row in group[1:]]
    if doubles:
        message = f"{len(doubles)} rows repeat an earlier row"
        findings.append(_finding("duplicate", message, [lines[row.id] for row in doubles if row.id in lines]))
    torn = [row for group in twins.values() if len({r.output for r in group}) > 1 for row in group]
    if torn:
        message = f"{len(torn)} rows share an input but not the output"
        findings.append(_finding("conflict", message, [lines[row.id] for row in torn if row.id in lines]))
    return findings + (_label_findings(rows, named) if task == "classification" else [])


def _label_findings(rows: Sequence[Example], named: dict[str, list[str]]) -> list[Finding]:
    by_id = {row.id: row for row in rows}
    trained = Counter(by_id[id].label or "" for id in named["train"])
    judged = Counter(by_id[id].label or "" for id in named["test"])
    findings = []
    unseen = sorted(set(judged) - set(trained))
    if unseen:
        count = sum(judged[label] for label in unseen)
        message = f"labels of the test split without a training row: {', '.join(unseen[:5])}"
        findings.append(Finding(code="unseen_label", message=message, count=count))
    rare = sorted(label for label, count in trained.items() if count < RARE)
    if rare:
        message = f"{len(rare)} labels have fewer than {RARE} training rows: {', '.join(rare[:5])}"
        findings.append(
            Finding(code="rare_label", message=message, count=sum(trained[label] for label in rare))
        )
    return findings


def _profile(rows: Sequence[Example], named: dict[str, list[str]], task: Task) -> Profile:
    words = sorted(len(row.input_text().split()) for row in rows)
    labels = (
        Counter(row.label for row in rows if row.label is not None) if task == "classification" else Counter()
    )
    by_id = {row.id: row for row in rows}
    judged = Counter(by_id[id].label for id in named["test"])
    detectable = _detectable(len(named["test"]))
    return Profile(
        task=task,
        rows={name: len(ids) for name, ids in named.items()},
        labels=dict(labels.most_common()),
        input_words_mean=sum(words) / len(words),
        input_words_p95=float(words[min(len(words) - 1, int(0.95 * len(words)))]),
        output_words_mean=sum(len(row.output.split()) for row in rows) / len(rows),
        minimum_detectable=detectable,
        notes=_notes(len(named["train"]), len(named["test"]), detectable, judged if labels else Counter()),
    )


def _detectable(n: int) -> float | None:
    """None too where the packages of the full install are absent: the number is then given by `compare`."""
    try:
        from harness.statistics.power import minimum_detectable
    except ModuleNotFoundError:
        return None
    return minimum_detectable(n, USUAL_DISCORDANCE)


def _notes(train: int, test: int, detectable: float | None, judged: Counter[str | None]) -> list[str]:
    notes = []
    if detectable is not None:
        notes.append(
            f"{test} held-out rows can show a difference of {100 * detectable:.0f} points or more "
            "(paired, power 0.8, a fifth of the items answered differently)"
        )
    if train < 100:
        notes.append(
            f"{train} training rows: fine-tuning usually needs a hundred or more (Google, Gemini tuning guide)"
        )
    thin = [str(label) for label, count in judged.items() if count < THIN_TEST_CLASS]
    if thin:
        notes.append(
            f"{len(thin)} labels have fewer than {THIN_TEST_CLASS} held-out rows: no claim about them alone"
        )
    return notes
