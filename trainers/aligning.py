"""RLHF in three stages of one training: fine-tuning, a reward model, and a policy optimised against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import torch

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.examples import Preference
from advisor.engagement.records.plan import PreferenceSettings
from advisor.engagement.records.runs import TrainingResult
from trainers import methods, trl_engine
from trainers.fitting import fine_tune
from trainers.language import loading
from trainers.language.rendering import prompt_ids
from trainers.language.resolving import snapshot
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.pairs import answer_logprobs, better_answers, conversation, schedule
from trainers.preferring import rewards, train_reward, wanted
from trainers.rows import TrainingRow
from trainers.sessions import Session
from trainers.stages import folder_of, run_stage
from trainers.weights import attached, save

POLICY_RATE = {True: 1e-5, False: 1e-6}
"""trl 1.16's default for RLOO and GRPO, 1e-6, and ten times it for adapters."""
MOST_JUDGED = 64
"""Held-out prompts that are answered before and after."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to held-out prompts, drawn with the same seed before and after."""

    reward: list[float]
    """One per prompt."""
    divergence: list[float]
    """log p(policy) - log p(start) of each answer, nats; its mean estimates the KL divergence."""
    tokens: list[int]
    """Tokens per answer."""


def align(job: Job) -> TrainingResult:
    """Stages one and two are trainings of their own, found again when asked again; then the policy."""
    settings, method = wanted(job), find(methods, Method, job.spec.method)
    for objective, learn in (("sft", fine_tune), ("reward", train_reward)):
        run_stage(_inner(job, objective), objective, learn, said=f"{objective} for rlhf")
    started = folder_of(job, "sft")
    tokenizer = loading.load_tokenizer(job.model)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.padding_side = "left"
    pad = loading.padding(tokenizer)
    judge = _judge(job, method, pad=pad)
    network, four_bit = attached(job, method, started.weights_path)
    prompts, held_out = _prompts(job, tokenizer, job.pairs), _prompts(job, tokenizer, job.held_out_pairs)
    draw = _Drawing(tokenizer, judge, settings, pad=pad, seed=job.spec.seed)
    before = _before(job, draw, network, held_out[:MOST_JUDGED])
    repeated, size = _repeated(prompts, settings, seed=job.spec.seed)
    session = Session(
        job,
        network,
        steps=settings.steps,
        tokens=[sum(map(len, repeated[at : at + size])) for at in range(0, len(repeated), size)],
        measure=None,
    )
    trainer = trl_engine.policy(
        network,
        tokenizer,
        repeated,
        _rewarding(judge, pad=pad),
        algorithm=settings.algorithm,
        arguments=session.arguments(
            batch_size=size, learning_rate=settings.policy_learning_rate or POLICY_RATE[method.adapter]
        ),
        generations=settings.generations,
        kl=settings.kl,
        temperature=settings.temperature,
        max_new_tokens=settings.max_new_tokens,
        callbacks=session.callbacks,
    )
    seconds = session.run(trainer)
    start = _start(job, method, network, started)
    after = draw.answers(network, held_out[:MOST_JUDGED], start=start)
    trl_engine.drop_reference(network)
    save(job, network, method)
    measured = _compared(before, after)
    return session.result(
        rows=len(prompts), trained_tokens=0, seconds=seconds, four_bit=four_bit, measured=measured
    )


def _inner(job: Job, objective: str) -> Job:
    """The job of a stage; without rows of their own, the better answers are learnt first."""
    return replace(
        job,
        spec=msgspec.structs.replace(job.spec, objective=objective),
        train=list(job.train) or better_answers(job.pairs),
        validation=list(job.validation) or better_answers(job.held_out_pairs),
    )


def _rewarding(judge: Any, *, pad: int) -> trl_engine.Reward:
    def rewarded(asked: Sequence[Sequence[int]], said: Sequence[Sequence[int]]) -> list[float]:
        whole = [[*prompt, *answer] for prompt, answer in zip(asked, said, strict=True)]
        return [float(number) for number in rewards(judge, whole, pad=pad)]

    return rewarded


def _judge(job: Job, method: Method, *, pad: int) -> Any:
    """The reward model of stage two, frozen."""
    folder = folder_of(job, "reward").weights_path
    if not method.adapter:
        network = loading.load_reward_network(folder)
    else:
        torch.manual_seed(job.spec.seed)
        network = loading.load_reward_network(snapshot(job.model), quantised=method.quantised)
        network = loading.attach(network, folder)
    network.config.get_text_config().pad_token_id = pad
    return network.requires_grad_(False).eval()


