"""Preference pairs as rows for the network, and how well a model tells the better answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example, Message, Preference
from trainers.language.prompting import task_messages
from trainers.language.rendering import IGNORED, training_row
from trainers.packing import collate
from trainers.rows import REFUSED_SHARE, TrainingRow

PAIRS_AT_ONCE = 8


class PairRow(NamedTuple):
    """One pair, both answers behind the same prompt."""

    id: str
    """Id of the pair."""
    chosen: TrainingRow
    """Prompt and better answer."""
    rejected: TrainingRow
    """Prompt and worse answer."""

    @property
    def shared(self) -> int:
        """Tokens of the prompt that both rows begin with."""
        most = min(len(prompt_of(self.chosen)), len(prompt_of(self.rejected)))
        ids = zip(self.chosen.input_ids[:most], self.rejected.input_ids[:most], strict=True)
        return next((at for at, (one, other) in enumerate(ids) if one != other), most)


class Judged(NamedTuple):
    """How a model stands to a set of pairs."""

    loss: float
    """Mean of -log sigmoid of the margin."""
    accuracy: float
    """Share of pairs whose better answer gets more; a tie counts half."""
    margin: float
    """Mean of better minus worse."""


def conversation(pair: Preference, instruction: str) -> list[Message]:
    """What the model is asked: the task in words where the pair's prompt is a plain text."""
    if isinstance(pair.prompt, str):
        return task_messages(instruction, [], pair.prompt)
    return list(pair.prompt)


def render_pairs(
    tokenizer: Any, pairs: Sequence[Preference], *, instruction: str, max_length: int
) -> list[PairRow]:
    """Both answers of every pair through the one renderer; pairs too long are left, above 1 % refused."""
    kept: list[PairRow] = []
    long: list[str] = []
    for pair in pairs:
        messages = conversation(pair, instruction)
        sides = [
            training_row(tokenizer, messages, answer, max_length=max_length)
            for answer in (pair.chosen, pair.rejected)
        ]
        if any(side.truncated for side in sides):
            long.append(pair.id)
            continue
        better, worse = (TrainingRow(pair.id, side.input_ids, side.labels) for side in sides)
        kept.append(PairRow(pair.id, better, worse))
    if len(long) > REFUSED_SHARE * len(pairs):
        raise PlanError(
            f"{len(long)} of {len(pairs)} pairs are longer than {max_length} tokens, first {long[0]}",
            fix="raise max_length under [training] in plan.toml, or shorten those pairs",
        )
    return kept


def better_answers(pairs: Sequence[Preference]) -> list[Example]:
    """The better answer of every pair as an example."""
    return [Example(id=pair.id, input=pair.prompt, output=pair.chosen) for pair in pairs]


def schedule(count: int, *, epochs: float, batch_size: int, seed: int) -> list[int]:
    """Places of the rows over all epochs, a pure function of its arguments; whole batches only."""
    wanted = max(1, round(epochs * count / batch_size)) * batch_size
    sequence: list[int] = []
    epoch = 0
    while len(sequence) < wanted:
        places = list(range(count))
        random.Random(f"{seed}/pairs/{epoch}").shuffle(places)
        sequence += places
        epoch += 1
    return sequence[:wanted]


def answer_logprobs(network: Any, rows: Sequence[TrainingRow], *, pad: int) -> torch.Tensor:
    """Log-probability of each row's answer in nats; [rows], on the CPU; no gradient, evaluation mode."""
    network.eval()
    where = next(network.parameters()).device
    found = []
    with torch.no_grad():
        for start in range(0, len(rows), PAIRS_AT_ONCE):
            part = rows[start : start + PAIRS_AT_ONCE]
            batch = {name: value.to(where) for name, value in collate(part, pad, share=False).items()}
            logits = network(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                position_ids=batch["position_ids"],
                use_cache=False,
            ).logits
            taken = torch.log_softmax(logits[batch["lines"], batch["sources"]].float(), -1)
            tokens = taken.gather(1, batch["labels"][:, None])[:, 0]
            sums = torch.zeros(len(part), device=where).index_add_(0, batch["lines"], tokens)
            found.append(sums.cpu())
    return torch.cat(found) if found else torch.zeros(0)


def judged(margins: torch.Tensor) -> Judged:
    """From better minus worse of every pair; raises ValueError where there is none."""
    if not len(margins):
        raise ValueError("no pairs")
    wins = (margins > 0).float() + 0.5 * (margins == 0).float()
    loss = -torch.nn.functional.logsigmoid(margins)
    return Judged(float(loss.mean()), float(wins.mean()), float(margins.mean()))


def prompt_of(row: TrainingRow) -> list[int]:
    """Ids before the first trained one."""
    length = next(at for at, label in enumerate(row.labels) if label != IGNORED)
    return row.input_ids[:length]
