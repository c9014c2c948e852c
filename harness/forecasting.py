"""What a comparison will take, before it runs: rows, tokens, memory, time and money per arm; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from advisor.costing import measured, running
from advisor.costing.cards import cards
from advisor.costing.prices import find_card, hourly_price
from advisor.costing.training import Parameters
from advisor.engagement.catalogue import find
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Range
from advisor.engagement.records.calibration import Calibration
from advisor.engagement.records.examples import Example
from advisor.engagement.records.forecast import ArmForecast, Forecast
from advisor.engagement.records.plan import Plan
from harness import arms
from harness.arms._kind import Arm
from harness.arms.few_shot import AT_RANDOM, COVERING, NEAREST
from harness.choosing import FINALISTS, FIRST
from harness.decoding import answer_limit
from harness.endpoints.expecting import Bill, bill, server_of
from harness.forgetting.expecting import tokens as canary_tokens
from harness.intake.token_lengths import TOKENS_PER_WORD, Shape, count, shape
from harness.judges.foreseeing import foreseen
from harness.prompted import JUDGED
from harness.retrieval.searching import UNSETTLED
from harness.statistics.power import minimum_detectable
from trainers.language.prompting import as_asked

SEARCHED = "sft"
"""Objective whose settings are sought; those of the others lie elsewhere in the plan."""
EPOCHS_TRIED = (1.0, 2.0, 3.0, 5.0)
"""Passes that the search chooses among."""
CHOOSING = ("few_shot", "optimised_prompt")
"""Arms that compare prompts on validation rows."""
TEMPLATE_TOKENS = 4
"""Role and end marks around the messages of one prompt: assumption."""


class Lengths(NamedTuple):
    """Token counts of the rows of one engagement."""

    prefix: int
    """Instruction, labels and marks."""
    classes: int
    """Number of labels; 0 for generation."""
    labels: int
    """Tokens of all labels together."""
    train: list[int]
    """Input and output per training row."""
    judged: list[int]
    """Input per validation and test row."""
    chosen_on: int
    """Validation rows that few-shot draws are compared on."""
    answer: int
    """Mean tokens of an answer."""
    longest: int
    """Tokens that an answer may take, as the run bounds it."""
    how: str
    """How they were counted."""
    passages: int = 0
    """Tokens of the passages in one prompt, for arms that retrieve."""


class Ground(NamedTuple):
    """What the arms run on."""

    params_b: float | None
    """Billions of parameters; None where the size is not known."""
    context: int | None
    """Longest input in tokens; None where it is not known."""
    device: str
    """`cpu`, or the GPU's name."""
    gpu: str | None
    """The listed card that the device is; None for a CPU or an unlisted card."""
    hourly_usd: float | None
    """Price of one hour, or None."""
    measured: Calibration | None
    """Speed as measured on this device; None where it was not."""

    @property
    def is_priced(self) -> bool:
        """Whether times can be estimated at all."""
        known = self.device == "cpu" or self.gpu is not None or self.measured is not None
        return self.params_b is not None and known


def forecast(engagement: Engagement, plan: Plan, *, device: str) -> Forecast:
    """Rows, tokens, memory, seconds and money of every arm, from the frozen splits."""
    folder = _model_folder(plan.model)
    ground = _ground(engagement, plan, shape(folder), device)
    lengths = lengths_of(engagement, plan)
    splits = engagement.splits()
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    rows = {name: min(len(ids), plan.limit or len(ids)) for name, ids in parts.items()}
    asked = canary_tokens(folder)
    known = [find(arms, Arm, name) for name in plan.arms]
    bills = {arm.name: one for arm in known if arm.remote and (one := _bill(arm, plan, lengths)) is not None}
    listed = [_arm(arm, plan, lengths, ground, asked, bills.get(arm.name)) for arm in known]
    trained = plan.canaries and any(arm.method for arm in known) and ground.is_priced
    canaries = _predicting_seconds(ground, asked) if trained else None
    total = _sum([*(one.seconds for one in listed), canaries])
    servers = _sum([one.usd for one in bills.values()])
    return Forecast(
        device=device,
        rows=rows,
        minimum_detectable=minimum_detectable(rows["test"], 0.2),
        arms=listed,
        seconds=total,
        cost_usd=_sum([_cost(total, ground.hourly_usd), servers]),
        hourly_usd=ground.hourly_usd,
        assumptions=[
            *_assumptions(plan, lengths, ground),
            *_not_used(engagement.calibration(), ground),
            *(one.told for one in bills.values()),
            *foreseen(
                plan,
                validation=rows["validation"],
                test=rows["test"],
                asked=round(sum(lengths.judged) / max(1, len(lengths.judged))),
                answer=lengths.answer,
            ),
        ],
        canary_seconds=canaries,
        servers_usd=servers,
    )


