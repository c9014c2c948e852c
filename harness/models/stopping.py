"""Where an answer ends: the end tokens of model, settings and template, and the texts that the plan names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.models.thinking import TAGS
from trainers.language.rendering import after_answer

HARMONY = "<|channel|>"
"""Templates with channels end each message alike, the thinking too: their end of turn ends no answer."""


class Ends(NamedTuple):
    """What ends an answer."""

    ids: tuple[int, ...]
    """Tokens, in order of their numbers; none of them is part of the text."""
    texts: tuple[str, ...]
    """Texts; the answer ends before the first of them."""


class Ended(NamedTuple):
    """An answer at its end."""

    text: str
    """Without end token and end text, not trimmed."""
    tokens: int
    """Tokens generated, the end included."""
    stopped: bool
    """Whether it ended by itself; otherwise it ran into the limit."""


def ends_of(network: Any, tokenizer: Any, texts: Sequence[str] = ()) -> Ends:
    """Every end token there is: of the tokenizer, of the model's settings (several, often), of the template.

    Where the template closes a turn with plain text rather than with a token, that text ends an answer too.
    """
    settings = (getattr(network, "generation_config", None), network.config.get_text_config())
    named = [tokenizer.eos_token_id, *(getattr(one, "eos_token_id", None) for one in settings)]
    ids = {int(id) for one in named if one is not None for id in (one if isinstance(one, list) else [one])}
    turn, closing = _end_of_turn(tokenizer)
    return Ends(tuple(sorted(ids | turn)), tuple(dict.fromkeys([*texts, *closing])))


def _end_of_turn(tokenizer: Any) -> tuple[set[int], list[str]]:
    closing, added = after_answer(tokenizer), tokenizer.added_tokens_decoder
    if not closing.strip() or any(token.content == HARMONY for token in added.values()):
        return set(), []
    first = tokenizer(closing.lstrip(), add_special_tokens=False)["input_ids"][0]
    if first in added:
        return {first}, []
    return set(), [closing.strip()]


def hidden_ids(tokenizer: Any) -> set[int]:
    """Special tokens that are no text; tags of thinking are, wherever a model has tokens for them."""
    special = {id for id, token in tokenizer.added_tokens_decoder.items() if token.special}
    shown = {id for id, token in tokenizer.added_tokens_decoder.items() if _is_tag(token.content)}
    return (special | set(tokenizer.all_special_ids)) - shown


def _is_tag(token: str) -> bool:
    return any(token in tag for pair in TAGS for tag in pair)


def ended(tokenizer: Any, ids: Sequence[int], ends: Ends, *, hidden: set[int]) -> Ended:
    """The text up to the first end; what a batch generates behind it is dropped."""
    place = next((number for number, id in enumerate(ids) if id in ends.ids), None)
    kept = list(ids if place is None else ids[:place])

    def text(count: int) -> str:
        shown = [id for id in kept[:count] if id not in hidden]
        return str(tokenizer.decode(shown, skip_special_tokens=False))

    whole = text(len(kept))
    found = [where for end in ends.texts if (where := whole.find(end)) >= 0]
    if found:
        counts = range(len(kept) + 1)
        until = bisect_left(counts, True, key=lambda count: any(end in text(count) for end in ends.texts))
        return Ended(whole[: min(found)], until, True)
    return Ended(whole, len(ids) if place is None else place + 1, place is not None)
