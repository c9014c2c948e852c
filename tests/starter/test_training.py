"""Training: the loss falls, a stopped run goes on where it was, and the card says what was seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch

from tests.conftest import environment
from tests.source import ROOT
from tests.starter.conftest import pools
from trainers.starter import STARTER_PATH
from trainers.starter.batches import Batch, Encoded, batches, encode
from trainers.starter.card import FIELDS, render_card
from trainers.starter.episodes import Shape, label_episode
from trainers.starter.tokenizer import train_tokenizer
from trainers.starter.train import Run, fresh_model, rate

STEPS = 20


@pytest.fixture(scope="module")
def small() -> tuple[object, list[Encoded]]:
    """A tokenizer of 512 tokens and encoded episodes of our own."""
    rng = Random(9)
    documents = [
        episode
        for _ in range(20)
        for pool in pools(rng)
        if (episode := label_episode(rng, pool, Shape(3, 3, False, 0.0, 60)))
    ]
    texts = ["\n".join(str(m["content"]) for m in d["messages"]) for d in documents]  # type: ignore[attr-defined]
    tokenizer = train_tokenizer(texts, size=512)
    return tokenizer, encode(documents, tokenizer, limit=256)


def new_run(small: tuple[object, list[Encoded]], work: Path) -> Run:
    """A run with fresh weights, or with those of its checkpoint."""
    tokenizer, documents = small
    streams = [document.ids.tolist() for document in documents]
    work.mkdir(exist_ok=True)
    return Run(fresh_model(tokenizer, streams, seed=1), tokenizer, work, work / "model")


def take(run: Run, found: list[Batch]) -> list[float]:
    """The loss of each of these steps."""
    losses = []
    for batch in found:
        before = run.progress.loss
        run.step(batch, rate(0.5))
        after = run.progress.loss
        losses.append(after if before != before else (after - 0.97 * before) / 0.03)
    return losses


@pytest.fixture(scope="module")
def first_batches(small: tuple[object, list[Encoded]]) -> list[Batch]:
    """The batches of a short run."""
    stream = batches(small[1], tokens=384, seed=2)
    return [next(stream) for _ in range(STEPS)]


def test_steps_on_one_batch_lower_its_loss(
    small: tuple[object, list[Encoded]], first_batches: list[Batch], tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    losses = take(new_run(small, tmp_path), [first_batches[0]] * STEPS)
    assert losses[-1] < 0.5 * losses[0]


def test_a_stopped_run_goes_on_where_it_was(
    small: tuple[object, list[Encoded]], first_batches: list[Batch], tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    whole = new_run(small, tmp_path / "whole")
    take(whole, first_batches[:6])
    part = new_run(small, tmp_path / "part")
    take(part, first_batches[:3])
    part.checkpoint()
    resumed = new_run(small, tmp_path / "part")
    assert resumed.progress.step == 3
    take(resumed, first_batches[3:6])
    assert resumed.progress.step == whole.progress.step == 6
    assert resumed.progress.tokens == whole.progress.tokens
    for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_the_record_holds_what_the_card_needs_and_the_card_says_it() -> None:
    record = json.loads((STARTER_PATH / "training.json").read_text(encoding="utf-8"))
    config = json.loads((STARTER_PATH / "config.json").read_text(encoding="utf-8"))
    assert set(FIELDS) <= set(record)
    names = " ".join(probe["name"] for probe in record["probes"])
    assert "banking77" in names and "JSON" in names and "passage" in names
    card = (STARTER_PATH / "README.md").read_text(encoding="utf-8")
    assert card == render_card(record, config)
    assert "not for client work" in card and "demonstration and test model" in card


def test_the_command_explains_itself() -> None:
    for module in ("train", "evaluate"):
        done = subprocess.run(
            [sys.executable, "-m", f"trainers.starter.{module}", "--help"],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "--shared" in done.stdout
