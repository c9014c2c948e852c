"""How arms with a language model answer: one prompt builder, labels scored or text generated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.engagement.errors import RunFailed
from advisor.engagement.records.examples import Example, Message
from harness.arms._kind import Answer, Prepared, Work, chunks
from harness.shots import Shots

if TYPE_CHECKING:
    from harness.models.calibrating import Calibration
    from harness.models.scoring import Scorer
    from trainers.language.loading import Language

INPUT_MARK = "{input}"
SHOT_MARK = "{example}"
ANSWER_MARK = "{answer}"
NO_LIMIT = 1 << 30
# Worked examples are dropped until all but this share of the items fits the context.
MOST_TOO_LONG = 0.01
JUDGED = 120
"""Validation rows at most for one choice: few-shot examples, calibration."""


class Labels(NamedTuple):
    """The labels as the renderer writes them after a prompt."""

    tokens: list[list[int]]
    """Ids of each label with its end token."""
    cut: int
    """Prompt tokens at the end that the labels' ids take over."""


class Replies(NamedTuple):
    """A way to answer items whose prompts fit."""

    batches: list[list[Example]]
    """Items in batches."""
    answer: Callable[[Sequence[Example]], list[Answer]]
    """Answers of one batch."""
    choices: dict[str, str]
    """What has to be said of it."""


def prepare_prompted(work: Work) -> Prepared:
    """The base model with the plain prompt."""
    return prepare_with(work, language_of(work), (), work.items)


def prepare_trained(work: Work) -> Prepared:
    """The trained model with the plain prompt, once it is proved to differ from its base."""
    return prepare_with(work, trained_of(work), (), work.items)


def language_of(work: Work) -> Language:
    """The arm's model, loaded; peak memory counts from here."""
    from trainers.language.loading import device, load_language, reset_peak_memory

    assert work.model is not None
    reset_peak_memory(device())
    return load_language(work.model, quantised=work.quantised, adapter=work.adapter, held=True)


def trained_of(work: Work) -> Language:
    """The trained model, loaded and proved to differ from its base."""
    if work.adapter is None:
        raise RunFailed("a trained arm has no trained files", fix="run `tunecase compare` again")
    language = language_of(work)
    _refuse_inactive(work, language)
    return language


def room_for(work: Work, language: Language) -> int:
    """Tokens of the longest prompt that leaves room for the answer."""
    labels = _label_tokens(work, language) if work.data.task == "classification" else None
    return _room(work, language, labels)


def prompt_length(work: Work, language: Language, item: Example) -> int:
    """Tokens of the plain prompt for this item."""
    return len(_prompt(work, language, item.input, ()))


def prepare_with(
    work: Work,
    language: Language,
    shots: Sequence[Example] | Shots,
    items: Sequence[Example],
    *,
    shown: str | list[Message] = INPUT_MARK,
) -> Prepared:
    """Prompts for every item, and a way to answer them in batches; an item too long for the model fails.

    `shown` stands for the input where the prompt is shown to people.
    """
    labels = _label_tokens(work, language) if work.data.task == "classification" else None
    room = _room(work, language, labels)
    fitted = _that_fit(work, language, shots, items, room=room)
    prompts = fitted.prompts
    fitting = [example for example in items if len(prompts[example.id]) <= room]
    replies = _replies(work, language, fitting, prompts, labels)
    too_long = [example for example in items if len(prompts[example.id]) > room]

    def answer(batch: Sequence[Example]) -> list[Answer]:
        if len(prompts[batch[0].id]) <= room:
            return replies.answer(batch)
        return [_too_long(len(prompts[example.id]), room) for example in batch]

    choices = dict(replies.choices)
    if fitted.left_out:
        choices["examples left out"] = fitted.left_out
    template = language.tokenizer.decode(_template_ids(work, language, fitted.shown, shown))
    return Prepared([*replies.batches, *chunks(too_long, 1)], answer, choices, template)


