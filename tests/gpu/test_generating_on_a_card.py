"""Text on a CUDA card, in 16 bits: batches of every kind agree but for counted near ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from advisor.engagement.records.examples import Message

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

if TYPE_CHECKING:
    from trainers.language.loading import Language

LIMIT = 160


@pytest.fixture(scope="module")
def language() -> Language:
    from trainers.language.loading import load_language

    return load_language("starter")


@pytest.fixture(scope="module")
def prompts(language: Language) -> list[list[int]]:
    from trainers.language.rendering import prompt_ids

    texts = [f"Write a reply to: {'my card was charged twice ' * (1 + n % 7)}, order {n}" for n in range(40)]
    return [prompt_ids(language.tokenizer, [Message(role="user", content=text)]) for text in texts]


def test_one_at_a_time_and_in_batches(language: Language, prompts: list[list[int]]) -> None:
    from harness.models.generating import generate

    network, tokenizer = language.network, language.tokenizer
    alone = [generate(network, tokenizer, [one], max_new_tokens=LIMIT)[0] for one in prompts]
    together = generate(network, tokenizer, prompts, max_new_tokens=LIMIT)
    assert all(a.ids == b.ids or a.near_ties for a, b in zip(alone, together, strict=True))


def test_continuous_and_plain_batches(language: Language, prompts: list[list[int]]) -> None:
    from harness.models.continuous import generate_continuously, refused
    from harness.models.generating import generate

    network, tokenizer = language.network, language.tokenizer
    assert not refused(network, limit=8)
    plain = generate(network, tokenizer, prompts, max_new_tokens=LIMIT)
    free = torch.cuda.mem_get_info()[0]
    continuous = generate_continuously(network, tokenizer, prompts, max_new_tokens=LIMIT)
    assert all(a.ids == b.ids or a.near_ties for a, b in zip(plain, continuous, strict=True))
    assert free - torch.cuda.mem_get_info()[0] < 4 << 30
    assert generate(network, tokenizer, prompts, max_new_tokens=LIMIT) == plain
