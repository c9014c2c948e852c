"""Rows of one optimizer step to forward passes: exact, and with as little padding as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trainers.language.attention import PACKED, attends_fully
from trainers.language.rendering import IGNORED
from trainers.rows import TrainingRow

# Above this many tokens a dense mask costs more than the shared prefix saves.
SHARED_LIMIT = 2048
SHARED_GAIN = 0.8
COPIED = 8
"""A shared token's keys and values, copied for every row, are about an eighth of what a layer keeps."""

HONOURED = 0.01
"""Largest relative gap of losses that half precision explains."""
NUMBERS = ("max_length", "shared_prefix")
"""How the names of plain numbers begin, which only an attention of ours reads, as it does `cu_seq_lens`."""

Batch = dict[str, torch.Tensor]
"""input_ids, position_ids [rows, tokens], attention_mask; a line, source, label, weight per trained token."""


def packs(rows: Sequence[TrainingRow], *, tokens: int, share: bool) -> list[list[TrainingRow]]:
    """Rows parted so that none of the passes holds more than `tokens`, unless a row alone does.

    Best fit over falling lengths, as in bin packing; with `share` the common prefix counts once per pass, as
    `collate` may hold it once, and a little in each row. A function of its arguments.
    """
    shared = common_prefix(rows) if share and len(rows) > 1 else 0
    bins: list[list[TrainingRow]] = []
    free: list[int] = []
    for row in sorted(rows, key=lambda row: -len(row.input_ids)):
        size = len(row.input_ids) - shared + shared // COPIED
        fitting = [place for place, room in enumerate(free) if room >= size]
        if fitting:
            place = min(fitting, key=lambda place: free[place])
            bins[place].append(row)
            free[place] -= size
        else:
            bins.append([row])
            free.append(tokens - shared - size)
    return bins


def collate(rows: Sequence[TrainingRow], pad: int, *, share: bool, isolate: bool = False) -> Batch:
    """One forward pass worth of rows: their common prefix held once where that pays, else padded.

    Sharing is exact: a causal prefix never sees what follows it, so its states are those of every row,
    and its gradient is the sum over rows. Rows see the prefix and themselves only; positions restart.
    `isolate` lays the rows end to end for an attention that is told where each begins; it needs no mask.
    """
    prefix = common_prefix(rows)
    lengths = [len(row.input_ids) for row in rows]
    packed = prefix + sum(lengths) - len(rows) * prefix
    otherwise = sum(lengths) if isolate else len(rows) * max(lengths)
    pays = packed <= SHARED_GAIN * otherwise and (isolate or packed <= SHARED_LIMIT)
    if share and len(rows) > 1 and pays:
        return _shared(rows, prefix, masked=not isolate)
    return _isolated(rows) if isolate and len(rows) > 1 else _padded(rows, pad)


def answer_loss(network: Any, batch: Batch) -> torch.Tensor:
    """Sum of token losses in nats, each times its row's weight.

    The output layer sees only the positions that predict an answer token.
    """
    columns = torch.unique(batch["sources"])
    # numbers leave the card once a pass, not once a layer
    more = {
        name: int(value) if name.startswith(NUMBERS) else value
        for name, value in batch.items()
        if name.startswith(("cu_seq_lens", *NUMBERS))
    }
    logits = network(
        input_ids=batch["input_ids"],
        attention_mask=_mask(network, batch),
        position_ids=batch["position_ids"],
        use_cache=False,
        logits_to_keep=columns,
        **more,
    ).logits
    places = torch.searchsorted(columns, batch["sources"])
    losses = torch.nn.functional.cross_entropy(
        logits[batch["lines"], places].float(), batch["labels"], reduction="none"
    )
    return (losses * batch["weights"]).sum()


def _mask(network: Any, batch: Batch) -> torch.Tensor | None:
    """The batch's mask in the form that the model's attention reads."""
    mask = batch.get("attention_mask")
    if mask is None or mask.dtype != torch.bool:
        return mask
    if network.config.get_text_config()._attn_implementation != "eager":
        return mask
    # transformers 5.23 adds a mask of four dimensions to the scores as it is: true would count as one
    return torch.zeros(mask.shape, dtype=network.dtype, device=mask.device).masked_fill(
        ~mask, torch.finfo(network.dtype).min
    )


def takes_masks(network: Any) -> bool:
    """Whether a mask of our own reaches every attention layer: full attention through sdpa or eager."""
    config = network.config.get_text_config()
    return attends_fully(config) and config._attn_implementation in ("sdpa", "eager")


def isolates(network: Any) -> bool:
    """Whether the model attends through the attention that is told where rows begin."""
    return bool(network.config.get_text_config()._attn_implementation == PACKED)


