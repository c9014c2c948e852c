"""Text and labels written token by token: in batches of similar length, ended and held as the plan says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example
from harness.arms._kind import Answer, Work, chunks
from harness.decoding import Decoding, decoding_of
from harness.prompted import Labels, Replies

if TYPE_CHECKING:
    from harness.models.generating import Constraint, Generated
    from trainers.language.loading import Language

AT_A_TIME = 256
"""Answers of one call where batching is continuous: those that a kill makes us write again."""


def text_written(
    work: Work, language: Language, parts: Sequence[Sequence[Example]], prompts: dict[str, list[int]]
) -> Replies:
    """Greedy text; `parts` never share a batch."""
    decoding = decoding_of(work.plan, work.data, work.engagement)
    constraint = _schema(decoding, language)
    against = _against_continuous(work, decoding, language)
    if against:
        note = f"caution: plain batches, because {against}"
        work.on_progress(Progress("predicting", 0, len(prompts), note))
    continuous = decoding.continuous and not against
    plain = _plain(work, language, decoding, constraint)
    write = _continuous(work, language, decoding) if continuous else plain

    def answer(batch: Sequence[Example]) -> list[Answer]:
        asked = [prompts[example.id] for example in batch]
        return [_answer(one, len(prompt)) for prompt, one in zip(asked, write(asked), strict=True)]

    size = AT_A_TIME if continuous else None
    batches = [
        batch for part in parts for batch in _batches(work, language, part, prompts=prompts, size=size)
    ]
    choices = {"answers": told} if (told := _told(decoding, continuous=continuous)) else {}
    return Replies(batches, answer, choices | ({"batches": f"plain, because {against}"} if against else {}))


def label_written(
    work: Work,
    language: Language,
    parts: Sequence[Sequence[Example]],
    prompts: dict[str, list[int]],
    labels: Labels,
) -> Replies:
    """A label written token by token, everything else ruled out: the greedy path, not the likeliest label."""
    from harness.models.constrained import one_of
    from harness.models.generating import generate

    asked = {id: ids[: len(ids) - labels.cut] for id, ids in prompts.items()}
    named = {tuple(ids): name for ids, name in zip(labels.tokens, work.data.labels, strict=True)}
    longest = max(map(len, labels.tokens))

    def answer(batch: Sequence[Example]) -> list[Answer]:
        shown = [asked[example.id] for example in batch]
        made = generate(
            language.network,
            language.tokenizer,
            shown,
            max_new_tokens=longest,
            constraint=one_of(labels.tokens),
        )
        return [
            _answer(one, len(prompts[example.id]))._replace(output=named.get(one.ids, one.text))
            for example, one in zip(batch, made, strict=True)
        ]

    batches = [
        batch for part in parts for batch in _batches(work, language, part, prompts=asked, most=longest)
    ]
    return Replies(batches, answer, {"answers": "a label written token by token, nothing else possible"})


def _answer(one: Generated, tokens_in: int) -> Answer:
    return Answer(
        output=one.text,
        tokens_in=tokens_in,
        tokens_out=one.tokens,
        finish_reason="length" if one.cut else "stop",
        thinking=one.thinking,
        near_ties=one.near_ties,
    )


def _batches(
    work: Work,
    language: Language,
    part: Sequence[Example],
    *,
    prompts: dict[str, list[int]],
    size: int | None = None,
    most: int | None = None,
) -> list[list[Example]]:
    """By length of the prompts, or so many at a time."""
    from harness.models.generating import batches_of

    ordered = sorted(part, key=lambda example: (len(prompts[example.id]), example.id))
    if size is not None:
        return chunks(ordered, size)
    lengths = [len(prompts[example.id]) for example in ordered]
    limit = work.max_new_tokens if most is None else most
    places = batches_of(lengths, max_new_tokens=limit, kind=language.device.type)
    return [[ordered[place] for place in batch] for batch in places]


def _plain(
    work: Work, language: Language, decoding: Decoding, constraint: Constraint | None
) -> Callable[[Sequence[Sequence[int]]], list[Generated]]:
    from harness.models.generating import generate

    return lambda asked: generate(
        language.network,
        language.tokenizer,
        asked,
        max_new_tokens=work.max_new_tokens,
        stop=decoding.stop,
        constraint=constraint,
    )


def _continuous(
    work: Work, language: Language, decoding: Decoding
) -> Callable[[Sequence[Sequence[int]]], list[Generated]]:
    from harness.models.continuous import generate_continuously

    return lambda asked: generate_continuously(
        language.network, language.tokenizer, asked, max_new_tokens=work.max_new_tokens, stop=decoding.stop
    )


def _against_continuous(work: Work, decoding: Decoding, language: Language) -> str:
    """Why batching is not continuous although the plan wants it, in words."""
    from harness.models.continuous import refused

    if not decoding.continuous:
        return ""
    if decoding.constrain:
        return "continuous batching cannot hold answers to a form"
    return refused(language.network, limit=work.max_new_tokens)


def _schema(decoding: Decoding, language: Language) -> Constraint | None:
    if decoding.schema is None:
        return None
    from harness.models.constrained import json_like
    from harness.models.stopping import ends_of

    ends = ends_of(language.network, language.tokenizer).ids
    return json_like(decoding.schema, language.network, language.tokenizer, ends=ends)


def _told(decoding: Decoding, *, continuous: bool) -> str:
    """How answers are written, where it is not the usual way."""
    parts: list[str] = []
    if decoding.constrain == "json":
        parts.append("JSON that meets the schema, nothing else possible")
    if decoding.stop:
        parts.append(f"ended by {', '.join(map(repr, decoding.stop))} too")
    if continuous:
        parts.append("in continuous batches")
    return "; ".join(parts)
