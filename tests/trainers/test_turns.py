"""Conversations: every turn of the assistant is learnt with its end, or the last one alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from advisor.engagement.records.examples import Message
from trainers.language.rendering import IGNORED, training_row

ASKED = [
    Message("system", "sort it"),
    Message("user", "my card"),
    Message("assistant", "which one?"),
    Message("user", "the lost one"),
    Message("assistant", "when?"),
    Message("user", "today"),
]
SAID = ["which one?", "when?", "card"]
HEAD = "{% for m in messages %}<|{{ m['role'] }}|>"
ASKING = "{% if add_generation_prompt %}<|assistant|>{% endif %}"
TEMPLATES = {
    "plain": HEAD + "{{ m['content'] }}<|end|>{% endfor %}" + ASKING,
    "a line after every end": HEAD
    + "\n{{ m['content'] }}<|end|>\n{% endfor %}"
    + ASKING[:-11]
    + "\n{% endif %}",
    "text begins with a start token": "<|pad|>" + HEAD + "{{ m['content'] }}<|end|>{% endfor %}" + ASKING,
    "the system's text opens the first turn": (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        + HEAD
        + "{{ m['content'] }}<|end|>{% endfor %}"
        + ASKING
    ),
}


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    """A copy whose template a test may change."""
    return AutoTokenizer.from_pretrained(tiny_model)


def trained(tokenizer: Any, turns: str) -> list[str]:
    """Runs of trained tokens, as text."""
    row = training_row(tokenizer, ASKED, "card", max_length=1 << 30, turns=turns)
    runs: list[list[int]] = [[]]
    for token, label in zip(row.input_ids, row.labels, strict=True):
        if label != IGNORED:
            assert label == token
            runs[-1].append(token)
        elif runs[-1]:
            runs.append([])
    return [tokenizer.decode(run) for run in runs if run]


@pytest.mark.parametrize("name", TEMPLATES)
def test_all_turns_are_learnt_each_with_its_end(name: str, tokenizer: Any) -> None:
    tokenizer.chat_template = TEMPLATES[name]
    assert [text.strip("\n") for text in trained(tokenizer, "all")] == [f"{said}<|end|>" for said in SAID]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_last_turn_alone_is_learnt_unless_asked(name: str, tokenizer: Any) -> None:
    tokenizer.chat_template = TEMPLATES[name]
    assert [text.strip("\n") for text in trained(tokenizer, "last")] == ["card<|end|>"]


def test_ids_are_the_same_whatever_is_learnt(tokenizer: Any) -> None:
    rows = [
        training_row(tokenizer, ASKED, "card", max_length=1 << 30, turns=turns) for turns in ("last", "all")
    ]
    assert rows[0].input_ids == rows[1].input_ids
    assert rows[0].labels != rows[1].labels


def test_a_turn_that_history_shows_in_another_way_is_left_out(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        HEAD
        + "{% if m['role'] == 'assistant' and not loop.last %}short{% else %}{{ m['content'] }}{% endif %}"
        + "<|end|>{% endfor %}"
        + ASKING
    )
    assert trained(tokenizer, "all") == ["card<|end|>"]