def honours_borders(network: Any) -> bool:
    """Whether this model hands on where rows begin: two rows together lose what they lose alone.

    A model whose code drops what it does not know would let rows see each other, without a message.
    """
    most = network.config.get_text_config().vocab_size
    rows = [
        TrainingRow("", ids, ids)
        for ids in ([at * step % most for at in range(1, 9)] for step in (most // 3 + 1, most // 2 + 1))
    ]
    where = next(network.parameters()).device
    training = network.training
    network.eval()
    with torch.no_grad():
        together, *alone = (
            float(answer_loss(network, {name: value.to(where) for name, value in batch.items()}))
            for batch in (_isolated(rows), *(_padded([row], 0) for row in rows))
        )
    network.train(training)
    return abs(together - sum(alone)) <= HONOURED * sum(alone)


def common_prefix(rows: Sequence[TrainingRow]) -> int:
    """Tokens that open every row, answers excluded."""
    first = rows[0]
    shortest = min(_prompt_length(row) for row in rows)
    count = 0
    while count < shortest and all(row.input_ids[count] == first.input_ids[count] for row in rows):
        count += 1
    return count


def _prompt_length(row: TrainingRow) -> int:
    return next((at for at, label in enumerate(row.labels) if label != IGNORED), len(row.labels))


def _shared(rows: Sequence[TrainingRow], prefix: int, *, masked: bool) -> Batch:
    ids, positions, owners = list(rows[0].input_ids[:prefix]), list(range(prefix)), [-1] * prefix
    sources: list[int] = []
    labels: list[int] = []
    weights: list[float] = []
    starts = [prefix]
    for number, row in enumerate(rows):
        starts.append(starts[-1] + len(row.input_ids) - prefix)
        for at in range(prefix, len(row.input_ids)):
            if row.labels[at] != IGNORED and at > 0:
                sources.append(len(ids) - 1 if at > prefix else prefix - 1)
                labels.append(row.labels[at])
                weights.append(row.weight)
            ids.append(row.input_ids[at])
            positions.append(at)
            owners.append(number)
    batch = {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        **_targets([0] * len(labels), sources, labels, weights),
    }
    if not masked:
        return {
            **batch,
            "cu_seq_lens_q": torch.tensor(starts, dtype=torch.int32),
            "max_length_q": torch.tensor(max(len(row.input_ids) for row in rows) - prefix),
            "shared_prefix": torch.tensor(prefix),
        }
    owner = torch.tensor(owners)
    seen = (owner[:, None] == owner[None, :]) | (owner[None, :] == -1)
    mask = seen & torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
    return {**batch, "attention_mask": mask[None, None]}


def _isolated(rows: Sequence[TrainingRow]) -> Batch:
    """Rows end to end; `cu_seq_lens` says where each begins, so that no attention crosses."""
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row.input_ids))
    places = [
        (start + at - 1, label, row.weight)
        for start, row in zip(starts, rows, strict=False)
        for at, label in enumerate(row.labels)
        if label != IGNORED and at > 0
    ]
    sources, labels, weights = (list(column) for column in zip(*places, strict=True))
    borders = torch.tensor(starts, dtype=torch.int32)
    longest = torch.tensor(max(len(row.input_ids) for row in rows))
    return {
        "input_ids": torch.tensor([[token for row in rows for token in row.input_ids]]),
        "position_ids": torch.tensor([[at for row in rows for at in range(len(row.input_ids))]]),
        "cu_seq_lens_q": borders,
        "cu_seq_lens_k": borders,
        "max_length_q": longest,
        "max_length_k": longest,
        **_targets([0] * len(labels), sources, labels, weights),
    }


def _padded(rows: Sequence[TrainingRow], pad: int) -> Batch:
    width = max(len(row.input_ids) for row in rows)
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    places = [
        (number, at - 1, label, row.weight)
        for number, row in enumerate(rows)
        for at, label in enumerate(row.labels)
        if label != IGNORED and at > 0
    ]
    for number, row in enumerate(rows):
        ids[number, : len(row.input_ids)] = torch.tensor(row.input_ids)
        mask[number, : len(row.input_ids)] = 1
    lines, sources, labels, weights = (list(column) for column in zip(*places, strict=True))
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": torch.arange(width).expand(len(rows), width),
        **_targets(lines, sources, labels, weights),
    }


def _targets(
    lines: Sequence[int], sources: Sequence[int], labels: Sequence[int], weights: Sequence[float]
) -> Batch:
    return {
        "lines": torch.tensor(lines, dtype=torch.long),
        "sources": torch.tensor(sources, dtype=torch.long),
        "labels": torch.tensor(labels, dtype=torch.long),
        "weights": torch.tensor(weights, dtype=torch.float32),
    }
