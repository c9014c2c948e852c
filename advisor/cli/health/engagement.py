"""This engagement: answers, data, and whether the plan fits the machine in hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import msgspec

from advisor.engagement.errors import TunecaseError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.forecast import ArmForecast, Forecast
from advisor.engagement.records.plan import Plan

from .card import Card
from .line import Line, fail, note, ok
from .machine import memory_gib

LEANER = ("lora", "qlora")
"""Arms that train the same model in less memory, the nearer first."""

TRAINED = ("full", *LEANER)


def lines(engagement: Engagement, card: Card | None) -> Iterator[Line]:
    """Each part; one that cannot be read is a line, said once, and does not stop the others."""
    told: set[str] = set()
    parts = (_settings, _answers, _data, partial(_calibration, card=card), partial(_plan, card=card))
    for part in parts:
        try:
            yield from part(engagement)
        except TunecaseError as problem:
            if problem.problem not in told:
                yield fail(problem.problem, fix=problem.fix)
            told.add(problem.problem)
        except ImportError as problem:
            yield note(
                f"the plan was not held against this machine: {problem}", fix="pip install 'tunecase[run]'"
            )


def _settings(engagement: Engagement) -> Iterator[Line]:
    yield ok(f"{engagement.settings().title} in {engagement.root}")
    if not os.access(engagement.root, os.W_OK):
        yield fail(f"{engagement.root}: the folder cannot be written", fix="copy it to a folder of your own")


def _answers(engagement: Engagement) -> Iterator[Line]:
    from advisor.questionnaire.asking import all_questions, is_visible
    from advisor.questionnaire.reading import read_answers

    if not engagement.answers_path.exists():
        yield note("no answers yet", fix="tunecase advise")
        return
    answers = read_answers(engagement.answers_path)
    asked = [question.id for question in all_questions() if is_visible(question, answers)]
    given = [answer for id, answer in answers.by_question.items() if id in asked and answer.is_known]
    assumed = sum(answer.certainty == "assumed" for answer in given)
    told = (
        f"answers: {len(given) - assumed} known, {assumed} assumed, {len(asked) - len(given)} unknown "
        f"of {len(asked)}"
    )
    yield ok(told) if given else note(told, fix="tunecase advise")


def _data(engagement: Engagement) -> Iterator[Line]:
    if not engagement.splits_path.exists():
        yield note("no data yet", fix="tunecase check FILE")
        return
    splits, rows = engagement.splits(), engagement.examples()
    ids = (*splits.train, *splits.validation, *splits.test)
    gone = sum(id not in rows for id in ids)
    told = f"data: train {len(splits.train)}, validation {len(splits.validation)}, test {len(splits.test)}"
    if gone:
        yield fail(
            f"{engagement.examples_path}: {gone} of {len(ids)} rows are gone", fix="tunecase check FILE"
        )
    elif not splits.test:
        yield note(f"{told}: nothing is held out", fix="tunecase check FILE --test FILE")
    else:
        yield ok(f"{told} frozen")


def _calibration(engagement: Engagement, *, card: Card | None) -> Iterator[Line]:
    found = engagement.calibration()
    if found is None:
        yield note("the speed of this machine was not measured", fix="tunecase doctor --calibrate")
        return
    told = f"speed measured on {found.processor if found.device == 'cpu' else found.device} on {found.date}"
    if engagement.calibration_of(card.name if card is not None else "cpu") is None:
        yield note(f"{told}, which is another device", fix="tunecase doctor --calibrate")
    else:
        yield ok(told)


def _plan(engagement: Engagement, *, card: Card | None) -> Iterator[Line]:
    """Memory of the planned arms against the card, or against the machine where there is none."""
    if not engagement.plan_path.exists():
        yield note("no plan yet", fix="tunecase plan")
        return
    plan = engagement.plan()
    if not engagement.splits_path.exists():
        yield note(f"plan: {', '.join(plan.arms)} on {plan.model}", fix="tunecase check FILE")
        return
    have = card.memory_gib if card is not None else memory_gib()
    expected = _expected(engagement, plan, card)
    needing = [arm for arm in expected.arms if arm.memory_gib is not None]
    if have is None or not needing:
        yield note(f"plan: {', '.join(plan.arms)} on {plan.model}: memory not estimated", fix="tunecase plan")
        return
    tight = [line for arm in needing if (line := _tight(engagement, plan, arm, have, card)) is not None]
    yield from tight
    if not tight:
        most = max(arm.memory_gib.high for arm in needing if arm.memory_gib is not None)
        yield ok(
            f"plan: {', '.join(plan.arms)} on {plan.model} need up to {_gib(most)}, here are {_gib(have)}"
        )


def _expected(engagement: Engagement, plan: Plan, card: Card | None) -> Forecast:
    from harness.forecasting import forecast

    return forecast(engagement, plan, device=card.name if card is not None else "cpu")


def _tight(
    engagement: Engagement, plan: Plan, arm: ArmForecast, have: float, card: Card | None
) -> Line | None:
    """Likely too much fails; too much at the high end is worth knowing."""
    band = arm.memory_gib
    if band is None or band.high <= have:
        return None
    where = card.name if card is not None else "this machine"
    told = (
        f"plan asks for {arm.name} on {plan.model}: needs {_gib(band.low)} to {_gib(band.high)}, "
        f"likely {_gib(band.likely)}; {where} has {_gib(have)}"
    )
    fix = _leaner(engagement, plan, arm.name, have, card)
    return fail(told, fix=fix) if band.likely > have else note(told, fix=fix)


def _leaner(engagement: Engagement, plan: Plan, name: str, have: float, card: Card | None) -> str:
    """The same model trained in less memory where that fits, else a smaller model."""
    if name in TRAINED:
        for other in TRAINED[TRAINED.index(name) + 1 :]:
            changed = list(dict.fromkeys(other if arm == name else arm for arm in plan.arms))
            alone = msgspec.structs.replace(plan, arms=[other], contrasts=[])
            band = _expected(engagement, alone, card).arms[0].memory_gib
            if band is not None and band.high <= have:
                return f"tunecase plan --arms {','.join(changed)} --yes"
    return "tunecase plan --model starter --yes, or the id of a smaller model in place of starter"


def _gib(value: float) -> str:
    return f"{value:.2g} GiB" if value < 10 else f"{value:.0f} GiB"