def _model_folder(model: str) -> Path | None:
    """The folder of a bundled or local model; a hub id is not fetched for a forecast."""
    from trainers.language.resolving import resolve

    place = Path(resolve(model))
    return place if place.is_dir() else None


def _ground(engagement: Engagement, plan: Plan, known: Shape, device: str) -> Ground:
    card = find_card(device)
    price = hourly_price(device, engagement.settings().prices)
    return Ground(
        params_b=known.parameters / 1e9 if known.parameters else running.params_from_name(plan.model),
        context=known.context,
        device=device,
        gpu=card.gpu if card is not None and card.gpu in cards() else None,
        hourly_usd=price.usd if price else None,
        measured=engagement.calibration_of(device),
    )


def lengths_of(engagement: Engagement, plan: Plan) -> Lengths:
    """Tokens of every row; under a limit the first rows of each split serve as a sample."""
    folder = _model_folder(plan.model)
    examples, splits = engagement.examples(), engagement.splits()
    train, validation, test = (
        [as_asked(engagement, examples[id]) for id in ids[: plan.limit]]
        for ids in (splits.train, splits.validation, splits.test)
    )
    judged = [*validation, *test]
    labels = sorted({row.label for row in (*train, *judged) if row.label is not None})
    texts = [plan.instruction, *labels, *_inputs(train), *_inputs(judged), *(row.output for row in train)]
    counts, how = count(texts, folder)
    head = 1 + len(labels)
    inputs, outputs = counts[head : head + len(train)], counts[len(counts) - len(train) :]
    return Lengths(
        prefix=sum(counts[:head]) + 2 * len(labels) + TEMPLATE_TOKENS,
        classes=len(labels),
        labels=sum(counts[1:head]),
        train=[read + said for read, said in zip(inputs, outputs, strict=True)],
        judged=counts[head + len(train) : len(counts) - len(train)],
        chosen_on=min(JUDGED, len(validation)),
        answer=round(sum(outputs) / max(1, len(outputs))),
        longest=answer_limit(train),
        how=how,
        passages=_passages(engagement, plan),
    )


def _passages(engagement: Engagement, plan: Plan) -> int:
    """So many passages of mean length as the plan says, or as are taken where nothing settles it."""
    profile = engagement.profile()
    if profile is None or profile.documents is None or not profile.documents.chunks:
        return 0
    each = TOKENS_PER_WORD * profile.documents.words / profile.documents.chunks
    return round((plan.retrieval.passages or UNSETTLED) * each)


def _inputs(rows: Sequence[Example]) -> list[str]:
    return [row.input_text() for row in rows]


def _with_passages(arm: Arm, lengths: Lengths) -> Lengths:
    if not arm.retrieves:
        return lengths
    return lengths._replace(
        train=[row + lengths.passages for row in lengths.train],
        judged=[row + lengths.passages for row in lengths.judged],
    )


def _bill(arm: Arm, plan: Plan, lengths: Lengths) -> Bill | None:
    """Of an arm that asks a server; None where the plan names no server."""
    server = server_of(plan, arm.name)
    if server is None:
        return None
    prompts = [lengths.prefix + row for row in _with_passages(arm, lengths).judged]
    longest = plan.generation.max_new_tokens or lengths.longest
    labels = bool(lengths.classes)
    return bill(server, arm.name, prompts, answer=lengths.answer, longest=longest, labels=labels)


