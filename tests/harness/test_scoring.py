"""The fast scorer says what one forward pass per label says, and falls back aloud where it cannot."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import LlamaForCausalLM, MistralConfig, MistralForCausalLM

from advisor.engagement.progress import Progress, silent
from harness.models import naive
from harness.models.label_tree import grow
from harness.models.scoring import Scorer, common_prefix

END = 1
LABELS = [[10, 11, END], [10, END], [12, END], [10, 11, 13, 14, END], [15, 16, END]]


@pytest.fixture(scope="module")
def network(tiny_model: Path) -> Any:
    return LlamaForCausalLM.from_pretrained(tiny_model).eval()


def prompts(*, shared: int, count: int, seed: int = 0) -> list[list[int]]:
    draw = random.Random(seed)
    opening = [draw.randrange(5, 250) for _ in range(shared)]
    return [opening + [draw.randrange(5, 250) for _ in range(draw.randrange(2, 20))] for _ in range(count)]


def gap(one: list[list[float]], other: list[list[float]]) -> float:
    pairs = zip(one, other, strict=True)
    return max(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("shared", [0, 3, 60])
def test_packed_scores_equal_one_pass_per_label(network: Any, shared: int) -> None:
    asked = prompts(shared=shared, count=9)
    scorer = Scorer(network, asked, LABELS, on_progress=silent)
    assert scorer.fallback is None
    assert bool(scorer.prefix) == (shared >= 8)
    assert gap(scorer.score(asked), naive.label_logprobs(network, asked, LABELS)) < 1e-4


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(st.lists(st.integers(5, 9), min_size=0, max_size=4), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
)
def test_any_labels_with_shared_beginnings_score_alike(
    network: Any, labels: list[list[int]], seed: int
) -> None:
    ended = [[*label, END] for label in labels]
    asked = prompts(shared=12, count=3, seed=seed)
    scorer = Scorer(network, asked, ended, on_progress=silent)
    assert scorer.fallback is None
    assert gap(scorer.score(asked), naive.label_logprobs(network, asked, ended)) < 1e-4


def test_the_prefix_serves_many_packs_without_growing(network: Any) -> None:
    asked = prompts(shared=40, count=6)
    scorer = Scorer(network, asked, LABELS, on_progress=silent)
    first = scorer.score(asked[:2])
    scorer.score(asked[2:])
    assert gap(scorer.score(asked[:2]), first) == 0


def test_scores_do_not_depend_on_the_company_in_a_pack(network: Any) -> None:
    asked = prompts(shared=30, count=5)
    scorer = Scorer(network, asked, LABELS, on_progress=silent)
    alone = [scorer.score([prompt])[0] for prompt in asked]
    assert gap(scorer.score(asked), alone) < 1e-4


def test_packs_hold_every_prompt_once_within_the_budget(network: Any) -> None:
    asked = prompts(shared=10, count=100)
    scorer = Scorer(network, asked, LABELS, on_progress=silent)
    packs = scorer.packs(asked)
    assert [number for pack in packs for number in pack] == list(range(100))
    sizes = [
        sum(len(asked[n]) - len(scorer.prefix) + len(scorer.tree.tokens) for n in pack) for pack in packs
    ]
    assert max(sizes) <= 512


def test_a_label_that_begins_another_has_its_own_end() -> None:
    tree = grow([[10, END], [10, 11, END]])
    assert tree.tokens == [10, 11]
    assert tree.depths == [0, 1]
    assert tree.sees.tolist() == [[True, False], [True, True]]


def test_the_prefix_leaves_each_prompt_a_token_of_its_own() -> None:
    same = list(range(20))
    assert common_prefix([same, same]) == same[:-1]
    assert common_prefix([same]) == []
    assert common_prefix([[1, 2, 3], [1, 2, 4]]) == []


def test_windowed_attention_falls_back_and_says_so() -> None:
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
    )
    network = MistralForCausalLM(config).eval()
    asked = prompts(shared=20, count=3)
    said: list[Progress] = []
    scorer = Scorer(network, asked, LABELS, on_progress=said.append)
    assert scorer.fallback is not None
    assert "caution" in said[0].note
    assert gap(scorer.score(asked), naive.label_logprobs(network, asked, LABELS)) == 0


def test_a_network_that_ignores_the_mask_is_found_out(network: Any) -> None:
    class Deaf(torch.nn.Module):
        """Drops the mask on the way."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = network
            self.config = network.config
            self.get_input_embeddings = network.get_input_embeddings
            self.get_output_embeddings = network.get_output_embeddings

        def forward(self, attention_mask: Any = None, **rest: Any) -> Any:
            return self.inner(**rest)

    asked = prompts(shared=20, count=3)
    scorer = Scorer(Deaf(), asked, LABELS, on_progress=silent)
    assert scorer.fallback is not None
    assert "off the plain ones" in scorer.fallback
