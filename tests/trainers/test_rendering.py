"""Prompt, answer and mask: what is trained is what is asked, and the end is trained and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example, Message
from trainers.language.prompting import task_messages
from trainers.language.rendering import IGNORED, answer_ids, prompt_ids, training_row
from trainers.rows import render_rows

NO_LIMIT = 1 << 30
MESSAGES = task_messages("Sort it:", ["card", "card fee"], "my card is lost")
TEMPLATES = {
    "text after the end": (
        "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    ),
    "an empty thinking block": (
        "{% for m in messages %}<|{{ m['role'] }}|>"
        "{% if m['role'] == 'assistant' %}<think></think>{% endif %}{{ m['content'] }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    ),
    "no end after the answer": (
        "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    ),
    "no system role": (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    ),
}


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    """A fresh copy, so that a test may change its template."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def test_the_mask_covers_the_prompt_and_nothing_else(tokenizer: Any) -> None:
    row = training_row(tokenizer, MESSAGES, "card fee", max_length=NO_LIMIT)
    prompt = prompt_ids(tokenizer, MESSAGES)
    assert row.input_ids[: len(prompt)] == prompt
    assert row.labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert row.labels[len(prompt) :] == row.input_ids[len(prompt) :]
    assert tokenizer.decode(row.input_ids[len(prompt) :]) == "card fee<|end|>"
    assert not row.truncated


def test_an_end_token_that_pads_too_is_still_trained(tokenizer: Any) -> None:
    tokenizer.pad_token = tokenizer.eos_token
    row = training_row(tokenizer, MESSAGES, "card", max_length=NO_LIMIT)
    assert row.labels[-1] == tokenizer.eos_token_id == tokenizer.pad_token_id


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_trains_answer_and_end_once(tokenizer: Any, name: str) -> None:
    tokenizer.chat_template = TEMPLATES[name]
    row = training_row(tokenizer, MESSAGES, "card fee", max_length=NO_LIMIT)
    trained = [label for label in row.labels if label != IGNORED]
    assert trained.count(tokenizer.eos_token_id) == 1
    assert trained[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(trained).endswith("card fee<|end|>")
    assert trained == answer_ids(tokenizer, MESSAGES, "card fee")
    assert "Sort it:" in tokenizer.decode(prompt_ids(tokenizer, MESSAGES))


def test_a_template_and_a_tokenizer_that_both_begin_do_not_begin_twice(tokenizer: Any) -> None:
    tokenizer.bos_token = "<|pad|>"
    tokenizer.chat_template = "{{ bos_token }}{{ bos_token }}" + tokenizer.chat_template
    ids = prompt_ids(tokenizer, MESSAGES)
    assert ids.count(tokenizer.bos_token_id) == 1


def test_a_model_without_a_template_is_refused_with_a_way_out(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    with pytest.raises(PlanError, match="no chat template"):
        prompt_ids(tokenizer, MESSAGES)


def test_turns_of_a_conversation_keep_their_roles(tokenizer: Any) -> None:
    turns = [Message("user", "hi"), Message("assistant", "yes?"), Message("user", "my card")]
    text = tokenizer.decode(prompt_ids(tokenizer, task_messages("Sort it:", [], turns)))
    assert text.index("<|user|>hi") < text.index("<|assistant|>yes?") < text.index("<|user|>my card")


def test_rows_cut_at_the_limit_are_refused_above_one_in_a_hundred(tokenizer: Any) -> None:
    short = [Example(id=f"s{number}", input="card", output="card") for number in range(199)]
    long = [Example(id="l", input="card " * 400, output="card")]
    options = {"instruction": "Sort it:", "labels": ["card"], "max_length": 200}
    rows = render_rows(tokenizer, [*short, *long], **options)
    assert (len(rows.kept), rows.truncated, rows.dropped) == (199, 1, 1)
    with pytest.raises(PlanError, match=r"3 of 102 rows are longer than max_length .* first l0"):
        more = [Example(id=f"l{number}", input="card " * 400, output="card") for number in range(3)]
        render_rows(tokenizer, [*more, *short[:99]], **options)
