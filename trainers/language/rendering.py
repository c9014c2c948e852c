"""Messages to token ids and label mask: the only place, for training, evaluation and serving alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jinja2

from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Message

RENDERER_VERSION = 1
IGNORED = -100
ANSWER = "ANSWER"
"""Stands for an answer where only the template around it is looked at."""


class Row(NamedTuple):
    """One training row."""

    input_ids: list[int]
    """Prompt and answer tokens, the end token last."""
    labels: list[int]
    """The same ids, -100 on prompt tokens."""
    truncated: bool
    """Whether the row was cut at the length limit."""


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Ids up to and including the generation prompt."""
    return _ids(tokenizer, messages, generation=True)


def answer_ids(tokenizer: Any, messages: Sequence[Message], answer: str) -> list[int]:
    """Ids of the answer and its end token, tokenised jointly with the prompt."""
    row = training_row(tokenizer, messages, answer, max_length=1 << 30)
    return [token for token, label in zip(row.input_ids, row.labels, strict=True) if label != IGNORED]


def training_row(
    tokenizer: Any,
    messages: Sequence[Message],
    answer: str,
    *,
    max_length: int,
    turns: str = "last",
) -> Row:
    """Prompt and answer rendered together; the boundary is where the two renderings part.

    A template that adds text after the answer's end token (a newline, say) has it cut off. The mask
    comes from positions, so an end token that equals the padding token is still trained. With `turns`
    "all" earlier answers are learnt too.
    """
    prompt = _ids(tokenizer, messages, generation=True)
    whole = _ids(tokenizer, [*messages, Message(role="assistant", content=answer)], generation=False)
    boundary = _common_prefix(prompt, whole)
    end = tokenizer.eos_token_id
    tail = whole[boundary:]
    if end in tail:
        tail = tail[: len(tail) - tail[::-1].index(end)]
    elif end is not None:
        tail = [*tail, end]
    ids = [*whole[:boundary], *tail]
    labels = [IGNORED] * boundary + tail
    if turns == "all":
        for begin, stop in _earlier_answers(tokenizer, messages, ids, boundary):
            labels[begin:stop] = ids[begin:stop]
    return Row(ids[:max_length], labels[:max_length], len(ids) > max_length)


def text_row(tokenizer: Any, text: str) -> list[int]:
    """Raw text for continued pre-training: the start token where the model has one, the text, the end."""
    ids = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    return [*([start] if start is not None else []), *ids, *([end] if end is not None else [])]


def after_answer(tokenizer: Any) -> str:
    """What the template writes behind an answer, such as `<|im_end|>` and a line break; empty for nothing."""
    asked = [Message(role="user", content="?"), Message(role="assistant", content=ANSWER)]
    _, found, behind = _text(tokenizer, asked, generation=False).rpartition(ANSWER)
    return behind if found else ""


def _earlier_answers(
    tokenizer: Any, messages: Sequence[Message], ids: list[int], boundary: int
) -> list[tuple[int, int]]:
    """Places of the answers before the last one, each with its end token.

    A template that renders history in another way than it rendered the turn when it was the last (one
    that drops reasoning, say) has no such place: that turn is left untrained.
    """
    found = []
    for number, message in enumerate(messages):
        if message.role != "assistant":
            continue
        asked = _ids(tokenizer, messages[:number], generation=True)
        said = _ids(tokenizer, messages[: number + 1], generation=False)
        begin, stop = _common_prefix(asked, ids), _common_prefix(said, ids)
        if begin < len(asked) or tokenizer.eos_token_id not in ids[begin:stop]:
            continue
        last = stop - ids[begin:stop][::-1].index(tokenizer.eos_token_id)
        if last <= boundary:
            found.append((begin, last))
    return found


def _ids(tokenizer: Any, messages: Sequence[Message], *, generation: bool) -> list[int]:
    text = _text(tokenizer, messages, generation=generation)
    ids = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    start = tokenizer.bos_token_id
    while start is not None and len(ids) > 1 and ids[0] == ids[1] == start:
        ids = ids[1:]
    return ids


def _text(tokenizer: Any, messages: Sequence[Message], *, generation: bool) -> str:
    plain = [{"role": message.role, "content": message.content} for message in messages]
    if not tokenizer.chat_template:
        raise PlanError(
            "the model has no chat template",
            fix="use an instruction-tuned model, whose name often ends in -Instruct",
        )
    try:
        return _apply(tokenizer, plain, generation=generation)
    except jinja2.TemplateError:
        return _apply(tokenizer, _without_system(plain), generation=generation)


def _apply(tokenizer: Any, plain: list[dict[str, str]], *, generation: bool) -> str:
    return str(tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=generation))


def _without_system(plain: list[dict[str, str]]) -> list[dict[str, str]]:
    """Some templates refuse a system role: its text then opens the first user turn."""
    if not plain or plain[0]["role"] != "system" or len(plain) < 2:
        return plain
    first = {"role": "user", "content": f"{plain[0]['content']}\n\n{plain[1]['content']}"}
    return [first, *plain[2:]]


def _common_prefix(one: list[int], other: list[int]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