def _arm(
    arm: Arm, plan: Plan, lengths: Lengths, ground: Ground, canaries: int, asked: Bill | None
) -> ArmForecast:
    """Rows, tokens and what they take; an arm without a model reads no tokens and takes a moment."""
    lengths = _with_passages(arm, lengths)
    if asked is not None:
        return ArmForecast(
            name=arm.name,
            rows_train=0,
            rows_predicted=len(lengths.judged),
            tokens=asked.tokens_in,
            truncated=0,
            memory_gib=None,
            seconds=None,
            cost_usd=asked.usd,
        )
    seeds = len(plan.seeds) if arm.method else 1
    read = _predicted(arm, lengths, plan) if arm.needs_model else 0
    trained = _trained(plan, lengths) if arm.method else 0
    sized = ground.is_priced and arm.needs_model
    predicting = _predicting_seconds(ground, read) if sized else None
    training = _training_seconds(arm, plan, lengths, ground, trained) if sized else None
    searching = _searching_seconds(arm, plan, training)
    telling = _predicting_seconds(ground, canaries) if sized and arm.method and plan.canaries else None
    seconds = _sum([*seeds * [predicting, training, telling], searching])
    return ArmForecast(
        name=arm.name,
        rows_train=len(lengths.train) if arm.method else 0,
        rows_predicted=seeds * len(lengths.judged),
        tokens=seeds * (read + trained),
        truncated=_truncated(arm, plan, lengths, ground),
        memory_gib=_memory(arm, ground) if sized else None,
        seconds=seconds,
        training_seconds=training,
        predicting_seconds=predicting,
        searching_seconds=searching,
        canary_seconds=telling,
        cost_usd=_cost(seconds, ground.hourly_usd),
    )


def _predicted(arm: Arm, lengths: Lengths, plan: Plan) -> int:
    """Labels are scored after each input, and what all prompts begin with is read once; text is generated.

    Where examples are chosen, the most nearest rows are taken to win: they are read again for every item.
    """
    each = lengths.labels if lengths.classes else lengths.prefix + lengths.answer
    if arm.name not in CHOOSING:
        return lengths.prefix + sum(lengths.judged) + each * len(lengths.judged)
    mean = round(sum(lengths.train) / max(1, len(lengths.train)))
    row = round(sum(lengths.judged) / max(1, len(lengths.judged))) + max(NEAREST) * mean + each
    return lengths.prefix + row * (len(lengths.judged) + _chosen_on(arm, lengths, plan))


def _chosen_on(arm: Arm, lengths: Lengths, plan: Plan) -> int:
    """Validation rows answered for the choices: every option on a few, two on more."""
    ways = [COVERING + 1 + len(NEAREST) if lengths.classes else len(AT_RANDOM) + len(NEAREST)]
    if arm.name == "optimised_prompt":
        ways = [plan.prompting.wordings, ways[0] + 1]
    again = FINALISTS * lengths.chosen_on if lengths.chosen_on > FIRST else 0
    return sum(way * min(FIRST, lengths.chosen_on) + again for way in ways)


def _trained(plan: Plan, lengths: Lengths) -> int:
    """Rows times epochs; a batch holds the common beginning once."""
    batches = max(1, round(len(lengths.train) / plan.training.batch_size))
    return round(plan.training.epochs * (sum(lengths.train) + batches * lengths.prefix))


def _truncated(arm: Arm, plan: Plan, lengths: Lengths, ground: Ground) -> int:
    """Training rows over `max_length`, and prompts over the context."""
    if not arm.needs_model:
        return 0
    limit, context = plan.training.max_length, ground.context
    cut = sum(lengths.prefix + row > limit for row in lengths.train) if arm.method else 0
    return cut + sum(context is not None and lengths.prefix + row > context for row in lengths.judged)


def _memory(arm: Arm, ground: Ground) -> Range | None:
    params_b, moved = ground.params_b or 0.0, _parameters(arm)
    if ground.gpu is None and ground.device != "cpu":
        return None
    if moved is not None:
        return running.training_memory_gib(params_b, parameters=moved, gpu=ground.gpu)
    return running.predicting_memory_gib(params_b, quantised=False, gpu=ground.gpu)


