"""The published cases of tests/advisor/cases as arrays, so that weights can be fitted and scored."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.advice.weighing import GATE, all_approaches, facts, flattening
from advisor.engagement.records.advice import APPROACHES
from advisor.engagement.records.answers import Answers
from advisor.questionnaire.asking import all_questions, readings, usual
from advisor.questionnaire.reading import read_answers

CASES = Path(__file__).parents[1] / "advisor" / "cases"
Floats = NDArray[np.float64]
Expert = dict[str, dict[str, Any]]
"""Weights by approach: `{"prior": x, "criteria": [[question, [answer, ...], weight], ...]}`."""


class Expected(NamedTuple):
    """What the source says was right."""

    approach: str
    """The one that was chosen or advised."""
    acceptable: tuple[str, ...]
    """Others that the source does not call wrong."""
    techniques: tuple[str, ...]
    """Accepted techniques; empty where none is named."""

    def accepts(self, approach: str) -> bool:
        """Whether an approach is right or acceptable."""
        return approach == self.approach or approach in self.acceptable


@cache
def answers() -> dict[str, Answers]:
    """Answers of every case by id, in the order of the ids."""
    return {path.stem: read_answers(path) for path in sorted(CASES.glob("*.toml"))}


@cache
def expected() -> dict[str, Expected]:
    """Labels by id."""
    raw = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
    return {
        name: Expected(raw[name]["approach"], tuple(raw[name]["acceptable"]), tuple(raw[name]["technique"]))
        for name in answers()
    }


class Table(NamedTuple):
    """Cases and published weights, as the fit sees them."""

    known: Floats
    """Cases x readings: share with which a reading counts (1 known, less assumed)."""
    shares: Floats
    """Cases x questions: share with which the answer counts, 0 where it is unknown."""
    flat: Floats
    """Cases: how much unknown answers flatten the result."""
    weights: Floats
    """Readings x approaches: log-odds as published, gates left out."""
    gates: Floats
    """Readings x approaches: log-odds of closed gates."""
    usual: Floats
    """Readings: how common each is within its question."""
    question: NDArray[np.int64]
    """Readings: index of the question."""
    priors: Floats
    """Approaches: log-odds before any answer."""
    names: tuple[str, ...]
    """Questions by index."""


def published() -> Expert:
    """The weights before any fit."""
    path = Path(__file__).parent / "published_weights.json"
    found: Expert = json.loads(path.read_text(encoding="utf-8"))
    return found


def rows(picked: NDArray[np.int64]) -> Table:
    """The table with some of its cases."""
    whole = table()
    return whole._replace(known=whole.known[picked], shares=whole.shares[picked], flat=whole.flat[picked])


READINGS = [(question.id, one) for question in all_questions() for one in readings(question)]


@cache
def table() -> Table:
    """Arrays from the cases and the published weights."""
    expert = published()
    names = tuple(dict.fromkeys(question for question, _ in READINGS))
    place = {pair: index for index, pair in enumerate(READINGS)}
    weights, gates = np.zeros((len(READINGS), 5)), np.zeros((len(READINGS), 5))
    for column, approach in enumerate(APPROACHES):
        for question, said, weight in expert[approach]["criteria"]:
            for one in said:
                weights[place[question, one], column] += weight
        for closed in all_approaches()[approach].gates:
            for one in closed.answers:
                gates[place[closed.question, one], column] += GATE
    known, shares = np.zeros((len(answers()), len(READINGS))), np.zeros((len(answers()), len(names)))
    for row, given in enumerate(answers().values()):
        for question, fact in facts(given).items():
            if fact.reading is None:
                continue
            known[row, place[question, fact.reading]] = fact.share
            shares[row, names.index(question)] = fact.share
    return Table(
        known,
        shares,
        np.array([flattening(given) for given in answers().values()]),
        weights,
        gates,
        np.concatenate([usual(question) for question in all_questions() if readings(question)]),
        np.array([names.index(question) for question, _ in READINGS]),
        np.array([expert[approach]["prior"] for approach in APPROACHES]),
        names,
    )
