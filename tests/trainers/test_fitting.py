"""Supervised training under stress: memory that runs out, signals, kills, validation that gets worse."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

import trainers.fitting
import trainers.supervised
from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.machine import CARD_SHARE
from advisor.engagement.records.examples import Example
from tests.trainers._fits import (
    CHECKS,
    DROPPING,
    LABELS,
    ROWS,
    SMALL,
    Stopped,
    adapter,
    ended,
    fit,
    furthest,
    stopping,
)
from trainers.language import loading
from trainers.language.loading import load_network
from trainers.packing import answer_loss

replace = msgspec.structs.replace
QUIET = replace(SMALL, evaluations=0)


@pytest.fixture(scope="module")
def plain(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight undisturbed steps, no looks at validation."""
    folder = tmp_path_factory.mktemp("plain")
    fit(folder, tiny_model, settings=QUIET)
    return folder


@pytest.fixture(scope="module")
def dropped(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight undisturbed steps with dropout."""
    folder = tmp_path_factory.mktemp("dropped")
    fit(folder, tiny_model, settings=DROPPING)
    return folder


def test_weights_do_not_depend_on_how_a_step_is_parted(
    tiny_model: Path, tmp_path: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tokens in (1, 120):
        monkeypatch.setattr(trainers.fitting, "first_tokens", lambda *_, tokens=tokens: tokens)
        found = fit(tmp_path / str(tokens), tiny_model, settings=QUIET)
        assert found.pack_tokens == tokens
        assert furthest(adapter(tmp_path / str(tokens)), adapter(plain)) < 1e-6


def tight(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """A card that holds so many tokens, fewer by half where activations are kept."""

    def loss(network: Any, batch: Any) -> torch.Tensor:
        relaxed = any(getattr(module, "gradient_checkpointing", False) for module in network.modules())
        if batch["input_ids"].numel() > (2 * room if relaxed else room):
            raise torch.cuda.OutOfMemoryError("simulated")
        return answer_loss(network, batch)

    monkeypatch.setattr(trainers.supervised, "answer_loss", loss)


def test_out_of_memory_halves_the_passes_and_changes_no_weight(
    tiny_model: Path, tmp_path: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = json.loads((plain / "result.json").read_text(encoding="utf-8"))["pack_tokens"]
    tight(monkeypatch, 200)
    said: list[str] = []
    found = fit(tmp_path, tiny_model, settings=QUIET, on_progress=lambda at: said.append(at.stage))
    assert found.steps == 8
    assert found.pack_tokens < longest
    assert not found.checkpointing
    assert found.notes[0] == f"out of memory: from here on at most {longest // 2} tokens in one pass"
    assert any("out of memory" in line for line in said)
    assert furthest(adapter(tmp_path), adapter(plain)) < 1e-6


def test_out_of_memory_in_a_training_with_dropout_draws_the_same_dropout_again(
    tiny_model: Path, tmp_path: Path, dropped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True])

    def loss(network: Any, batch: Any) -> torch.Tensor:
        value = answer_loss(network, batch)
        if next(failures, False):
            raise torch.cuda.OutOfMemoryError("simulated")
        return value

    monkeypatch.setattr(trainers.supervised, "answer_loss", loss)
    assert fit(tmp_path, tiny_model, settings=DROPPING).notes[0].startswith("out of memory")
    assert furthest(adapter(tmp_path), adapter(dropped)) == 0


def test_a_row_that_fits_once_activations_are_computed_again_trains_alike(
    tiny_model: Path, tmp_path: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, 60)
    found = fit(tmp_path, tiny_model, settings=replace(QUIET, max_length=160))
    assert found.checkpointing
    assert "activations are computed again" in found.notes[-1]
    assert furthest(adapter(tmp_path), adapter(plain)) < 1e-6


def test_a_row_that_never_fits_ends_the_training_with_its_name(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(monkeypatch, 4)
    with pytest.raises(RunFailed, match=r"out of memory with row t\d+ alone, \d+ tokens"):
        fit(tmp_path, tiny_model, settings=QUIET)
    assert not (tmp_path / "result.json").exists()


def scripted(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> list[dict[str, torch.Tensor]]:
    """Validation losses by script; returns the adapters as they were when looked at."""
    seen: list[dict[str, torch.Tensor]] = []
    left: Iterator[float] = iter(losses)

    def look(network: Any, *_: Any) -> float:
        moving = {name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad}
        seen.append(moving)
        return next(left, 9.0)

    monkeypatch.setattr(trainers.fitting, "mean_loss", look)
    return seen


def test_without_improvement_it_stops_and_keeps_the_best_weights(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = scripted(monkeypatch, [2.0, 1.0, 1.5, 1.6, 0.1])
    found = fit(tmp_path, tiny_model, settings=replace(SMALL, evaluations=8, patience=2))
    assert (found.steps, found.stopped_early, found.best_step) == (4, True, 2)
    assert [one.loss for one in found.evaluations] == [2.0, 1.0, 1.5, 1.6]
    saved = sorted(weight.abs().sum().item() for weight in adapter(tmp_path).values())
    assert saved == sorted(weight.abs().sum().item() for weight in seen[1].values())
    assert saved != sorted(weight.abs().sum().item() for weight in seen[3].values())


def test_validation_that_gets_worse_is_said_in_words(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [2.0, 1.0, 1.2, 1.5])
    found = fit(tmp_path, tiny_model)
    (note,) = found.notes
    assert note.startswith("over-fitting: validation loss rose from 1.000 after step 4 to 1.500 after step 8")
    assert found.best_step == 4


def test_looks_at_validation_are_not_made_twice_after_a_stop(
    tiny_model: Path, tmp_path: Path, dropped: Path
) -> None:
    with pytest.raises(Stopped):
        fit(tmp_path, tiny_model, settings=DROPPING, on_progress=stopping(5))
    assert len((tmp_path / "evaluations.jsonl").read_bytes().splitlines()) == 2
    found = fit(tmp_path, tiny_model, settings=DROPPING)
    assert [one.step for one in found.evaluations] == [2, 4, 6, 8]
    wanted = (dropped / "evaluations.jsonl").read_text(encoding="utf-8")
    assert (tmp_path / "evaluations.jsonl").read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize("step", [1, 3, 5, 7])
def test_with_dropout_it_resumes_to_the_bit_in_the_first_and_the_second_epoch(
    step: int, tiny_model: Path, tmp_path: Path, dropped: Path
) -> None:
    with pytest.raises(Stopped):
        fit(tmp_path, tiny_model, settings=DROPPING, on_progress=stopping(step))
    fit(tmp_path, tiny_model, settings=DROPPING)
    assert furthest(adapter(tmp_path), adapter(dropped)) == 0


def test_a_loss_as_of_guessing_after_twenty_steps_ends_the_training(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guessing(network: Any, batch: Any) -> torch.Tensor:
        return answer_loss(network, batch) * 0 + math.log(300) * batch["weights"].sum()

    monkeypatch.setattr(trainers.supervised, "answer_loss", guessing)
    with pytest.raises(RunFailed, match=r"after 20 steps the loss is 5.70, as of guessing .*5.70"):
        fit(tmp_path, tiny_model, settings=replace(QUIET, epochs=6))
    assert len((tmp_path / "steps.jsonl").read_bytes().splitlines()) == 20


def test_a_row_of_weight_two_counts_as_the_row_twice(tiny_model: Path, tmp_path: Path) -> None:
    heavy = Example(id="heavy", input="stolen wire", output=LABELS[0], meta={"weight": 2})
    light = replace(heavy, meta={})
    once = replace(QUIET, epochs=3, batch_size=5)
    fit(tmp_path / "heavy", tiny_model, settings=once, rows=[*ROWS[:4], heavy])
    twice = [*ROWS[:4], light, replace(light, id="again")]
    fit(tmp_path / "twice", tiny_model, settings=replace(once, batch_size=6), rows=twice)
    assert furthest(adapter(tmp_path / "heavy"), adapter(tmp_path / "twice")) < 1e-6


def test_rows_without_a_trained_token_are_counted_and_refused_above_one_in_a_hundred(
    tiny_model: Path, tmp_path: Path
) -> None:
    long = Example(id="long", input="card " * 400, output=LABELS[0])
    many = [replace(row, id=f"{row.id}-{turn}") for turn in range(4) for row in ROWS]
    brief = replace(QUIET, epochs=0.1, max_length=160)
    found = fit(tmp_path / "one", tiny_model, settings=brief, rows=[*many, long])
    assert (found.rows, found.rows_dropped, found.rows_truncated) == (128, 1, 1)
    with pytest.raises(PlanError, match="first long"):
        fit(tmp_path / "more", tiny_model, settings=brief, rows=[*ROWS, long])


def test_sigterm_saves_after_the_step_and_leaves_with_143(
    tiny_model: Path, tmp_path: Path, dropped: Path
) -> None:
    assert ended(tmp_path, tiny_model, number=signal.SIGTERM, after=3) == 143
    steps = [json.loads(line)["step"] for line in (tmp_path / "steps.jsonl").read_bytes().splitlines()]
    assert 3 <= len(steps) < 8
    assert (tmp_path / "checkpoint" / f"checkpoint-{steps[-1]}" / "complete").exists()
    fit(tmp_path, tiny_model, settings=DROPPING)
    assert furthest(adapter(tmp_path), adapter(dropped)) == 0


def test_killed_it_resumes_to_the_same_weights(tiny_model: Path, tmp_path: Path, dropped: Path) -> None:
    assert ended(tmp_path, tiny_model, number=signal.SIGKILL, after=5) == -signal.SIGKILL
    assert not (tmp_path / "result.json").exists()
    fit(tmp_path, tiny_model, settings=DROPPING)
    assert furthest(adapter(tmp_path), adapter(dropped)) == 0


@pytest.mark.parametrize("method", ["lora", "full"])
def test_every_weight_that_should_move_moves_and_no_other(
    method: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    measured = trainers.fitting.mean_loss

    def look(network: Any, *rest: Any) -> float:
        kept[:] = [network]
        return measured(network, *rest)

    monkeypatch.setattr(trainers.fitting, "mean_loss", look)
    fit(tmp_path, tiny_model, method, settings=QUIET, checks=CHECKS)
    before = dict(load_network(tiny_model).named_parameters())
    for name, weight in kept[0].named_parameters():
        plain = name.removeprefix("base_model.model.").replace(".base_layer", "")
        if method == "lora" and "lora_" in name:
            assert weight.requires_grad
            assert float(weight.detach().abs().sum()) > 0
        else:
            moved = not torch.equal(weight, before[plain])
            assert moved == weight.requires_grad == (method == "full"), name


def test_a_training_of_a_single_step_moves_the_weights(tiny_model: Path, tmp_path: Path) -> None:
    """All of it warm-up would be a rate of zero."""
    settings = msgspec.structs.replace(SMALL, epochs=1.0, batch_size=len(ROWS))
    result = fit(tmp_path, tiny_model, settings=settings)
    assert result.steps == 1
    assert any(name.endswith("lora_B.weight") and value.any() for name, value in adapter(tmp_path).items())


def test_a_training_on_a_shared_card_plans_with_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    card, gib = torch.device("cuda", 0), 1 << 30
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (60 * gib, 80 * gib))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 4 * gib)
    monkeypatch.delenv(CARD_SHARE, raising=False)
    assert loading.free_on_card(card) == 60 * gib
    for share, left in (("10.00", 6), ("3.00", 0), ("76.00", 60)):
        monkeypatch.setenv(CARD_SHARE, share)
        assert loading.free_on_card(card) == left * gib
