"""How arms with a language model answer: one prompt builder, labels scored or text generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.records.examples import Example, Message
from harness.arms._kind import Answer, Prepared, Work, chunks

if TYPE_CHECKING:
    from trainers.language.loading import Language

INPUT_MARK = "{input}"
ROOM_FOR_ANSWER = 96
NO_LIMIT = 1 << 30


def prepare_prompted(work: Work) -> Prepared:
    """The base model with the plain prompt."""
    return prepare_with(work, language_of(work), ())


def prepare_trained(work: Work) -> Prepared:
    """The trained model with the plain prompt, once it is proved to differ from its base."""
    if work.adapter is None:
        raise RunFailed("a trained arm has no trained files", fix="run `tunecase compare` again")
    language = language_of(work)
    _refuse_inactive(work, language)
    return prepare_with(work, language, ())


def prompted_accuracy(
    work: Work, language: Language, shots: Sequence[Example], items: Sequence[Example]
) -> float:
    """Share of items answered exactly, for choices on validation."""
    prepared = prepare_with(work, language, shots, items=items)
    right = [
        answer.output == example.output
        for batch in prepared.batches
        for example, answer in zip(batch, prepared.answer(batch), strict=True)
    ]
    return sum(right) / max(len(right), 1)


def language_of(work: Work) -> Language:
    """The arm's model, loaded."""
    from trainers.language.loading import load_language

    assert work.model is not None
    quantised = work.adapter is not None and work.adapter.parent.name.startswith("qlora-")
    return load_language(work.model, quantised=quantised, adapter=work.adapter)


def prepare_with(
    work: Work, language: Language, shots: Sequence[Example], *, items: Sequence[Example] | None = None
) -> Prepared:
    """Prompts for every item, and a way to answer them in batches."""
    from trainers.language.rendering import prompt_ids

    asked = list(work.items if items is None else items)
    shots, note = _that_fit(work, language, shots, asked)

    def render(text: str | list[Message]) -> list[int]:
        return prompt_ids(language.tokenizer, _messages(work, text, shots))

    prompts = {example.id: render(example.input) for example in asked}
    template = language.tokenizer.decode(render(INPUT_MARK))
    choices = {"examples left out": note} if note else {}
    if work.data.task == "classification":
        return _scored(work, language, asked, prompts, shots, template, choices)
    return _generated(language, asked, prompts, template, choices)


def _messages(work: Work, text: str | list[Message], shots: Sequence[Example]) -> list[Message]:
    from trainers.language.prompting import task_messages

    pairs = [(shot.input_text(), shot.output) for shot in shots]
    return task_messages(work.instruction, work.data.labels, text, shots=pairs)


def _that_fit(
    work: Work, language: Language, shots: Sequence[Example], items: Sequence[Example]
) -> tuple[list[Example], str]:
    """Drop examples from the end until the longest item fits the context; said aloud."""
    from trainers.language.rendering import prompt_ids

    config = language.network.config.get_text_config()
    room = getattr(config, "max_position_embeddings", 1 << 20) - ROOM_FOR_ANSWER
    longest = max(items, key=lambda example: len(example.input_text()))
    kept = list(shots)
    while len(prompt_ids(language.tokenizer, _messages(work, longest.input, kept))) > room:
        if not kept:
            raise PlanError(
                f"item {longest.id} does not fit the context of {work.model}",
                fix="use a model with a longer context",
            )
        kept.pop()
    return kept, f"{len(shots) - len(kept)} of {len(shots)}, to fit the context" if len(kept) < len(
        shots
    ) else ""


def _scored(
    work: Work,
    language: Language,
    items: Sequence[Example],
    prompts: dict[str, list[int]],
    shots: Sequence[Example],
    template: str,
    choices: dict[str, str],
) -> Prepared:
    from harness.models.scoring import Scorer

    labels = work.data.labels
    sequences, cut = _label_tokens(work, language, shots)
    asked = {id: ids[: len(ids) - cut] for id, ids in prompts.items()}
    ordered = [asked[example.id] for example in items]
    scorer = Scorer(language.network, ordered, sequences, on_progress=work.on_progress)
    if scorer.fallback is not None:
        choices = {**choices, "scoring": f"one forward pass per label, because of {scorer.fallback}"}
    tokens_out = sum(map(len, sequences))

    def answer(batch: Sequence[Example]) -> list[Answer]:
        scored = scorer.score([asked[example.id] for example in batch])
        return [
            Answer(
                output=labels[max(range(len(labels)), key=logprobs.__getitem__)],
                tokens_in=len(prompts[example.id]),
                tokens_out=tokens_out,
                logprobs=dict(zip(labels, logprobs, strict=True)),
            )
            for example, logprobs in zip(batch, scored, strict=True)
        ]

    batches = [[items[number] for number in pack] for pack in scorer.packs(ordered)]
    return Prepared(batches, answer, choices, template)


def _label_tokens(work: Work, language: Language, shots: Sequence[Example]) -> tuple[list[list[int]], int]:
    """Tokens of each label with its end token, and how many prompt tokens at the end they take over.

    A template may render prompt and answer together in another way than the prompt alone (an empty
    thinking block, a merged line break): the label then begins where all joint renderings still agree.
    """
    from trainers.language.rendering import IGNORED, prompt_ids, training_row

    messages = _messages(work, INPUT_MARK, shots)
    prompt = prompt_ids(language.tokenizer, messages)
    rows = [
        training_row(language.tokenizer, messages, label, max_length=1 << 30) for label in work.data.labels
    ]
    start = min(sum(label == IGNORED for label in row.labels) for row in rows)
    return [row.input_ids[start:] for row in rows], len(prompt) - start


def _generated(
    language: Language,
    items: Sequence[Example],
    prompts: dict[str, list[int]],
    template: str,
    choices: dict[str, str],
) -> Prepared:
    from harness.models.generating import BATCH, generate

    def answer(batch: Sequence[Example]) -> list[Answer]:
        asked = [prompts[example.id] for example in batch]
        return [
            Answer(
                output=made.text,
                tokens_in=len(prompt),
                tokens_out=made.tokens,
                finish_reason="length" if made.cut else "stop",
            )
            for prompt, made in zip(asked, generate(language.network, language.tokenizer, asked), strict=True)
        ]

    ordered = sorted(items, key=lambda example: (len(prompts[example.id]), example.id))
    return Prepared(chunks(ordered, BATCH), answer, choices, template)


def _refuse_inactive(work: Work, language: Language) -> None:
    """A trained model that answers like its base to the last digit was not loaded."""
    import torch

    from trainers.language.rendering import prompt_ids

    probe = torch.tensor([prompt_ids(language.tokenizer, _messages(work, work.items[0].input, ()))])
    probe = probe.to(language.device)
    with torch.inference_mode():
        trained = language.network(input_ids=probe, logits_to_keep=1).logits
        untrained = _base_logits(work, language, probe)
    if torch.equal(trained, untrained):
        raise RunFailed(
            f"{work.adapter}: the trained model answers exactly like its base",
            fix="delete that folder and compare again",
        )


def _base_logits(work: Work, language: Language, probe: Any) -> Any:
    if hasattr(language.network, "disable_adapter"):
        with language.network.disable_adapter():
            return language.network(input_ids=probe, logits_to_keep=1).logits
    from trainers.language.loading import load_language

    assert work.model is not None
    return load_language(work.model).network(input_ids=probe, logits_to_keep=1).logits
