"""What these tests share: the demo's texts, our own exercises, and the shipped model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from advisor.examples import support_triage
from tests.source import ROOT
from trainers.starter import STARTER_PATH
from trainers.starter.corpus import document_text
from trainers.starter.dressing import desk_pool
from trainers.starter.episodes import Shape, label_episode
from trainers.starter.exercises import (
    LabelPool,
    domain_pool,
    family_pool,
    feeling_pool,
    polite_reply,
    problem_pool,
    ticket_pool,
)
from trainers.starter.facts import extraction, reading
from trainers.starter.overlap import texts_of

DATA = ROOT.parent / "shared" / "data"
SEEDS = (support_triage.SEED, 11, 12)


class Shipped(NamedTuple):
    """The model as a user gets it."""

    model: Any
    """In float32, ready to answer."""
    tokenizer: Any
    """With its chat template."""


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of data sets; the test is skipped where there is none."""
    if not (DATA / "clinc150").is_dir():
        pytest.skip(f"no data sets in {DATA}")
    return DATA


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What the demo's generator writes, under several seeds."""
    folder = tmp_path_factory.mktemp("demo")
    for seed in SEEDS:
        support_triage.write(folder / str(seed), seed=seed)
    return sorted(folder.glob("*/*.jsonl"))


@pytest.fixture(scope="session")
def demo_texts(demo_files: list[Path]) -> list[str]:
    """All strings of these files."""
    return [text for path in demo_files for text in texts_of(path)]


def pools(rng: Random) -> Iterator[LabelPool]:
    """One pool of every kind that we write ourselves."""
    for make in (ticket_pool, problem_pool, domain_pool, family_pool, desk_pool):
        yield make(rng, 8)
    yield feeling_pool(rng)


@pytest.fixture(scope="session")
def exercises() -> list[str]:
    """Some thousand generated exercises as text."""
    rng = Random(4)
    found: list[str] = []
    for _ in range(300):
        for pool in pools(rng):
            found += [text for texts in pool.classes.values() for text in texts]
            episode = label_episode(rng, pool, Shape(8, 10, True, 0.5, 300, dressed=0.5))
            found += [document_text(episode)] if episode else []
        for make in (extraction, reading, polite_reply):
            found.append("\n".join(message["content"] for message in make(rng)))
    return found


@pytest.fixture(scope="session")
def shipped() -> Shipped:
    """Loaded once."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(STARTER_PATH, dtype=torch.float32).eval()
    return Shipped(model, AutoTokenizer.from_pretrained(STARTER_PATH))
