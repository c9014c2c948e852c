"""Direct preference optimisation and reward models, from pairs to saved weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from advisor.engagement.catalogue import find
from advisor.engagement.records.plan import PreferenceSettings
from advisor.engagement.records.runs import Evaluation, TrainingResult
from trainers import methods, trl_engine
from trainers.defaults import DPO_RATE, REWARD_RATE
from trainers.language import loading
from trainers.language.resolving import snapshot
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.pairs import Judged, PairRow, answer_logprobs, judged, render_pairs, schedule
from trainers.rows import TrainingRow
from trainers.sessions import Session
from trainers.weights import prepare, prepare_reward, save


class Learning(NamedTuple):
    """Pairs ready to be learnt from."""

    rows: list[PairRow]
    """Those that fit, each once."""
    held_out: list[PairRow]
    """To measure on."""
    network: Any
    """What learns."""
    four_bit: int
    """Layers that were held in 4-bit."""
    method: Method
    """How it learns."""


def optimise_preference(job: Job) -> TrainingResult:
    """DPO (arXiv 2305.18290): from how it began, the better answer becomes likelier than the worse."""
    settings, method = wanted(job), find(methods, Method, job.spec.method)
    tokenizer = loading.load_tokenizer(job.model)
    rows, held_out = rendered(job, tokenizer)
    network, four_bit = prepare(job, method, alike=True)
    pad = loading.padding(tokenizer)
    before = _margins(network, held_out, pad=pad)

    def trainer(session: Session, ordered: Sequence[PairRow], size: int) -> Any:
        rate = settings.learning_rate or DPO_RATE[method.adapter]
        return trl_engine.dpo(
            network,
            tokenizer,
            ordered,
            arguments=session.arguments(batch_size=size, learning_rate=rate),
            beta=settings.beta,
            reference=None if method.adapter else _frozen_start(job),
            callbacks=session.callbacks,
        )

    return _learn(
        job,
        Learning(rows, held_out, network, four_bit, method),
        judge=lambda: judged(settings.beta * (_margins(network, held_out, pad=pad) - before)),
        trainer=trainer,
    )


def train_reward(job: Job) -> TrainingResult:
    """A number per answer that ranks the better one first."""
    settings, method = wanted(job), find(methods, Method, job.spec.method)
    tokenizer = loading.load_tokenizer(job.model)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    rows, held_out = rendered(job, tokenizer)
    pad = loading.padding(tokenizer)
    network, four_bit = prepare_reward(job, method, pad=pad)

    def trainer(session: Session, ordered: Sequence[PairRow], size: int) -> Any:
        rate = settings.reward_learning_rate or REWARD_RATE[method.adapter]
        return trl_engine.reward(
            network,
            tokenizer,
            ordered,
            arguments=session.arguments(batch_size=size, learning_rate=rate),
            callbacks=session.callbacks,
        )

    return _learn(
        job,
        Learning(rows, held_out, network, four_bit, method),
        judge=lambda: judged_rewards(network, held_out, pad=pad),
        trainer=trainer,
    )


def _learn(
    job: Job,
    pairs: Learning,
    *,
    judge: Callable[[], Judged],
    trainer: Callable[[Session, Sequence[PairRow], int], Any],
) -> TrainingResult:
    """All passes over the pairs, measured on those held out, to saved weights."""
    network = pairs.network
    ordered, size = _in_order(job, pairs.rows, wanted(job))

    def measure(step: int) -> Evaluation:
        found = judge()
        network.train()
        return Evaluation(step=step, loss=found.loss, metric="pair accuracy", score=found.accuracy)

    session = Session(
        job,
        network,
        steps=len(ordered) // size,
        tokens=_tokens(ordered, size),
        measure=measure if pairs.held_out else None,
    )
    seconds = session.run(trainer(session, ordered, size))
    measured = {}
    if pairs.held_out:
        found = judge()
        measured = {"accuracy": found.accuracy, "margin": found.margin, "pairs": float(len(pairs.held_out))}
    trl_engine.drop_reference(network)
    save(job, network, pairs.method)
    return session.result(
        rows=len(pairs.rows),
        trained_tokens=_answers(ordered),
        seconds=seconds,
        four_bit=pairs.four_bit,
        measured=measured,
    )


def wanted(job: Job) -> PreferenceSettings:
    """The job's settings for pairs."""
    return job.spec.preferences or PreferenceSettings()


def rendered(job: Job, tokenizer: Any) -> tuple[list[PairRow], list[PairRow]]:
    """Pairs to learn from and pairs to measure on."""
    options = {"instruction": job.spec.instruction, "max_length": job.spec.settings.max_length}
    return (
        render_pairs(tokenizer, job.pairs, **options),  # type: ignore[arg-type]
        render_pairs(tokenizer, job.held_out_pairs, **options) if job.held_out_pairs else [],  # type: ignore[arg-type]
    )


def rewards(network: Any, rows: Sequence[Sequence[int]], *, pad: int, at_once: int = 16) -> torch.Tensor:
    """One number per row of ids; [rows], on the CPU; no gradient, evaluation mode."""
    network.eval()
    where = next(network.parameters()).device
    found = []
    with torch.no_grad():
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            width = max(len(row) for row in part)
            ids = torch.full((len(part), width), pad)
            mask = torch.zeros((len(part), width), dtype=torch.long)
            for number, row in enumerate(part):
                ids[number, : len(row)] = torch.tensor(row)
                mask[number, : len(row)] = 1
            scored = network(input_ids=ids.to(where), attention_mask=mask.to(where)).logits
            found.append(scored[:, 0].float().cpu())
    return torch.cat(found) if found else torch.zeros(0)


def judged_rewards(network: Any, rows: Sequence[PairRow], *, pad: int) -> Judged:
    """How well the rewards tell the better answers."""
    better = rewards(network, [row.chosen.input_ids for row in rows], pad=pad)
    worse = rewards(network, [row.rejected.input_ids for row in rows], pad=pad)
    return judged(better - worse)


def _margins(network: Any, rows: Sequence[PairRow], *, pad: int) -> torch.Tensor:
    better = answer_logprobs(network, [row.chosen for row in rows], pad=pad)
    worse = answer_logprobs(network, [row.rejected for row in rows], pad=pad)
    return better - worse


def _in_order(job: Job, rows: Sequence[PairRow], settings: PreferenceSettings) -> tuple[list[PairRow], int]:
    """Pairs of all epochs as they are seen, and how many make a step."""
    size = min(job.spec.settings.batch_size, len(rows))
    places = schedule(len(rows), epochs=settings.epochs, batch_size=size, seed=job.spec.seed)
    return [rows[place] for place in places], size


def _tokens(rows: Sequence[PairRow], size: int) -> list[int]:
    counts = [len(row.chosen.input_ids) + len(row.rejected.input_ids) for row in rows]
    return [sum(counts[start : start + size]) for start in range(0, len(counts), size)]


def _answers(rows: Sequence[PairRow]) -> int:
    def trained(row: TrainingRow) -> int:
        return sum(label >= 0 for label in row.labels)

    return sum(trained(row.chosen) + trained(row.rejected) for row in rows)


def _frozen_start(job: Job) -> Any:
    network = loading.load_network(snapshot(job.model), full_precision=True)
    return network.requires_grad_(False).eval()
