"""Examples to training rows, and rows to batches whose order is a pure function of the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example
from trainers.language.prompting import task_messages
from trainers.language.rendering import IGNORED, training_row

REFUSED_SHARE = 0.01
MEGABATCH = 16
# Above this many tokens a dense mask costs more than the shared prefix saves.
SHARED_LIMIT = 2048
SHARED_GAIN = 0.8

Batch = dict[str, torch.Tensor]
"""input_ids, position_ids [rows, tokens], attention_mask; per trained token: lines, sources, labels [n]."""


class TrainingRow(NamedTuple):
    """One row ready for the network."""

    id: str
    """Example id."""
    input_ids: list[int]
    """Prompt and answer."""
    labels: list[int]
    """-100 on the prompt."""


class Rows(NamedTuple):
    """Rendered rows with what happened on the way."""

    kept: list[TrainingRow]
    """Rows that train."""
    truncated: int
    """Rows cut at the length limit."""
    dropped: int
    """Rows left without a trained token."""


def render_rows(
    tokenizer: Any, examples: Sequence[Example], *, instruction: str, labels: Sequence[str], max_length: int
) -> Rows:
    """Render every example; more than 1 % cut or dropped is refused, because it would train on stumps."""
    kept: list[TrainingRow] = []
    truncated: list[str] = []
    dropped: list[str] = []
    for example in examples:
        messages = task_messages(instruction, labels, example.input)
        row = training_row(tokenizer, messages, example.output, max_length=max_length)
        if row.truncated:
            truncated.append(example.id)
        if all(label == IGNORED for label in row.labels):
            dropped.append(example.id)
        else:
            kept.append(TrainingRow(example.id, row.input_ids, row.labels))
    for names, what in ((truncated, "longer than max_length"), (dropped, "left without a trained token")):
        if len(names) > REFUSED_SHARE * len(examples):
            raise PlanError(
                f"{len(names)} of {len(examples)} rows are {what} ({max_length} tokens), first {names[0]}",
                fix="raise max_length under [training] in plan.toml, or shorten those rows",
            )
    return Rows(kept, len(truncated), len(dropped))


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


def collate(rows: Sequence[TrainingRow], pad: int, *, share: bool) -> Batch:
    """One forward pass worth of rows: their common prefix held once where that pays, else padded.

    Sharing is exact: a causal prefix never sees what follows it, so its states are those of every row,
    and its gradient is the sum over rows. Rows see the prefix and themselves only; positions restart.
    """
    prefix = _common_prefix(rows)
    packed = prefix + sum(len(row.input_ids) - prefix for row in rows)
    padded = len(rows) * max(len(row.input_ids) for row in rows)
    if share and len(rows) > 1 and packed <= SHARED_LIMIT and packed <= SHARED_GAIN * padded:
        return _shared(rows, prefix)
    return _padded(rows, pad)


def answer_loss(network: Any, batch: Batch) -> torch.Tensor:
    """Sum of token losses in nats; the output layer sees only the positions that predict an answer token."""
    columns = torch.unique(batch["sources"])
    logits = network(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        position_ids=batch["position_ids"],
        use_cache=False,
        logits_to_keep=columns,
    ).logits
    places = torch.searchsorted(columns, batch["sources"])
    return torch.nn.functional.cross_entropy(
        logits[batch["lines"], places].float(), batch["labels"], reduction="sum"
    )


def takes_masks(network: Any) -> bool:
    """Whether a mask of our own reaches every attention layer: full attention through sdpa or eager."""
    config = network.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or []
    plain = all(kind == "full_attention" for kind in kinds) and not getattr(config, "sliding_window", None)
    return plain and config._attn_implementation in ("sdpa", "eager")


def _common_prefix(rows: Sequence[TrainingRow]) -> int:
    """Tokens that open every row, answers excluded."""
    first = rows[0]
    shortest = min(sum(label == IGNORED for label in row.labels) for row in rows)
    count = 0
    while count < shortest and all(row.input_ids[count] == first.input_ids[count] for row in rows):
        count += 1
    return count


def _shared(rows: Sequence[TrainingRow], prefix: int) -> Batch:
    ids, positions, owners = list(rows[0].input_ids[:prefix]), list(range(prefix)), [-1] * prefix
    sources: list[int] = []
    labels: list[int] = []
    for number, row in enumerate(rows):
        for at in range(prefix, len(row.input_ids)):
            if row.labels[at] != IGNORED:
                sources.append(len(ids) - 1 if at > prefix else prefix - 1)
                labels.append(row.labels[at])
            ids.append(row.input_ids[at])
            positions.append(at)
            owners.append(number)
    owner = torch.tensor(owners)
    seen = (owner[:, None] == owner[None, :]) | (owner[None, :] == -1)
    mask = seen & torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
    return {
        "input_ids": torch.tensor([ids]),
        "attention_mask": mask[None, None],
        "position_ids": torch.tensor([positions]),
        "lines": torch.zeros(len(labels), dtype=torch.long),
        "sources": torch.tensor(sources),
        "labels": torch.tensor(labels),
    }


def _padded(rows: Sequence[TrainingRow], pad: int) -> Batch:
    width = max(len(row.input_ids) for row in rows)
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    places = [
        (number, at - 1, label)
        for number, row in enumerate(rows)
        for at, label in enumerate(row.labels)
        if label != IGNORED
    ]
    for number, row in enumerate(rows):
        ids[number, : len(row.input_ids)] = torch.tensor(row.input_ids)
        mask[number, : len(row.input_ids)] = 1
    lines, sources, labels = (torch.tensor(column) for column in zip(*places, strict=True))
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": torch.arange(width).expand(len(rows), width),
        "lines": lines,
        "sources": sources,
        "labels": labels,
    }
