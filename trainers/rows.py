"""Examples to training rows, and rows to batches whose order is a pure function of the seed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Turns
from trainers.language.prompting import task_messages
from trainers.language.rendering import IGNORED, training_row

REFUSED_SHARE = 0.01
MEGABATCH = 16


class TrainingRow(NamedTuple):
    """One row ready for the network."""

    id: str
    """Example id."""
    input_ids: list[int]
    """Prompt and answer."""
    labels: list[int]
    """-100 on the prompt."""
    weight: float = 1.0
    """Times the loss of its tokens."""


class Rows(NamedTuple):
    """Rendered rows with what happened on the way."""

    kept: list[TrainingRow]
    """Rows that train."""
    truncated: int
    """Rows cut at the length limit."""
    dropped: int
    """Rows left without a trained token."""
    unended: int = 0
    """Rows whose last trained token is not the end token, so that they do not teach where to stop."""


def render_rows(
    tokenizer: Any,
    examples: Sequence[Example],
    *,
    instruction: str,
    labels: Sequence[str],
    max_length: int,
    turns: Turns = "last",
) -> Rows:
    """Render every example; more than 1 % cut, dropped or without an end is refused."""
    kept: list[TrainingRow] = []
    truncated: list[str] = []
    dropped: list[str] = []
    unended: list[str] = []
    for example in examples:
        messages = task_messages(instruction, labels, example.input)
        row = training_row(tokenizer, messages, example.output, max_length=max_length, turns=turns)
        weight = row_weight(example)
        if row.truncated:
            truncated.append(example.id)
        elif row.input_ids[-1] != tokenizer.eos_token_id:
            unended.append(example.id)
        if weight == 0 or all(label == IGNORED for label in row.labels[1:]):
            dropped.append(example.id)
        else:
            kept.append(TrainingRow(example.id, row.input_ids, row.labels, weight))
    _refuse(len(examples), truncated, f"longer than max_length ({max_length} tokens)")
    _refuse(len(examples), dropped, f"left without a trained token within {max_length} tokens")
    _refuse(len(examples), unended, "without an end token, so the model would never learn to stop")
    return Rows(kept, len(truncated), len(dropped), len(unended))


def row_weight(example: Example) -> float:
    """`meta.weight` of the row, 1 where it has none; 0 leaves it out."""
    weight = example.meta.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
        raise PlanError(
            f"row {example.id}: meta.weight is {weight!r}, expected a number of 0 or more",
            fix="correct the weight in the data and run `tunecase check` again",
        )
    return float(weight)


def _refuse(count: int, names: Sequence[str], what: str) -> None:
    if len(names) > REFUSED_SHARE * count:
        raise PlanError(
            f"{len(names)} of {count} rows are {what}, first {names[0]}",
            fix="raise max_length under [training] in plan.toml, or shorten those rows",
        )


def steps(
    rows: Sequence[TrainingRow], sequence: Sequence[int], *, batch_size: int
) -> list[list[TrainingRow]]:
    """The rows of every optimizer step, all epochs in one list of references."""
    return [
        [rows[index] for index in sequence[start : start + batch_size]]
        for start in range(0, len(sequence), batch_size)
    ]


def order(rows: Sequence[TrainingRow], *, epochs: float, batch_size: int, seed: int) -> list[int]:
    """Row indices of the whole training, batch after batch: a pure function of its arguments.

    Rows of one batch have similar lengths, so that little is padding; batches come in random order.
    """
    sequence: list[int] = []
    wanted = max(1, round(epochs * len(rows) / batch_size)) * batch_size
    epoch = 0
    while len(sequence) < wanted:
        sequence += _one_epoch(rows, batch_size=batch_size, generator=random.Random(f"{seed}/{epoch}"))
        epoch += 1
    return sequence[:wanted]


def _one_epoch(rows: Sequence[TrainingRow], *, batch_size: int, generator: random.Random) -> list[int]:
    shuffled = list(range(len(rows)))
    generator.shuffle(shuffled)
    span = batch_size * MEGABATCH
    batches: list[list[int]] = []
    for start in range(0, len(shuffled), span):
        block = sorted(shuffled[start : start + span], key=lambda i: len(rows[i].input_ids))
        batches += [block[at : at + batch_size] for at in range(0, len(block), batch_size)]
    whole = [batch for batch in batches if len(batch) == batch_size]
    rest = [index for batch in batches if len(batch) < batch_size for index in batch]
    generator.shuffle(whole)
    return [index for batch in whole for index in batch] + rest
