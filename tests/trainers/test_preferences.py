"""Pairs and rewards: every stage moves what it should, resumes to the bit, and learns what it is shown."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from advisor.engagement.errors import PlanError
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import Progress, silent
from advisor.engagement.records.examples import Preference
from advisor.engagement.records.plan import Plan, PreferenceSettings, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from trainers.language.loading import (
    attach,
    load_network,
    load_reward_network,
    load_tokenizer,
    padding,
)
from trainers.language.rendering import training_row
from trainers.objectives._kind import Job
from trainers.pairs import conversation, judged, render_pairs, schedule
from trainers.preferring import rewards
from trainers.training import train, training_spec

METHODS = ["lora", "qlora", "full"]


def pairs(count: int, *, seed: int = 0) -> list[Preference]:
    """The better answer says yes, the worse one no."""
    draw = random.Random(seed)
    words = ["card", "fee", "wire", "phone", "help", "when", "again"]
    return [
        Preference(
            id=f"p{seed}-{number}",
            prompt=" ".join(draw.sample(words, 3)),
            chosen=f"yes {draw.choice(words)}",
            rejected=f"no {draw.choice(words)}",
        )
        for number in range(count)
    ]


SMALL = PreferenceSettings(
    learning_rate=3e-3,
    epochs=4,
    reward_learning_rate=5e-3,
    policy_learning_rate=2e-2,
    generations=4,
    prompts=4,
    steps=6,
    kl=0.02,
    max_new_tokens=6,
)


def fit(
    folder: Path,
    model: Path,
    objective: str,
    *,
    method: str = "lora",
    settings: PreferenceSettings = SMALL,
    on_progress: Any = silent,
    count: int = 16,
    held_out: int = 12,
) -> TrainingResult:
    """A small training on pairs."""
    plan = Plan(
        arms=[method],
        model=str(model),
        instruction="Answer:",
        training=TrainingSettings(rank=4, batch_size=8, learning_rate=5e-3, dropout=0.1, evaluations=2),
        preferences=settings,
    )
    asked = pairs(count)
    spec = training_spec(
        plan,
        method,
        0,
        train=[],
        validation=[],
        labels=[],
        weights="w",
        tokenizer="t",
        objective=objective,
        pairs=asked,
    )
    job = Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=[],
        validation=[],
        pairs=asked,
        held_out_pairs=pairs(held_out, seed=1),
        on_progress=on_progress,
    )
    return train(job)


class Stopped(Exception):
    """The process is gone."""


def stopping(at: int, what: str) -> Any:
    def stop(progress: Progress) -> None:
        if progress.done == at and what in progress.stage:
            raise Stopped

    return stop


@pytest.mark.parametrize("method", METHODS)
def test_dpo_prefers_the_better_answers_and_resumes_to_the_bit(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    once = fit(tmp_path / "once", tiny_model, "dpo", method=method)
    assert (once.objective, once.steps, once.rows) == ("dpo", 8, 16)
    assert once.first_loss == pytest.approx(0.6931, abs=2e-3)
    assert once.last_loss < once.first_loss
    assert once.measured["accuracy"] > 0.7
    assert once.measured["margin"] > 0
    again = tmp_path / "again"
    with pytest.raises(Stopped):
        fit(again, tiny_model, "dpo", method=method, on_progress=stopping(5, "dpo"))
    resumed = fit(again, tiny_model, "dpo", method=method)
    assert resumed.weights == once.weights
    assert resumed.evaluations == once.evaluations


@pytest.mark.parametrize("method", METHODS)
def test_a_reward_model_ranks_the_better_answer_first_and_loads_again(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    done = fit(tmp_path / "r", tiny_model, "reward", method=method)
    assert done.measured["accuracy"] > 0.8
    with pytest.raises(Stopped):
        fit(tmp_path / "again", tiny_model, "reward", method=method, on_progress=stopping(5, "reward"))
    assert fit(tmp_path / "again", tiny_model, "reward", method=method).weights == done.weights
    tokenizer = load_tokenizer(str(tiny_model))
    folder = tmp_path / "r" / "weights"
    if method == "full":
        network = load_reward_network(folder)
    else:
        network = attach(load_reward_network(tiny_model, quantised=method == "qlora"), folder)
    network.config.pad_token_id = padding(tokenizer)
    rows = render_pairs(tokenizer, pairs(12, seed=1), instruction="Answer:", max_length=512)
    better = rewards(network, [row.chosen.input_ids for row in rows], pad=padding(tokenizer))
    worse = rewards(network, [row.rejected.input_ids for row in rows], pad=padding(tokenizer))
    assert judged(better - worse).accuracy == pytest.approx(done.measured["accuracy"])


def test_rlhf_has_three_stages_and_resumes_to_the_bit(tiny_model: Path, tmp_path: Path) -> None:
    once = fit(tmp_path / "once", tiny_model, "rlhf")
    for stage in ("sft", "reward"):
        inner = ModelFolder(tmp_path / "once" / "stages" / stage)
        assert inner.result() is not None
        assert not inner.checkpoint_path.exists()
    steps = [json.loads(line) for line in (tmp_path / "once" / "steps.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == list(range(1, 7))
    assert all({"reward", "divergence"} <= set(step["besides"]) for step in steps)
    assert steps[0]["besides"]["divergence"] == pytest.approx(0, abs=1e-5)
    assert once.measured["divergence"] != 0
    for at, what in ((2, "sft"), (4, "rlhf")):
        folder = tmp_path / f"again-{what}"
        with pytest.raises(Stopped):
            fit(folder, tiny_model, "rlhf", on_progress=stopping(at, what))
        resumed = fit(folder, tiny_model, "rlhf")
        assert resumed.weights == once.weights
        assert resumed.measured == once.measured


@pytest.mark.parametrize(("algorithm", "rate"), [("rloo", 2e-2), ("grpo", 5e-2)])
def test_the_policy_gains_reward_on_prompts_it_never_saw(
    algorithm: Any, rate: float, tiny_model: Path, tmp_path: Path
) -> None:
    import msgspec

    settings = msgspec.structs.replace(
        SMALL,
        steps=100,
        algorithm=algorithm,
        policy_learning_rate=rate,
        generations=8,
        prompts=8,
        kl=0.01,
    )
    done = fit(tmp_path / "m", tiny_model, "rlhf", settings=settings, count=32, held_out=64).measured
    assert done["reward_after"] > done["reward_before"]
    assert done["reward_p"] < 0.05
    assert done["divergence"] > 0


def test_only_what_should_move_moves(tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    before = load_network(tiny_model).state_dict()
    fit(tmp_path / "d", tiny_model, "dpo")
    adapter = load_file(tmp_path / "d" / "weights" / "adapter_model.safetensors")
    assert all(".ref." not in name for name in adapter)
    moved = {name for name, weight in adapter.items() if "lora_B" in name and weight.abs().sum() > 0}
    assert moved == {name for name in adapter if "lora_B" in name}
    for name, weight in load_network(tiny_model).state_dict().items():
        torch.testing.assert_close(weight, before[name], rtol=0, atol=0)


def test_both_answers_share_the_prompt_that_is_asked(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    (pair,) = pairs(1)
    (row,) = render_pairs(tokenizer, [pair], instruction="Answer:", max_length=512)
    alone = training_row(tokenizer, conversation(pair, "Answer:"), pair.chosen, max_length=512)
    assert row.chosen.input_ids == alone.input_ids
    assert row.chosen.input_ids[: row.shared] == row.rejected.input_ids[: row.shared]
    assert tokenizer.decode(row.chosen.input_ids[row.shared :]) == f"{pair.chosen}<|end|>"
    assert tokenizer.decode(row.rejected.input_ids[row.shared :]) == f"{pair.rejected}<|end|>"


def test_pairs_that_are_too_long_are_refused(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    with pytest.raises(PlanError, match="16 of 16 pairs are longer than 8 tokens"):
        render_pairs(tokenizer, pairs(16), instruction="Answer:", max_length=8)


def test_without_pairs_there_is_nothing_to_prefer(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="needs preference pairs"):
        fit(tmp_path / "m", tiny_model, "dpo", count=0)


def test_ties_count_half() -> None:
    found = judged(torch.tensor([1.0, 0.0, -1.0, 2.0]))
    assert found.accuracy == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert found.margin == pytest.approx(0.5)


def test_the_schedule_shows_every_pair_once_an_epoch() -> None:
    places = schedule(10, epochs=2, batch_size=5, seed=1)
    assert sorted(places[:10]) == sorted(places[10:]) == list(range(10))
    assert places == schedule(10, epochs=2, batch_size=5, seed=1)
    assert places != schedule(10, epochs=2, batch_size=5, seed=2)
