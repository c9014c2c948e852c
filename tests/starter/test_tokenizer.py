"""Text to tokens and back, and one way to write a chat."""

from __future__ import annotations

import pytest

from tests.starter.conftest import Shipped
from trainers.starter.batches import encode

TEXTS = (
    "a",
    "Where is my parcel?",
    "late_parcel",
    '{"name": "Ann O\'Neil", "amount": null}',
    "two\nlines, and\n\n- a list\n- of things",
    "prices: 12.50 EUR; 3,000 %",
    "größer, naïve, 東京, 🙂",
    "snake_case_name and Title Case and ALLCAPS",
    "double  spaces and\ttabs",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(shipped: Shipped, text: str) -> None:
    ids = shipped.tokenizer(text, add_special_tokens=False).input_ids
    assert shipped.tokenizer.decode(ids) == text


def test_the_fast_encoder_equals_the_chat_template(shipped: Shipped) -> None:
    chats = [
        [
            {"role": "system", "content": "Pick one.\n- late_parcel\n- Lost key"},
            {"role": "user", "content": text},
            {"role": "assistant", "content": "late_parcel"},
        ]
        for text in TEXTS
    ]
    found = encode([{"messages": chat, "kind": "labels"} for chat in chats], shipped.tokenizer, limit=2048)
    for chat, encoded in zip(chats, found, strict=True):
        expected = shipped.tokenizer.apply_chat_template(chat, tokenize=True, return_dict=True).input_ids
        assert encoded.ids.tolist() == expected


def test_only_answers_weigh_fully(shipped: Shipped) -> None:
    chat = [{"role": "user", "content": "one two"}, {"role": "assistant", "content": "three"}]
    (encoded,) = encode([{"messages": chat, "kind": "labels"}], shipped.tokenizer, limit=2048)
    start = encoded.ids.tolist().index(shipped.tokenizer.convert_tokens_to_ids("<|assistant|>"))
    assert encoded.weights[: start + 1].max() < 0.1
    assert (encoded.weights[start + 1 :] == 1.0).all()


def test_an_unknown_role_is_an_error(shipped: Shipped) -> None:
    with pytest.raises(Exception, match="unknown role"):
        shipped.tokenizer.apply_chat_template([{"role": "tool", "content": "x"}], tokenize=False)
