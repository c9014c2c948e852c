"""One question to a server and to the model in this process: other tokens mean another model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from advisor.engagement.errors import RunFailed
from advisor.engagement.records.examples import Message
from harness.endpoints.client import open_client

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam


LONGEST_WAIT = 600.0
"""Seconds for an answer, as the `openai` client has it."""


class Reply(NamedTuple):
    """A greedy answer."""

    text: str
    """Trimmed."""
    tokens_in: int
    """Tokens of the rendered prompt."""
    tokens_out: int
    """Tokens of the answer, its end token included."""


def answer_here(
    model: str,
    messages: Sequence[Message],
    *,
    quantised: bool,
    adapter: Path | None,
    max_new_tokens: int,
) -> Reply:
    """As the arms answer: our renderer, adapter on its base, greedy. The model is let go afterwards."""
    from harness.models.generating import generate
    from trainers.language.loading import load_language
    from trainers.language.rendering import prompt_ids

    language = load_language(model, quantised=quantised, adapter=adapter)
    prompt = prompt_ids(language.tokenizer, messages)
    made = generate(language.network, language.tokenizer, [prompt], max_new_tokens=max_new_tokens)[0]
    return Reply(made.whole, len(prompt), made.tokens)


def ask(url: str, name: str, messages: Sequence[Message], *, max_new_tokens: int) -> Reply:
    """The server's greedy answer, through the `openai` client."""
    import openai

    # a server on this machine asks for no key, and none of the user's is sent
    client = open_client(url, "none", timeout=LONGEST_WAIT)
    try:
        with client:
            made = client.chat.completions.create(
                model=name,
                messages=_plain(messages),
                temperature=0,
                max_tokens=max_new_tokens,
            )
    except openai.OpenAIError as wrong:
        raise RunFailed(f"the server at {url} gave no answer: {wrong}", fix="read its log") from None
    if not made.choices or made.usage is None:
        raise RunFailed(f"the server at {url} gave an answer without text or counts", fix="read its log")
    text = (made.choices[0].message.content or "").strip()
    return Reply(text, made.usage.prompt_tokens, made.usage.completion_tokens)


def _plain(messages: Sequence[Message]) -> list[ChatCompletionMessageParam]:
    return [
        {"role": "assistant", "content": one.content}
        if one.role == "assistant"
        else ({"role": "system", "content": one.content} if one.role == "system" else _user(one))
        for one in messages
    ]


def _user(message: Message) -> ChatCompletionMessageParam:
    return {"role": "user", "content": message.content}