def _prompts(job: Job, tokenizer: Any, pairs: Sequence[Preference]) -> list[list[int]]:
    """Prompts that leave room for an answer, each once."""
    room = job.spec.settings.max_length - wanted(job).max_new_tokens
    found: dict[tuple[int, ...], None] = {}
    for pair in pairs:
        ids = prompt_ids(tokenizer, conversation(pair, job.spec.instruction))
        if len(ids) <= room:
            found[tuple(ids)] = None
    return [list(ids) for ids in found]


def _repeated(
    prompts: Sequence[list[int]], settings: PreferenceSettings, *, seed: int
) -> tuple[list[list[int]], int]:
    """Each step's prompts, every one as often as answers are drawn for it; and the rows of a step."""
    per_step = min(settings.prompts, len(prompts))
    wanted_rows = settings.steps * per_step
    places = schedule(len(prompts), epochs=wanted_rows / len(prompts), batch_size=per_step, seed=seed)
    repeated = [prompts[place] for place in places[:wanted_rows] for _ in range(settings.generations)]
    return repeated, per_step * settings.generations


def _before(job: Job, draw: _Drawing, network: Any, prompts: Sequence[list[int]]) -> Drawn:
    """Answers of the start; kept, because a resumed training has no start in memory any more."""
    path = job.folder.root / "before.json"
    if path.exists():
        return codec.read_json(path, Drawn)
    found = draw.answers(network, prompts, start=None)
    codec.write_json(path, found)
    return found


def _start(job: Job, method: Method, network: Any, started: ModelFolder) -> Any:
    """What the policy began as: the copy that trl keeps of an adapter, or the weights of stage one."""
    if method.adapter:
        return network
    return loading.load_network(started.weights_path).requires_grad_(False).eval()


class _Drawing:
    """Draws answers with a seed of its own, rewards them, and measures how far they are from the start."""

    def __init__(
        self, tokenizer: Any, judge: Any, settings: PreferenceSettings, *, pad: int, seed: int
    ) -> None:
        self._tokenizer, self._judge, self._settings = tokenizer, judge, settings
        self._pad, self._seed = pad, seed

    def answers(self, network: Any, prompts: Sequence[list[int]], *, start: Any) -> Drawn:
        """One answer per prompt; divergence 0 where there is no start to compare with."""
        state = torch.get_rng_state()
        torch.manual_seed(self._seed)
        network.eval()
        said = [self._drawn(network, prompt) for prompt in prompts]
        torch.set_rng_state(state)
        rows = [
            TrainingRow("", [*prompt, *answer], [-100] * len(prompt) + answer)
            for prompt, answer in zip(prompts, said, strict=True)
        ]
        scored = rewards(self._judge, [row.input_ids for row in rows], pad=self._pad)
        return Drawn(
            reward=scored.tolist(),
            divergence=self._divergence(network, rows, start),
            tokens=[len(answer) for answer in said],
        )

    def _drawn(self, network: Any, prompt: list[int]) -> list[int]:
        where = next(network.parameters()).device
        with torch.no_grad():
            ids = network.generate(
                input_ids=torch.tensor([prompt], device=where),
                attention_mask=torch.ones((1, len(prompt)), dtype=torch.long, device=where),
                do_sample=True,
                temperature=self._settings.temperature,
                top_k=0,
                max_new_tokens=self._settings.max_new_tokens,
                pad_token_id=self._pad,
                eos_token_id=self._tokenizer.eos_token_id,
            )
        return [int(token) for token in ids[0, len(prompt) :]]

    def _divergence(self, network: Any, rows: Sequence[TrainingRow], start: Any) -> list[float]:
        if start is None:
            return [0.0] * len(rows)
        now = answer_logprobs(network, rows, pad=self._pad)
        if start is network:
            network.set_adapter("ref")
            then = answer_logprobs(network, rows, pad=self._pad)
            network.set_adapter("default")
        else:
            then = answer_logprobs(start, rows, pad=self._pad)
        return (now - then).tolist()


def _compared(before: Drawn, after: Drawn) -> dict[str, float]:
    """Mean rewards on held-out prompts, a paired test of their difference, and the divergence."""
    if len(after.reward) < 2:
        return {}
    from scipy.stats import ttest_rel

    test = ttest_rel(after.reward, before.reward)
    count = len(after.reward)
    return {
        "reward_before": sum(before.reward) / count,
        "reward_after": sum(after.reward) / count,
        "reward_p": float(test.pvalue),
        "divergence": sum(after.divergence) / count,
        "answer_tokens_before": sum(before.tokens) / count,
        "answer_tokens_after": sum(after.tokens) / count,
        "prompts": float(count),
    }