def evenly(items: Sequence[Example], most: int) -> list[Example]:
    """At most so many items, evenly spaced."""
    count = min(most, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _messages(work: Work, text: str | list[Message], shots: Sequence[tuple[str, str]]) -> list[Message]:
    from trainers.language.prompting import task_messages

    return task_messages(work.instruction, work.data.labels, text, shots=shots)


def _prompt(work: Work, language: Language, text: str | list[Message], shots: Sequence[Example]) -> list[int]:
    from trainers.language.rendering import prompt_ids

    pairs = [(shot.input_text(), shot.output) for shot in shots]
    return prompt_ids(language.tokenizer, _messages(work, text, pairs))


def _template_ids(
    work: Work, language: Language, answers: Sequence[str], shown: str | list[Message]
) -> list[int]:
    """The prompt without client text."""
    from trainers.language.rendering import prompt_ids

    pairs = [(SHOT_MARK, answer) for answer in answers]
    return prompt_ids(language.tokenizer, _messages(work, shown, pairs))


def _room(work: Work, language: Language, labels: Labels | None) -> int:
    """Longest prompt that leaves room for the answer."""
    answer = work.max_new_tokens if labels is None else max(map(len, labels.tokens))
    return context_of(language) - answer


def context_of(language: Language) -> int:
    """Tokens that the model takes in all; very many where its configuration names no limit."""
    config = language.network.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or NO_LIMIT)


def _too_long(length: int, room: int) -> Answer:
    error = f"the prompt has {length} tokens, the context takes {room}"
    return Answer(None, tokens_in=length, error=error, finish_reason="error")


class Fitted(NamedTuple):
    """Prompts with as many worked examples as fit."""

    prompts: dict[str, list[int]]
    """Ids by item."""
    shown: list[str]
    """Answers of the examples as the prompt is shown to people; labels are no secret, other answers are."""
    left_out: str
    """How many examples did not fit, in words; empty where all did."""


def _that_fit(
    work: Work,
    language: Language,
    shots: Sequence[Example] | Shots,
    items: Sequence[Example],
    *,
    room: int,
) -> Fitted:
    if callable(shots):
        return _each_that_fits(work, language, shots, items, room=room)
    kept = list(shots)
    if kept and items:
        bare = {example.id: len(_prompt(work, language, example.input, ())) for example in items}
        by_length = sorted(items, key=lambda example: bare[example.id])
        decisive = by_length[int((1 - MOST_TOO_LONG) * (len(items) - 1))]
        while kept and len(_prompt(work, language, decisive.input, kept)) > room:
            kept.pop()
    labelled = work.data.task == "classification"
    return Fitted(
        {example.id: _prompt(work, language, example.input, kept) for example in items},
        [shot.output if labelled else ANSWER_MARK for shot in kept],
        f"{len(shots) - len(kept)} of {len(shots)}, to fit the context" if len(kept) < len(shots) else "",
    )


def _each_that_fits(
    work: Work, language: Language, shots: Shots, items: Sequence[Example], *, room: int
) -> Fitted:
    """Every item has examples of its own: the first ones, which matter least, give way."""
    prompts: dict[str, list[int]] = {}
    most = fewer = 0
    for example in items:
        kept = list(shots(example))
        most = max(most, len(kept))
        wanted = len(kept)
        while len(ids := _prompt(work, language, example.input, kept)) > room and kept:
            kept.pop(0)
        fewer += len(kept) < wanted
        prompts[example.id] = ids
    told = f"some for {fewer} of {len(items)} rows, to fit the context" if fewer else ""
    return Fitted(prompts, [ANSWER_MARK] * most, told)


def by_split(work: Work, items: Sequence[Example]) -> list[list[Example]]:
    """Validation items, test items: they never share a forward pass."""
    held_out = {example.id for example in work.data.test}
    return [
        [example for example in items if example.id not in held_out],
        [example for example in items if example.id in held_out],
    ]


def _replies(
    work: Work,
    language: Language,
    items: Sequence[Example],
    prompts: dict[str, list[int]],
    labels: Labels | None,
) -> Replies:
    """Labels scored, unless the plan wants them written; text written."""
    from harness.written import label_written, text_written

    if labels is None:
        return text_written(work, language, by_split(work, items), prompts)
    if work.plan.generation.constrain == "labels":
        return label_written(work, language, by_split(work, items), prompts, labels)
    return _scored(work, language, items, prompts, labels)


