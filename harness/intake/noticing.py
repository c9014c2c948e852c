"""What is said about the files as such: rows left out, ids and groups that repeat, tasks that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Task
from advisor.engagement.records.intake import Finding

from .corpus import LINES_SHOWN, TEST, TRAIN, UNUSED, VALIDATION, Found, found
from .decoding import LineError
from .rows import Content
from .store import Rows
from .surveying import OTHER, Survey

ANSWERLESS = {
    "prompts": "prompts without wanted answers: nothing can be scored; they serve generation and judging",
    "text": "raw text without `output`: nothing can be scored; it serves continued pre-training",
    "documents": "documents for retrieval: nothing can be scored; they belong to a file of questions",
    "retrieval": "questions with documents and without answers: retrieval can be scored, answers cannot",
}
FIXES = {
    "prompts": "add a column `output` with the wanted answers",
    "text": "part each text into `input` and `output` to compare arms",
    "documents": "check the questions with --documents and this file",
    "retrieval": "add a column `output` with the wanted answers to compare arms",
}


def refuse_repeated_ids(rows: Rows, names: NDArray[np.uint64]) -> None:
    """Every row is known by its id: two with the same cannot be told apart later."""
    order = np.argsort(names, kind="stable")
    twice = np.flatnonzero(names[order][1:] == names[order][:-1])
    if not len(twice):
        return
    first, second = order[twice[0]], order[twice[0] + 1]
    id = next(rows.take([int(second)])).id
    what = f"id {id!r} was used on line {rows.line(int(first))}"
    raise LineError(
        rows.paths[rows.file(int(second))], rows.line(int(second)), what, fix="give every row its own id"
    )


def refuse_unfit_task(contents: Sequence[Content], seen: Survey, task: Task) -> None:
    """Files of different kinds, and a task that the rows cannot serve."""
    kinds = {content.task for content in contents}
    if len(kinds) > 1:
        named = ", ".join(f"{content.path.name} as {content.format}" for content in contents)
        raise DataError(f"the two files differ in kind: {named}", fix="give both the same columns")
    if task in ("classification", "generation", "preference") and not seen.output_words.any():
        raise DataError(
            f"{contents[0].path}: no row has an output, so the task cannot be {task}",
            fix="leave --task out, or add a column `output`",
        )
    if task == "preference" and contents[0].task != "preference":
        raise DataError(
            f"{contents[0].path}: {contents[0].format} holds no pairs, so the task cannot be preference",
            fix="name the columns with --map COL=chosen and --map COL=rejected",
        )


def about_files(
    rows: Rows, contents: Sequence[Content], seen: Survey, split: NDArray[np.uint8], task: Task
) -> Iterator[Found]:
    """What the reading itself brought up."""
    for content in contents:
        yield from (Found(finding, ()) for finding in content.noted)
        yield from _left_out(content)
    if task in ANSWERLESS:
        yield found(rows, "no_answers", ANSWERLESS[task], do=FIXES[task], count=len(rows))
    differing = np.flatnonzero(seen.label == OTHER)
    if len(differing):
        message = f"{len(differing):,} rows have a label that is not their output: the output counts"
        yield found(
            rows, "label_differs", message, numbers=differing, do="map the class with --map COL=output"
        )
    if task not in ANSWERLESS and not (split == TEST).any():
        message = f"{len(rows)} rows are too few to hold any out: all are in the training split"
        yield found(
            rows, "too_few", message, do="add rows, ten at least, or name a --test file", count=len(rows)
        )


def _left_out(content: Content) -> Iterator[Found]:
    for why, lines in content.left_out.items():
        code = "empty" if why == "without input or output" else "left_out"
        message = f"{content.path.name}: {len(lines):,} rows were left out: {why}"
        finding = Finding(
            code=code,
            message=message,
            count=len(lines),
            lines=lines[:LINES_SHOWN],
            places=[],
            do="every one is named in data/rejected.jsonl of the engagement",
        )
        yield Found(finding, ())


def shared_groups(
    rows: Rows, split: NDArray[np.uint8], group: NDArray[np.uint64]
) -> tuple[NDArray[np.uint8], list[Found]]:
    """Training rows of a group that is held out are not learnt from."""
    if not group.any():
        return split, []
    split = split.copy()
    held_out = np.unique(group[(split == TEST) & (group > 0)])
    shared = np.flatnonzero(np.isin(split, (TRAIN, VALIDATION)) & np.isin(group, held_out))
    if not len(shared):
        return split, []
    split[shared] = UNUSED
    message = (
        f"{len(shared):,} training rows belong to groups of the test split and were removed from training"
    )
    return split, [
        found(
            rows,
            "group_leak",
            message,
            numbers=shared,
            severity="serious",
            do="keep whole groups on one side when you part the data",
        )
    ]
