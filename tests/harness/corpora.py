"""A corpus built by hand: rows, a split, and nothing shared between inputs but what is equal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from advisor.engagement.records.examples import Example, Task
from harness.intake.corpus import Corpus
from harness.intake.splitting import key
from harness.intake.store import Rows


def corpus_of(
    examples: Sequence[Example],
    task: Task,
    split: Sequence[int] | None = None,
    given_test: bool = False,
) -> Corpus:
    """All rows in training unless `split` says otherwise."""
    rows = Rows()
    rows.begin(Path("rows.jsonl"))
    for number, example in enumerate(examples):
        rows.add(example, line=number + 1)
    rows.seal()
    rows.task = task
    inputs = np.array([key(example.input_text()) for example in examples], dtype=np.uint64)
    outputs = np.array([key(example.output) for example in examples], dtype=np.uint64)
    _, first, group = np.unique(inputs, return_index=True, return_inverse=True)
    labels = sorted({example.output for example in examples}) if task == "classification" else []
    place = {label: code for code, label in enumerate(labels)}
    label = np.array([place.get(example.output, -1) for example in examples], dtype=np.int32)
    parts = np.array(split if split is not None else [0] * len(examples), dtype=np.uint8)
    cluster = first[group].astype(np.int64)
    return Corpus(rows, task, parts, inputs, outputs, cluster, labels, label, given_test)