def _predicting_seconds(ground: Ground, read: int) -> Range:
    if ground.measured is not None:
        return measured.predicting_seconds(ground.measured, ground.params_b or 0.0, read)
    return running.predicting_seconds(ground.params_b or 0.0, read, gpu=ground.gpu)


def _training_seconds(arm: Arm, plan: Plan, lengths: Lengths, ground: Ground, trained: int) -> Range | None:
    params_b, moved = ground.params_b or 0.0, _parameters(arm)
    if moved is None:
        return None
    if ground.measured is not None:
        return measured.training_seconds(ground.measured, params_b, trained, parameters=moved)
    rows = min(plan.training.batch_size, max(1, len(lengths.train)))
    # a batch holds the common beginning once
    row = sum(lengths.train) / max(1, len(lengths.train)) + lengths.prefix / rows
    return running.training_seconds(
        params_b, trained, parameters=moved, gpu=ground.gpu, row_tokens=row, batch_size=rows
    )


def _searching_seconds(arm: Arm, plan: Plan, training: Range | None) -> Range | None:
    """Trials, each as long as its share of epochs; half of them are cut short at half: assumption."""
    if plan.search is None or arm.objective != SEARCHED or training is None:
        return None
    once = [epochs / plan.training.epochs for epochs in (min(EPOCHS_TRIED), max(EPOCHS_TRIED))]
    mean = sum(EPOCHS_TRIED) / len(EPOCHS_TRIED) / plan.training.epochs
    trials, least = plan.search.trials, 0.75
    found = Range(
        low=trials * least * once[0] * training.low,
        likely=trials * least * mean * training.likely,
        high=trials * once[1] * training.high,
    )
    if not plan.search.minutes:
        return found
    # a trial that has begun is finished
    most = 60 * plan.search.minutes
    last = Range(low=0.0, likely=mean * training.likely, high=once[1] * training.high)
    return Range(
        low=min(found.low, most),
        likely=min(found.likely, most + last.likely),
        high=min(found.high, most + last.high),
    )


def _parameters(arm: Arm) -> Parameters | None:
    """What moves in the arm's training, as the cost model names it."""
    kinds: dict[str, Parameters] = {"full": "full", "lora": "lora", "qlora": "qlora"}
    return kinds[arm.method] if arm.method else None


def _sum(bands: Sequence[Range | None]) -> Range | None:
    known = [band for band in bands if band is not None]
    if not known:
        return None
    return Range(
        low=sum(band.low for band in known),
        likely=sum(band.likely for band in known),
        high=sum(band.high for band in known),
    )


def _cost(seconds: Range | None, hourly_usd: float | None) -> Range | None:
    if seconds is None or hourly_usd is None:
        return None
    each = hourly_usd / 3600
    return Range(low=seconds.low * each, likely=seconds.likely * each, high=seconds.high * each)


def _assumptions(plan: Plan, lengths: Lengths, ground: Ground) -> list[str]:
    told = [f"tokens: {lengths.how}"]
    if ground.params_b is None:
        told.append(f"the size of {plan.model} is not known: no time, memory or money is estimated")
    elif not ground.is_priced:
        told.append(f"{ground.device} is not a listed card: no time, memory or money is estimated")
    elif ground.measured is not None:
        day = ground.measured.date
        told.append(f"speed measured on this machine on {day}; loading the model comes on top")
    else:
        told.append("times are first-order estimates with wide bands; loading the model comes on top")
    if ground.device == "cpu" and ground.hourly_usd is not None:
        told.append("a CPU has no list price here: the cheapest listed card stands in, as an upper bound")
    return told


def _not_used(found: Calibration | None, ground: Ground) -> list[str]:
    """A sentence where a speed was measured on something else."""
    if found is None or ground.measured is not None:
        return []
    name = f"{found.processor}, {found.cores} cores" if found.device == "cpu" else found.device
    return [f"the speed measured on {name} on {found.date} is not used: this is another device"]
