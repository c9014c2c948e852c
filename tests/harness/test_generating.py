"""Text ends where it should, says so where it does not, and hangs on the batch only where that is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.models import generating
from harness.models.continuous import SHORTEST_ON_CPU, generate_continuously, refused
from harness.models.generating import batches_of, generate
from harness.models.stopping import ends_of
from harness.models.thinking import split, tag_opened_by
from trainers.language.loading import Language, load_language

LIMIT = 12


@pytest.fixture(scope="module")
def language(tiny_model: Path) -> Language:
    return load_language(str(tiny_model))


@pytest.fixture
def network(language: Language) -> Iterator[Any]:
    """The network, its own settings put back afterwards."""
    before = language.network.generation_config.eos_token_id
    yield language.network
    language.network.generation_config.eos_token_id = before


@pytest.fixture(scope="module")
def prompts(language: Language) -> list[list[int]]:
    texts = [f"<|user|>help {'with my card ' * (1 + number % 5)}{number}<|end|>" for number in range(11)]
    return [language.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]


def test_every_end_token_of_the_settings_ends_an_answer_and_is_no_part_of_it(
    network: Any, language: Language, prompts: list[list[int]]
) -> None:
    free = generate(network, language.tokenizer, prompts[:1], max_new_tokens=LIMIT)[0]
    end = free.ids[4]
    network.generation_config.eos_token_id = [1, end]
    ended = generate(network, language.tokenizer, prompts[:1], max_new_tokens=LIMIT)[0]
    place = free.ids.index(end)
    assert ended.ids == free.ids[: place + 1]
    assert ended.text == language.tokenizer.decode(free.ids[:place]).strip()
    assert (free.cut, ended.cut) == (True, False)


def test_the_template_says_what_ends_a_turn(
    network: Any, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainers.language.loading import load_tokenizer

    tokenizer = load_tokenizer(str(tiny_model))
    network.generation_config.eos_token_id = None
    monkeypatch.setattr(network.config, "eos_token_id", None)
    tokenizer.eos_token = "<|pad|>"
    assert ends_of(network, tokenizer).ids == (0, 1)
    tokenizer.chat_template = (
        "{% for m in messages %}### {{ m['role'] }}: {{ m['content'] }}\n## done\n{% endfor %}"
    )
    assert ends_of(network, tokenizer, ["\n\n"]).texts == ("\n\n", "## done")
    tokenizer.chat_template = "{{ messages[0]['content'] }}"
    assert ends_of(network, tokenizer) == ((0,), ())


def test_an_answer_ends_before_a_stop_text(
    network: Any, language: Language, prompts: list[list[int]]
) -> None:
    free = generate(network, language.tokenizer, prompts[:3], max_new_tokens=LIMIT)
    stop = free[0].whole[3:6]
    ended = generate(network, language.tokenizer, prompts[:3], max_new_tokens=LIMIT, stop=[stop])
    assert ended[0].text == free[0].whole[: free[0].whole.index(stop)].strip()
    assert not ended[0].cut
    assert ended[0].tokens < free[0].tokens
    assert all(stop not in one.text for one in ended)


def test_a_batch_of_one_and_of_eight_agree_but_for_counted_near_ties(
    network: Any, language: Language, prompts: list[list[int]]
) -> None:
    alone = [generate(network, language.tokenizer, [one], max_new_tokens=LIMIT)[0] for one in prompts]
    together = []
    for start in range(0, len(prompts), 8):
        together += generate(network, language.tokenizer, prompts[start : start + 8], max_new_tokens=LIMIT)
    for one, other in zip(alone, together, strict=True):
        assert one.ids == other.ids or one.near_ties


def test_a_planted_tie_is_counted(
    network: Any, language: Language, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = generate(network, language.tokenizer, prompts[:1], max_new_tokens=LIMIT)[0]
    assert free.near_ties == 0
    weight = network.get_output_embeddings().weight
    before = weight.detach().clone()
    with torch.no_grad():
        weight[7] = weight[free.ids[0]]
    tied = generate(network, language.tokenizer, prompts[:1], max_new_tokens=1)[0]
    with torch.no_grad():
        weight.copy_(before)
    assert tied.near_ties == 1


def test_batches_hold_similar_lengths_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generating, "BATCH_TOKENS", {"cpu": 100, "cuda": 1000})
    lengths = [30, 5, 40, 6, 90, 7]
    assert batches_of(lengths, max_new_tokens=10, kind="cpu") == [[1, 3, 5], [0, 2], [4]]
    assert batches_of(lengths, max_new_tokens=10, kind="cuda") == [[1, 3, 5, 0, 2, 4]]


def test_a_batch_without_room_is_answered_in_halves(
    network: Any, language: Language, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = generate(network, language.tokenizer, prompts, max_new_tokens=4)
    plain = network.generate
    sizes: list[int] = []

    def narrow(**asked: Any) -> Any:
        sizes.append(len(asked["input_ids"]))
        if sizes[-1] > 3:
            raise torch.OutOfMemoryError
        return plain(**asked)

    monkeypatch.setattr(network, "generate", narrow)
    assert [one.ids for one in generate(network, language.tokenizer, prompts, max_new_tokens=4)] == [
        one.ids for one in whole
    ]
    assert max(sizes) == len(prompts)


@pytest.mark.parametrize(
    ("text", "opened", "answer", "thinking", "closed"),
    [
        ("plain", "", "plain", "", True),
        ("<think>\nso\n</think>\n\nyes", "", "yes", "so", True),
        ("<think>\n\n</think>yes", "", "yes", "", True),
        ("<think>so and so", "", "", "so and so", False),
        ("so</think>yes", "", "yes", "so", True),
        ("so</think>yes", "<think>", "yes", "so", True),
        ("so", "<think>", "", "so", False),
        ("[THINK]a[/THINK]<think>b</think>c", "", "c", "a\n\nb", True),
        ("the tag <think> is wanted", "", "the tag <think> is wanted", "", True),
        ("<reasoning>a</reasoning>b", "", "b", "a", True),
    ],
)
def test_thinking_is_told_from_the_answer(
    text: str, opened: str, answer: str, thinking: str, closed: bool
) -> None:
    assert split(text, opened=opened) == (answer, thinking, closed)


def test_a_prompt_that_opens_the_thinking_is_seen() -> None:
    assert tag_opened_by("<|assistant|><think>\n") == "<think>"
    assert tag_opened_by("<|assistant|>") == ""


def test_thinking_that_never_ends_is_a_cut_answer_and_is_kept(
    network: Any, language: Language, prompts: list[list[int]]
) -> None:
    opened = [*prompts[0], *language.tokenizer("<think>", add_special_tokens=False)["input_ids"]]
    made = generate(network, language.tokenizer, [opened], max_new_tokens=4)[0]
    assert (made.text, made.cut) == ("", True)
    assert made.thinking == made.whole != ""


def test_continuous_batches_write_what_plain_ones_do(
    network: Any, language: Language, prompts: list[list[int]]
) -> None:
    free = generate(network, language.tokenizer, prompts, max_new_tokens=LIMIT)
    network.generation_config.eos_token_id = [1, free[0].ids[3], free[1].ids[7]]
    plain = generate(network, language.tokenizer, prompts, max_new_tokens=LIMIT)
    continuous = generate_continuously(network, language.tokenizer, prompts, max_new_tokens=LIMIT)
    assert len({one.tokens for one in plain}) > 1
    for one, other in zip(plain, continuous, strict=True):
        assert one == other or one.near_ties or other.near_ties
    assert generate(network, language.tokenizer, prompts, max_new_tokens=LIMIT) == plain


def test_short_answers_are_not_batched_continuously_on_a_cpu(network: Any) -> None:
    assert "128 tokens" in refused(network, limit=SHORTEST_ON_CPU - 1)
    assert not refused(network, limit=SHORTEST_ON_CPU)