def _scored(
    work: Work,
    language: Language,
    items: Sequence[Example],
    prompts: dict[str, list[int]],
    labels: Labels,
) -> Replies:
    """The label with the largest log-probability, less the model's leaning where that helps."""
    from harness.models.near_ties import tolerance
    from harness.models.scoring import Scorer

    names, close = work.data.labels, tolerance(language.network)
    asked = {id: ids[: len(ids) - labels.cut] for id, ids in prompts.items()}
    scorer = Scorer(
        language.network,
        [asked[example.id] for example in items],
        labels.tokens,
        on_progress=work.on_progress,
    )
    calibration, known = _calibrated(work, scorer, items, asked)

    def answer(batch: Sequence[Example]) -> list[Answer]:
        if all(example.id in known for example in batch):
            scored = [known[example.id] for example in batch]
        else:
            scored = scorer.score([asked[example.id] for example in batch])
        return [
            Answer(
                output=names[calibration.best(logprobs)],
                tokens_in=len(prompts[example.id]),
                tokens_out=sum(map(len, labels.tokens)),
                logprobs=dict(zip(names, logprobs, strict=True)),
                near_ties=int(calibration.margin(logprobs) <= close),
            )
            for example, logprobs in zip(batch, scored, strict=True)
        ]

    batches = [
        [part[number] for number in pack]
        for part in by_split(work, items)
        for pack in scorer.packs([asked[example.id] for example in part])
    ]
    choices = {"calibration": calibration.told}
    if scorer.fallback:
        choices["scoring"] = f"one forward pass per label, because of {scorer.fallback}"
    return Replies(batches, answer, choices)


def _calibrated(
    work: Work, scorer: Scorer, items: Sequence[Example], asked: dict[str, list[int]]
) -> tuple[Calibration, dict[str, list[float]]]:
    """The calibration settled on validation rows, and their scores, which need not be computed twice."""
    from harness.models.calibrating import choose

    place = {label: number for number, label in enumerate(work.data.labels)}
    judged = evenly(by_split(work, items)[0], JUDGED)
    known: dict[str, list[float]] = {}
    for pack in scorer.packs([asked[example.id] for example in judged]):
        rows = [judged[number] for number in pack]
        scores = scorer.score([asked[example.id] for example in rows])
        known |= {example.id: each for example, each in zip(rows, scores, strict=True)}
    targets = [place[example.output] for example in judged]
    found = choose([known[example.id] for example in judged], targets)
    if not found.leaning:
        return found._replace(leaning=[0.0] * len(place)), known
    return found, known


def _label_tokens(work: Work, language: Language) -> Labels:
    return label_tokens(language.tokenizer, _messages(work, INPUT_MARK, ()), work.data.labels)


def label_tokens(tokenizer: Any, messages: Sequence[Message], labels: Sequence[str]) -> Labels:
    """Tokens of each label after these messages, with its end token.

    A template may render prompt and answer together in another way than the prompt alone (an empty
    thinking block, a merged line break): the label then begins where all joint renderings still agree.
    """
    from trainers.language.rendering import IGNORED, prompt_ids, training_row

    prompt = prompt_ids(tokenizer, messages)
    rows = [training_row(tokenizer, messages, label, max_length=NO_LIMIT) for label in labels]
    start = min(sum(label == IGNORED for label in row.labels) for row in rows)
    return Labels([row.input_ids[start:] for row in rows], len(prompt) - start)


def _refuse_inactive(work: Work, language: Language) -> None:
    """A trained model that answers like its base to the last digit was not loaded."""
    import torch

    probe = torch.tensor([_prompt(work, language, work.items[0].input, ())], device=language.device)
    with torch.inference_mode():
        trained = language.network(input_ids=probe, logits_to_keep=1).logits
        untrained = _base_logits(work, language, probe)
    if torch.equal(trained, untrained):
        raise RunFailed(
            f"{work.adapter}: the trained model answers exactly like its base",
            fix="delete that model's folder and run `tunecase compare` again",
        )


def _base_logits(work: Work, language: Language, probe: Any) -> Any:
    """From the same network with its adapter off, or from the base where every weight was trained."""
    if hasattr(language.network, "disable_adapter"):
        with language.network.disable_adapter():
            return language.network(input_ids=probe, logits_to_keep=1).logits
    from trainers.language.loading import load_language

    assert work.model is not None
    return load_language(work.model).network(input_ids=probe, logits_to_keep=1).logits
